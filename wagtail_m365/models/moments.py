"""Points in time on sites with and without ``USE_TZ``.

Microsoft tells moments with their time zone; without ``USE_TZ``, the database takes and
gives none that have one, and ``timezone.now()`` has none either.
"""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from wagtail_m365.conf import uses_time_zones


def kept(moment: datetime | None) -> datetime | None:
    """A moment that Microsoft told, as this site keeps moments and compares them."""
    if moment is None or uses_time_zones() or timezone.is_naive(moment):
        return moment
    # As ``timezone.now()`` is there: in the site's own zone, whosever is looking.
    return timezone.make_naive(moment, timezone.get_default_timezone())


def here(moment: datetime) -> datetime:
    """A moment that this site has kept, in the time of whoever looks at it."""
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def today() -> date:
    """The day that it is here."""
    return here(timezone.now()).date()
