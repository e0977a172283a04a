"""How the fake writes the address of a sharing link."""

from __future__ import annotations

import base64

from .items import Grant


def link_address(origin: str, grant: Grant) -> str:
    """The address of a sharing link; ``origin`` is that of the fake."""
    return f"{origin}/word/s/{grant.token}"


def share_id(address: str) -> str:
    """The id by which ``/shares`` knows an address (Microsoft: "Access shared items")."""
    text = base64.urlsafe_b64encode(address.encode()).decode()
    return f"u!{text.rstrip('=')}"
