"""The hot path: a ready token out of the database in one query and one decryption."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from wagtail_m365.errors import Undecryptable
from wagtail_m365.identity.scopes import missing
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret

from .demands import AccessToken, Demand, Owner

_COLUMNS = ("connection_id", "token_sealed", "expires_on", "refresh_on", "scopes")
_MEMO = "_m365_tokens"
#: Seconds: a request is over by then, a worker that keeps its objects is not.
_MEMO_SECONDS = 60

#: Rises with every change that a kept token must not survive (disconnect, reconnect).
_generation = 0


def covers(granted: Collection[str], wanted: frozenset[str]) -> bool:
    """Do these rights cover those? Mostly they are the same words."""
    return wanted.issubset(granted) or not missing(wanted, granted, "")


def forget_kept_tokens() -> None:
    """Tokens kept with objects of this process are not used any more."""
    global _generation  # noqa: PLW0603  # one counter per process is the point
    _generation += 1


@dataclass(frozen=True, slots=True)
class _Ready:
    """A token that was found, and what decides whether it suits."""

    token: AccessToken
    refresh_on: int
    generation: int
    kept_at: float

    def holds(self, now: float) -> bool:
        """Has nothing happened since that would end it?"""
        return self.generation == _generation and now - self.kept_at < _MEMO_SECONDS

    def suits(self, demand: Demand, now: float) -> bool:
        """May it be served as it is?"""
        return (
            self.token.expires_on - now > demand.min_validity
            and not 0 < self.refresh_on < now
            and covers(self.token.scopes, demand.scopes)
            and demand.rejected != Secret(self.token.token)
        )


class _Memo(dict[str, _Ready]):
    """Tokens kept with the object that asked: they live as long as a request does."""

    def __reduce__(self) -> Any:
        # An object that is pickled or copied takes no token with it.
        return (_Memo, ())

    def __deepcopy__(self, memo: Any) -> _Memo:
        return _Memo()

    def __repr__(self) -> str:
        return "<tokens>"


def ready_token(owner: Owner, demand: Demand) -> AccessToken | None:
    """The token that is there, if it can be served without asking Microsoft."""
    now = time.time()
    memo = _memo_of(owner)
    kept = memo.get(demand.audience)
    if kept and kept.holds(now) and kept.suits(demand, now):
        return kept.token
    found = _look_up(owner, demand.audience, now)
    if found is None or not found.suits(demand, now):
        return None
    memo[demand.audience] = found
    return found.token


def keep(owner: Owner, audience: str, token: AccessToken) -> None:
    """Remember a token that was just fetched for the rest of the request."""
    _memo_of(owner)[audience] = _Ready(token, 0, _generation, time.time())


def _look_up(owner: Owner, audience: str, now: float) -> _Ready | None:
    tokens = CachedAccessToken.objects.filter(audience=audience, **_owned_by(owner))
    row = tokens.values_list(*_COLUMNS).first()
    if row is None:
        return None
    connection_id, sealed, expires_on, refresh_on, scopes = row
    try:
        secret = vault().open(sealed, *access_token_context(connection_id, audience))
    except Undecryptable:
        return None
    token = AccessToken(secret.reveal(), expires_on, frozenset(scopes.split()))
    return _Ready(token, refresh_on, _generation, now)


def _owned_by(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, Connection):
        return {"connection_id": owner.pk}
    if isinstance(owner, str):
        return {"connection__service_name": owner}
    return {"connection__default_for_id": owner.pk}


def _memo_of(owner: Owner) -> dict[str, _Ready]:
    if isinstance(owner, str):
        return {}
    memo: _Memo | None = getattr(owner, _MEMO, None)
    if memo is None:
        memo = _Memo()
        setattr(owner, _MEMO, memo)
    return memo
