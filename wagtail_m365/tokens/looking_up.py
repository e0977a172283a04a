"""The hot path: a ready token out of the database in one query and one decryption."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import router

from wagtail_m365.errors import Undecryptable
from wagtail_m365.identity.scopes import missing
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret

from . import generation, prepared
from .demands import AccessToken, Demand, Owner, is_all_granted
from .purposes import refusal
from .resealing import reseal_access_token

_MEMO = "_m365_tokens"
#: Seconds: a request is over by then, a worker that keeps its objects is not.
_MEMO_SECONDS = 60
#: Seconds for which is believed what another process was told about waiting.
_THROTTLE_SECONDS = 1
#: Seconds for which an ageing token must still hold while another caller refreshes.
USABLE = 60


def covers(granted: Collection[str], wanted: frozenset[str]) -> bool:
    """Do these rights cover those? Mostly they are the same words."""
    if wanted.issubset(granted):
        return True
    # Tokens of the application itself do not name their rights.
    return any(map(is_all_granted, granted)) or not missing(wanted, granted, "")


@dataclass(frozen=True, slots=True)
class Ready:
    """A token that is there, and what decides whether it suits."""

    token: AccessToken
    connection_id: Any
    #: POSIX seconds from which a new one should be asked for; 0: not told.
    refresh_on: int
    generation: int
    #: POSIX seconds.
    kept_at: float
    #: The purpose for which it was looked up, which nobody refused.
    purpose: str = ""
    #: POSIX seconds before which the resource wants no request.
    not_before: float = 0

    def holds(self, now: float) -> bool:
        """Has nothing happened since that would end it?"""
        return (
            self.generation == generation.current()
            and now - self.kept_at < _MEMO_SECONDS
        )

    def suits(self, demand: Demand, now: float) -> bool:
        """May it be served as it is?"""
        return (
            self.token.expires_on - now > demand.min_validity
            and not 0 < self.refresh_on < now
            and self.answers(demand)
        )

    def bridges(self, demand: Demand, now: float) -> bool:
        """Will it do while somebody else fetches a newer one?"""
        return self.token.expires_on - now > USABLE and self.answers(demand)

    def answers(self, demand: Demand) -> bool:
        """Is it what is asked for, if it is valid?"""
        return (
            demand.purpose in {"", self.purpose}
            and covers(self.token.scopes, demand.scopes)
            and demand.rejected != Secret(self.token.token)
        )


class _Memo(dict[str, Ready]):
    """Tokens kept with the object that asked: they live as long as a request does."""

    def __reduce__(self) -> Any:
        # An object that is pickled or copied takes no token with it.
        return (_Memo, ())

    def __deepcopy__(self, memo: Any) -> _Memo:
        return _Memo()

    def __repr__(self) -> str:
        return "<tokens>"


def token_at_hand(owner: Owner, demand: Demand) -> Ready | None:
    """The token that is there; whether it :meth:`~Ready.suits` is for the caller to ask.

    Raises:
        AccessDenied: An admin refuses the purpose.
    """
    now = time.time()
    memo = _memo_of(owner)
    kept = memo.get(demand.audience)
    if kept and kept.holds(now) and kept.suits(demand, now):
        return kept
    found = _look_up(owner, demand, now)
    if found and found.suits(demand, now):
        memo[demand.audience] = found
    return found


def keep(owner: Owner, demand: Demand, connection_id: Any, token: AccessToken) -> Ready:
    """Remember a token that was just fetched for the rest of the request."""
    ready = Ready(
        token,
        connection_id,
        0,
        generation.current(),
        time.time(),
        purpose=demand.purpose,
    )
    _memo_of(owner)[demand.audience] = ready
    return ready


def _look_up(owner: Owner, demand: Demand, now: float) -> Ready | None:
    path, key = path_from(owner)
    # Never a replica that may lag: a token that was destroyed must not be found.
    alias = router.db_for_write(CachedAccessToken)
    row = prepared.find(alias, path, key, demand.audience, demand.purpose)
    if row is None:
        return None
    connection_id, sealed, expires_on, refresh_on, scopes, not_before, refused = row
    if refused:
        raise refusal(demand.purpose)
    context = access_token_context(connection_id, demand.audience)
    keys = vault()
    try:
        secret = keys.open(sealed, *context)
    except Undecryptable:
        return None
    if keys.is_stale(sealed) and expires_on > now:
        reseal_access_token(connection_id, demand.audience, sealed, secret)
    token = AccessToken(secret.reveal(), expires_on, frozenset(scopes.split()))
    return Ready(
        token,
        connection_id,
        refresh_on,
        generation.current(),
        now,
        purpose=demand.purpose,
        not_before=not_before,
    )


def not_before(owner: Owner, audience: str, purpose: str) -> float:
    """POSIX time before which the resource wants no request; 0: it may be asked.

    It is read together with the token, which is then at hand without another query.

    Raises:
        AccessDenied: An admin refuses the purpose.
    """
    now = time.time()
    memo = _memo_of(owner)
    kept = memo.get(audience)
    if kept is None or not (kept.holds(now) and now - kept.kept_at < _THROTTLE_SECONDS):
        demand = Demand(audience=audience, scopes=frozenset(), purpose=purpose)
        kept = _look_up(owner, demand, now)
        if kept is None:
            return 0
        memo[audience] = kept
    return kept.not_before


def forget(owner: Owner, audience: str) -> None:
    """Read what is known of this resource anew at the next request."""
    _memo_of(owner).pop(audience, None)


def path_from(owner: Owner) -> tuple[str, Any]:
    """How the owner's token is found, and by which value."""
    if isinstance(owner, Connection):
        return "connection_id", owner.pk
    if isinstance(owner, str):
        return "connection__service_name", owner
    return "connection__default_for_id", owner.pk


def _memo_of(owner: Owner) -> dict[str, Ready]:
    if isinstance(owner, str):
        return {}
    memo: _Memo | None = getattr(owner, _MEMO, None)
    if memo is None:
        memo = _Memo()
        setattr(owner, _MEMO, memo)
    return memo
