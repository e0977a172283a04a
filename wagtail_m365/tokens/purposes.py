"""Purposes: declared by plugins, told to editors, counted, and refused by an admin."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from django.core.signals import request_finished
from django.db import DatabaseError, transaction
from django.utils import timezone

from wagtail_m365 import hooks
from wagtail_m365.conf import settings
from wagtail_m365.errors import AccessDenied, Misconfigured
from wagtail_m365.identity.scopes import missing
from wagtail_m365.models import Connection, RefusedPurpose, TokenUse

from . import audit
from .demands import audience_and_scopes
from .generation import forget_kept_tokens

logger = logging.getLogger(__name__)

#: Seconds for which counts are kept in memory before they are written.
_WRITE_EVERY = 60


def declared() -> dict[str, hooks.Purpose]:
    """Every purpose that a plugin declares, by name."""
    return {purpose.name: purpose for purpose in hooks.register_m365_purposes()}


def scopes_for(name: str, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The rights to ask for under this purpose; all of its own where none is named.

    Raises:
        Misconfigured: ``unknown_purpose``, or ``purpose_exceeded``: it was declared
            for fewer rights. The plugin has to be mended.
    """
    known = declared()
    if name not in known:
        nearest = "".join(get_close_matches(name, known, n=1))
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        raise Misconfigured(
            f"No plugin declares the purpose {name!r} (register_m365_purposes).{hint}",
            code="unknown_purpose",
            purpose=name,
        )
    purpose = known[name]
    if not scopes:
        return purpose.scopes
    allowed = audience_and_scopes(purpose.scopes)[1]
    exceeding = missing(audience_and_scopes(scopes)[1], allowed, "")
    if exceeding:
        listed = ", ".join(sorted(exceeding))
        raise Misconfigured(
            f"The purpose {name!r} was not declared for {listed}.",
            code="purpose_exceeded",
            purpose=name,
        )
    return scopes


def refusal(name: str) -> AccessDenied:
    """The error for a purpose that an admin refuses."""
    return AccessDenied(
        f"An administrator of this site refuses tokens for {name!r}.",
        code="purpose_refused",
        purpose=name,
    )


def refuse(name: str, *, user: Any, reason: str = "") -> None:
    """Let nobody have a token for this purpose from now on.

    Args:
        name: The purpose, as declared; one that nobody declares can be refused, too.
        user: Who decides it, for the log.
        reason: A sentence for other administrators.
    """
    with transaction.atomic():
        refused = RefusedPurpose.refuse(name, user, reason)
        audit.purpose_refused(refused, user)
    forget_kept_tokens()


def allow(name: str, *, user: Any) -> None:
    """Take a refusal back; what was not refused stays allowed.

    Args:
        name: The purpose.
        user: Who decides it, for the log.
    """
    with transaction.atomic():
        refused = RefusedPurpose.objects.filter(name=name).first()
        if refused:
            audit.purpose_allowed(refused, user)
            refused.delete()


class UseLog:
    """Counts uses: the first of a purpose is written at once, the others together.

    So the hot path stays one query, and a killed process loses a minute at most.
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[Any, str]] = Counter()
        self._written_at: dict[tuple[Any, str], float] = {}
        self._guard = threading.Lock()

    def note(self, connection_id: Any, purpose: str) -> None:
        """One more use of this connection for this purpose."""
        logger.info("Token of %s used for %s.", connection_id, purpose)
        key = (connection_id, purpose)
        with self._guard:
            self._counts[key] += 1
            waited = time.monotonic() - self._written_at.get(key, -_WRITE_EVERY)
        if waited >= _WRITE_EVERY:
            self.write()

    def write(self, **kwargs: Any) -> None:
        """Write what was counted; also called when a request is over."""
        with self._guard:
            counts, self._counts = self._counts, Counter()
            now = time.monotonic()
            fresh = now - _WRITE_EVERY
            kept = {k: at for k, at in self._written_at.items() if at > fresh}
            self._written_at = kept | dict.fromkeys(counts, now)
        for (connection_id, purpose), uses in counts.items():
            _add(connection_id, purpose, uses)


def _add(connection_id: Any, purpose: str, uses: int) -> None:
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        return
    try:
        with transaction.atomic():
            TokenUse.objects.add(connection, purpose, timezone.now(), uses)
    except DatabaseError:
        # A log that cannot be written must not keep anybody from working.
        logger.warning("The use of a token could not be counted.", exc_info=True)


use_log = UseLog()
# Here and not at start: only who has given a token has something to write.
request_finished.connect(use_log.write, dispatch_uid="wagtail_m365_use_log")


def shorten_use_log() -> int:
    """Forget uses older than ``USE_LOG_DAYS``; how many rows that were."""
    first_day = timezone.now().date() - timedelta(days=settings.USE_LOG_DAYS)
    return TokenUse.objects.before(first_day).delete()[0]
