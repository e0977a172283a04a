"""Claims challenges: what an API asks for beyond a valid token.

Source: Microsoft, "Claims challenges, claims requests and client capabilities".
"""

from __future__ import annotations

import base64
import binascii
import json
import re

_PARAMETER = re.compile(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')


def claims_challenge(www_authenticate: str | None) -> str | None:
    """The claims (decoded JSON) that a ``WWW-Authenticate`` header asks for.

    Returns:
        ``None`` when there is no challenge, or none that can be read.
    """
    parameters = {
        name.lower(): value
        for name, value in _PARAMETER.findall(www_authenticate or "")
    }
    encoded = parameters.get("claims", "")
    if not encoded or parameters.get("error") not in {None, "insufficient_claims"}:
        return None
    try:
        # Base64 of either alphabet, with or without padding: all are seen.
        text = base64.b64decode(
            encoded.rstrip("=").replace("-", "+").replace("_", "/")
            + "=" * (-len(encoded.rstrip("=")) % 4)
        ).decode()
        return text if isinstance(json.loads(text), dict) else None
    except (binascii.Error, ValueError, RecursionError):
        return None
