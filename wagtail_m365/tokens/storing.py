"""From Microsoft's answer to sealed columns, and back."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from wagtail_m365.errors import M365Error, TemporarilyUnavailable
from wagtail_m365.identity.client import TokenSet
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault

from . import states
from .apart import OutOfReach, database, short_wait
from .demands import GRAPH, AccessToken, Demand, is_all_granted
from .resealing import resealed_refresh_token

logger = logging.getLogger(__name__)

#: Seconds: the back-off doubles from one to this.
_LONGEST_BACK_OFF = 60


def access_token_of(tokens: TokenSet) -> AccessToken:
    """What a caller gets of Microsoft's answer."""
    return AccessToken(
        tokens.access_token.reveal(), int(tokens.expires_on), tokens.scopes
    )


def open_access_token(cached: CachedAccessToken) -> AccessToken:
    """What a caller gets of a token that was kept.

    Raises:
        Undecryptable: When it was sealed with a key that is gone.
    """
    context = access_token_context(cached.connection_id, cached.audience)
    secret = vault().open(cached.token_sealed, *context)
    scopes = frozenset(cached.scopes.split())
    return AccessToken(secret.reveal(), cached.expires_on, scopes)


def changes_of(
    connection: Connection, tokens: TokenSet, demand: Demand
) -> dict[str, Any]:
    """The columns of the connection that an answer of Microsoft changes.

    A refresh token that is not sent again still holds (RFC 6749 §6).
    """
    now = timezone.now()
    changes: dict[str, Any] = {
        "version": connection.version + 1,
        "state": states.State.ACTIVE,
        "state_details": {},
        "told_trouble": "",
        "retry_at": 0,
        "failures": 0,
        "last_refreshed_at": now,
        "granted_scopes": granted_after(connection, tokens, demand.audience),
    }
    if demand.in_use:
        changes["last_used_at"] = now
    if tokens.refresh_token:
        sealed = connection.seal_refresh_token(tokens.refresh_token)
        changes["refresh_token_sealed"] = sealed
    else:
        changes |= resealed_refresh_token(connection)
    if tokens.account and tokens.account.username:
        changes["username"] = tokens.account.username[:255]
        changes["display_name"] = (tokens.account.name or "")[:255]
    return changes


def granted_after(connection: Connection, tokens: TokenSet, audience: str) -> str:
    """The rights after this answer: it tells all of them for its own audience."""
    if not tokens.scopes:
        return connection.granted_scopes
    others = {name for name in connection.scopes if not of_audience(name, audience)}
    return " ".join(sorted(others | named_scopes(connection, tokens)))


def named_scopes(connection: Connection, tokens: TokenSet) -> frozenset[str]:
    """The rights by name: Microsoft repeats ``.default`` among them when asked so.

    The application's own tokens do not name theirs: ``.default`` stands for all.
    """
    if connection.kind == Connection.Kind.APP_ONLY:
        return tokens.scopes
    return frozenset(name for name in tokens.scopes if not is_all_granted(name))


def of_audience(scope: str, audience: str) -> bool:
    """Does this right belong to that resource?"""
    if audience == GRAPH:
        return "/" not in scope
    return f"//{audience}/" in scope or scope.startswith(f"{audience}/")


def keep_access_token(
    connection: Connection, tokens: TokenSet, audience: str
) -> AccessToken:
    """Keep the token for the next callers; older ones never replace newer ones."""
    return _keep(connection, tokens, audience, connection.version + 1)


def keep_new_access_token(
    connection: Connection, tokens: TokenSet, audience: str
) -> AccessToken:
    """The same right after a sign-in, whose version the connection has already."""
    return _keep(connection, tokens, audience, connection.version)


def _keep(
    connection: Connection, tokens: TokenSet, audience: str, version: int
) -> AccessToken:
    context = access_token_context(connection.pk, audience)
    columns = {
        "scopes": " ".join(sorted(named_scopes(connection, tokens))),
        "token_sealed": vault().seal(tokens.access_token, *context),
        "expires_on": int(tokens.expires_on),
        "refresh_on": int(tokens.refresh_on or 0),
        "version": version,
    }
    try:
        # In a savepoint: what else the caller writes must not be lost with it.
        with transaction.atomic(using=database().alias):
            _replace_older(connection, audience, columns)
    except (DatabaseError, OutOfReach):
        # The caller has its token; that the next one fetches its own is no failure.
        logger.warning("An access token could not be kept.", exc_info=True)
    return access_token_of(tokens)


def _replace_older(
    connection: Connection, audience: str, columns: dict[str, Any]
) -> None:
    rows = CachedAccessToken.objects.filter(connection=connection, audience=audience)
    with short_wait():
        if rows.filter(version__lt=columns["version"]).update(**columns):
            return
    try:
        with transaction.atomic(using=database().alias), short_wait():
            rows.create(connection=connection, audience=audience, **columns)
    except IntegrityError:
        # Somebody's newer token is there, or the connection has been removed.
        logger.debug("A newer access token is there, or the connection is gone.")


def changes_after(
    connection: Connection, error: M365Error, now: float
) -> dict[str, Any]:
    """The columns of the connection that a failure changes."""
    if isinstance(error, TemporarilyUnavailable):
        back_off = min(_LONGEST_BACK_OFF, 2 ** min(connection.failures, 6))
        return {
            "failures": connection.failures + 1,
            "retry_at": now + max(error.retry_after, back_off),
        }
    outcome = states.outcome_of(error)
    if outcome is None:
        return {}
    return {
        "state": outcome.state,
        "state_details": states.details_of(error),
        "failures": connection.failures + 1,
        "retry_at": now + (outcome.ask_again_after or 0),
    }
