"""What of a sign-in is kept, and what of its callback is believed."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

from wagtail_m365.errors import SignInError, SignInExpired
from wagtail_m365.redaction import HiddenTexts

from .refusals import refusal
from .scopes import normalise
from .transport import LastAnswer

# What the callback needs of MSAL's flow: a quarter of its size.
_FLOW_KEYS = (
    "state",
    "redirect_uri",
    "scope",
    "nonce",
    "code_verifier",
    "claims_challenge",
)
# What is taken from the callback's query. MSAL would also read ``client_info`` there,
# which anybody can write.
_RESPONSE_KEYS = ("state", "code", "error", "error_description", "error_uri")


def kept(flow: Mapping[str, Any]) -> dict[str, Any]:
    """The part of MSAL's flow that its end needs; JSON for the person's session."""
    return {key: flow[key] for key in _FLOW_KEYS if flow.get(key) is not None}


def believed(
    flow: Mapping[str, Any], response: Mapping[str, str], *, graph: str
) -> dict[str, str]:
    """The callback's query as far as it is read: ``state`` and ``code``.

    Args:
        flow: What was kept when the sign-in began.
        response: The query.
        graph: Address of Graph, whose scopes are written short.

    Raises:
        SignInExpired: It does not belong to this sign-in.
        SignInError: It makes no sense.
        M365Error: Microsoft said no; see :func:`.refusals.refusal`.
    """
    came_back = HiddenTexts(
        {key: str(response[key]) for key in _RESPONSE_KEYS if response.get(key)}
    )
    state = str(flow.get("state") or "")
    if not state or not _same(state, came_back.get("state", "")):
        raise SignInExpired("The sign-in is not one that was begun here.")
    if "error" in came_back:
        scopes = normalise(flow.get("scope") or (), graph)
        raise refusal(came_back, last=LastAnswer(), scopes=scopes, in_sign_in=True)
    if "code" not in came_back:
        raise SignInError("The sign-in came back without a code.")
    return came_back


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode("utf-8", "replace"))
