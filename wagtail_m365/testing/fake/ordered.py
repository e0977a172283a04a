"""Ordered faults: time that passes, and which refusal of the token endpoint each is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from werkzeug.wrappers import Request

from .directory import Account
from .errors import IdentityError, refusal
from .faults import Fault
from .state import World

#: What Microsoft sends with 50076: ids of the policies that are not met.
MFA_CLAIMS = (
    '{"access_token":{"capolids":{"essential":true,'
    '"values":["0e6f1a4c-5c2c-4b6b-9d3c-6a0f2f6f7b11"]}}}'
)

_SIMPLE: Mapping[str, int] = {
    "account_disabled": 50057,
    "blocked_by_policy": 53003,
    "expired_refresh_token": 700082,
    "expired_secret": 7000222,
    "invalid_client": 7000215,
    "loop_detected": 50196,
    "revoked_grant": 50173,
    "consent_withdrawn": 65001,
    "spurious_invalid_grant": 70000,
    "temporarily_unavailable": 90033,
}


def pass_time(world: World, fault: Fault) -> None:
    """Let the world's clock run ahead, or really wait where that was ordered."""
    world.clock.advance(float(fault.get("seconds", 0)))
    time.sleep(float(fault.get("delay", 0)))


def mfa_required(claims: str = MFA_CLAIMS, error: str = "") -> IdentityError:
    """50076: the person must come back, with these claims in the request."""
    refused = refusal(50076)
    refused.claims = claims
    refused.error = error or refused.error
    return refused


def raise_ordered(
    request: Request, world: World, account: Account | None, facts: Mapping[str, str]
) -> None:
    """Let the refusal happen that was ordered for such a request.

    Raises:
        IdentityError: The ordered one.
    """
    for name, code in _SIMPLE.items():
        if world.faults.take(name, request, account):
            raise refusal(code, **facts)
    for name, make in _SHAPED.items():
        if fault := world.faults.take(name, request, account):
            raise make(fault)


def _mfa(fault: Fault) -> IdentityError:
    return mfa_required(fault.get("claims", MFA_CLAIMS), fault.get("error", ""))


def _any(fault: Fault) -> IdentityError:
    return IdentityError(
        code=int(fault.get("code", 0)),
        error=fault.get("error", "invalid_grant"),
        text=fault.get("text", "An error that was ordered."),
        status=int(fault.get("status", 400)),
        suberror=fault.get("suberror", ""),
        claims=fault.get("claims", ""),
    )


_SHAPED: Mapping[str, Callable[[Fault], IdentityError]] = {
    "mfa_required": _mfa,
    "error": _any,
}
