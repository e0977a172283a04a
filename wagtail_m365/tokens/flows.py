"""Sign-ins under way, kept in the session of the browser that began them.

At most five (one per tab), fifteen minutes each, gone when used, and bound to the user
(RFC 9700 §2.1; OWASP ASVS 5.0 10.1.2).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from wagtail_m365.errors import SignInExpired

_KEY = "_wagtail_m365_sign_ins"
_MOST = 5
#: Seconds.
LIFETIME = 900

Session = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One sign-in under way; everything in it is JSON."""

    #: What the identity client needs to end it: state, verifier, nonce …
    flow: dict[str, Any] = field(repr=False)
    user_id: str
    next_url: str = ""
    scopes: tuple[str, ...] = ()
    #: The servers and the application it was begun with: the answer goes to no others.
    bound_to: str = ""
    #: The connection that is to be renewed.
    connection_id: str = ""
    #: The editor's own app registration; empty: the site's.
    registration_id: str = ""
    #: The service connection that is to be made or renewed.
    service_name: str = ""
    #: Another account may take the connection's place: the editor was asked.
    any_account: bool = False
    #: POSIX seconds.
    began_at: float = 0


def remember(
    session: Session, sign_in: SignIn, clock: Callable[[], float] = time.time
) -> None:
    """Keep a sign-in under its state; the oldest make room."""
    flows = _living(session, clock())
    while len(flows) >= _MOST:
        del flows[min(flows, key=lambda state: flows[state]["began_at"])]
    flows[str(sign_in.flow["state"])] = asdict(sign_in) | {"began_at": clock()}
    # Assigned, not changed in place: the session must notice.
    session[_KEY] = flows


def take(
    session: Session,
    state: str,
    user_id: str,
    clock: Callable[[], float] = time.time,
) -> SignIn:
    """The sign-in of that state; it can be taken once.

    Raises:
        SignInExpired: Unknown, used, too old, or begun by another user; with the code
            ``sign_in_unknown`` where this session has never begun one.
    """
    if _KEY not in session:
        detail = "This session has begun no sign-in."
        raise SignInExpired(detail, code="sign_in_unknown")
    flows = _living(session, clock())
    kept = flows.pop(state, None)
    session[_KEY] = flows
    if kept is None or kept["user_id"] != user_id:
        raise SignInExpired("The state is unknown, used, outdated or another user's.")
    return SignIn(**{**kept, "scopes": tuple(kept["scopes"])})


def _living(session: Session, now: float) -> dict[str, Mapping[str, Any]]:
    flows = session.get(_KEY)
    if not isinstance(flows, Mapping):
        return {}
    return {
        state: kept
        for state, kept in flows.items()
        if _is_ours(kept) and now - LIFETIME < kept["began_at"] <= now + LIFETIME
    }


def _is_ours(kept: Any) -> bool:
    """Can it be read? Another release of ours may have begun it."""
    return (
        isinstance(kept, Mapping)
        and kept.keys() == {member.name for member in fields(SignIn)}
        and isinstance(kept["flow"], Mapping)
        and isinstance(kept["began_at"], int | float)
    )
