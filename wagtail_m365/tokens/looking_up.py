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

_MEMO = "_m365_tokens"
#: Seconds: a request is over by then, a worker that keeps its objects is not.
_MEMO_SECONDS = 60


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
            and demand.purpose in {"", self.purpose}
            and not 0 < self.refresh_on < now
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


def ready_token(owner: Owner, demand: Demand) -> Ready | None:
    """The token that is there, if it can be served without asking Microsoft.

    Raises:
        AccessDenied: An admin refuses the purpose.
    """
    now = time.time()
    memo = _memo_of(owner)
    kept = memo.get(demand.audience)
    if kept and kept.holds(now) and kept.suits(demand, now):
        return kept
    found = _look_up(owner, demand, now)
    if found is None or not found.suits(demand, now):
        return None
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
    path, key = _path_from(owner)
    # Never a replica that may lag: a token that was destroyed must not be found.
    alias = router.db_for_write(CachedAccessToken)
    row = prepared.find(alias, path, key, demand.audience, demand.purpose)
    if row is None:
        return None
    connection_id, sealed, expires_on, refresh_on, scopes, refused = row
    if refused:
        raise refusal(demand.purpose)
    context = access_token_context(connection_id, demand.audience)
    try:
        secret = vault().open(sealed, *context)
    except Undecryptable:
        return None
    token = AccessToken(secret.reveal(), expires_on, frozenset(scopes.split()))
    return Ready(
        token,
        connection_id,
        refresh_on,
        generation.current(),
        now,
        purpose=demand.purpose,
    )


def _path_from(owner: Owner) -> tuple[str, Any]:
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
