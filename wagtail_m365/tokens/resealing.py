"""A token that was read under an old key is sealed anew, so that the key can go.

Whoever reads has the token already: nothing here can fail them, hold a lock beyond one
statement, or replace a token that somebody has renewed meanwhile.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import Error, transaction

from wagtail_m365.errors import Undecryptable
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret

from .apart import database, in_transaction

logger = logging.getLogger(__name__)


def reseal_access_token(
    connection_id: Any, audience: str, sealed: str, token: Secret
) -> None:
    """Seal this token with the newest key, if the row still holds what was read.

    Inside a transaction that happens after its commit: the row would stay locked until
    then, and whoever refreshes the connection would have to wait. After a rollback, the
    next reader does it.

    Args:
        connection_id: The connection that it belongs to.
        audience: The resource it is for.
        sealed: What was read.
        token: What that opened to.
    """
    alias = database().alias

    def write() -> None:
        fresh = vault().seal(token, *access_token_context(connection_id, audience))
        rows = CachedAccessToken.objects.using(alias).filter(
            connection_id=connection_id, audience=audience, token_sealed=sealed
        )
        try:
            with transaction.atomic(using=alias):
                rows.update(token_sealed=fresh)
        except Error:
            logger.warning("A token could not be sealed anew.", exc_info=True)

    if not in_transaction():
        write()
    elif database().in_atomic_block:
        transaction.on_commit(write, using=alias, robust=True)
    # Else the caller commits by hand, and nobody tells when.


def resealed_refresh_token(connection: Connection) -> dict[str, str]:
    """The column as it should be; nothing where the newest key has sealed it already.

    Args:
        connection: As it was read for a refresh.
    """
    sealed = connection.refresh_token_sealed
    if not sealed or not vault().is_stale(sealed):
        return {}
    try:
        token = connection.open_refresh_token()
    except Undecryptable:
        return {}
    return {"refresh_token_sealed": connection.seal_refresh_token(token)}
