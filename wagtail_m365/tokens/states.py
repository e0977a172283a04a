"""What a failure makes of a connection, and what its state says to the next caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from wagtail_m365.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionRequired,
    M365Error,
    Misconfigured,
    ReconnectRequired,
    Undecryptable,
)
from wagtail_m365.models import Connection

State = Connection.State

#: What the site's own set-up has broken, it can mend: set back, all goes on. Finding
#: that out asks nothing of Microsoft.
_ENDS_WITH_ITS_CAUSE = frozenset({"other_authority", "other_registration"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one class of error makes of a connection."""

    error: type[M365Error]
    state: Connection.State
    #: Seconds after which Microsoft is asked again by itself; ``None``: never, the
    #: account's owner has to sign in.
    ask_again_after: int | None


#: In the order in which they are looked for. What only an administrator can change
#: is tried again by itself: nobody would tell us that it was changed.
OUTCOMES = (
    Outcome(error=ConsentRequired, state=State.NEEDS_CONSENT, ask_again_after=300),
    Outcome(
        error=InteractionRequired,
        state=State.NEEDS_INTERACTION,
        ask_again_after=None,
    ),
    Outcome(error=AccessDenied, state=State.DENIED, ask_again_after=300),
    Outcome(error=Misconfigured, state=State.MISCONFIGURED, ask_again_after=60),
    Outcome(error=ReconnectRequired, state=State.NEEDS_RECONNECT, ask_again_after=None),
    Outcome(error=Undecryptable, state=State.NEEDS_RECONNECT, ask_again_after=None),
)


def outcome_of(error: M365Error) -> Outcome | None:
    """What this error makes of a connection; ``None``: nothing, it passes."""
    return next((known for known in OUTCOMES if isinstance(error, known.error)), None)


def details_of(error: M365Error) -> dict[str, Any]:
    """What of the error is kept with the state, so that it can be told again."""
    kept: dict[str, Any] = {
        "code": error.code,
        "correlation_id": error.correlation_id,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if isinstance(error, ConsentRequired):
        kept |= {"scopes": list(error.scopes), "admin": error.admin}
    if isinstance(error, InteractionRequired):
        kept["claims"] = error.claims
    return kept


def error_of(connection: Connection) -> M365Error | None:
    """The error that a connection's state stands for; ``None`` when it is active."""
    known = next((o for o in OUTCOMES if o.state == connection.state), None)
    if known is None:
        return None
    details = connection.state_details
    more: dict[str, Any] = {
        "code": details.get("code") or None,
        "correlation_id": details.get("correlation_id", ""),
        "reason": details.get("reason", ""),
        "service": connection.service_name or "",
    }
    if known.error is ConsentRequired:
        more |= {"scopes": details.get("scopes", ()), "admin": details.get("admin")}
    if known.error is InteractionRequired:
        more["claims"] = details.get("claims", "")
    label = connection.get_state_display()
    error = known.error(f"The connection is in the state: {label}.", **more)
    if at := details.get("at"):
        # When it happened, not when it is told: support looks it up by that.
        error.occurred_at = datetime.fromisoformat(at).timestamp()
    return error


def may_be_refreshed() -> Q:
    """The rows of those that only wait, or whose trouble may have ended unnoticed."""
    asked_again = [
        known.state for known in OUTCOMES if known.ask_again_after is not None
    ]
    cause = Q(state_details__code__in=sorted(_ENDS_WITH_ITS_CAUSE))
    return Q(state__in=[State.ACTIVE, *asked_again]) | Q(
        cause, state=State.NEEDS_RECONNECT
    )


def may_ask_again(connection: Connection, now: float) -> bool:
    """May Microsoft be asked for a token, given the state and the back-off?"""
    if now < connection.retry_at:
        return False
    known = next((o for o in OUTCOMES if o.state == connection.state), None)
    if known is None or known.ask_again_after is not None:
        return True
    return connection.state_details.get("code") in _ENDS_WITH_ITS_CAUSE
