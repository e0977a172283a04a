"""Until when Microsoft wants to be left alone, known to all processes of a site.

It stands beside the token that is kept ready, so that it is read with the token: a
request to Graph costs no further query for it.
"""

from __future__ import annotations

import logging
import time

from django.db import DatabaseError

from wagtail_m365.models import CachedAccessToken

from . import apart, looking_up
from .demands import GRAPH, Owner

logger = logging.getLogger(__name__)

#: Seconds: whatever an answer says, Graph is asked again after an hour.
_LONGEST = 3600


class SharedThrottle:
    """What Microsoft told one process to wait holds for all that use the connection.

    Args:
        owner: A user, a connection, or the name of a service connection.
        purpose: The purpose with which its token is looked up.
    """

    def __init__(self, owner: Owner, purpose: str | None = None) -> None:
        self._owner = owner
        self._purpose = purpose or ""
        # Holds where the database could not be told.
        self._own = 0.0

    def not_before(self) -> float:
        """POSIX time before which nothing should be sent; 0 when anything may.

        Raises:
            AccessDenied: An admin refuses the purpose.
        """
        told = looking_up.not_before(self._owner, GRAPH, self._purpose)
        return max(self._own, told)

    def wait_until(self, moment: float) -> None:
        """Microsoft answered that nothing should be sent before this POSIX time."""
        moment = min(moment, time.time() + _LONGEST)
        self._own = max(self._own, moment)
        looking_up.forget(self._owner, GRAPH)
        try:
            if apart.in_transaction():
                apart.run_apart(lambda: self._tell_others(moment))
            else:
                self._tell_others(moment)
        except (apart.OutOfReach, DatabaseError):
            # The others will be told by Microsoft themselves.
            logger.warning("That Microsoft asks to wait could not be shared.")

    def _tell_others(self, moment: float) -> None:
        path, key = looking_up.path_from(self._owner)
        rows = CachedAccessToken.objects.filter(**{path: key}, audience=GRAPH)
        # By their keys: MariaDB does not update a table that it joins.
        ids = list(rows.values_list("pk", flat=True))
        earlier = CachedAccessToken.objects.filter(pk__in=ids, not_before__lt=moment)
        with apart.short_wait():
            earlier.update(not_before=moment)
