"""Owners of forgotten edit sessions are reminded of them, once in each period.

The sweeper says whose turn it is; the dashboard tells it, and a mail where the site wants
that. What is said of the copy is what Microsoft last told, with the day it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.admin.utils import get_admin_base_url

from wagtail_m365.conf import settings
from wagtail_m365.models import EditSession, moments
from wagtail_m365.models.edit_sessions import EditSessionQuerySet, State
from wagtail_m365.tokens.notices import language_of, send

from .checking import known_change
from .permissions import may_edit


def forgotten(now: datetime) -> EditSessionQuerySet:
    """Open sessions in which nothing has happened for long, the oldest first."""
    since = now - timedelta(hours=settings.FORGOTTEN_AFTER_HOURS)
    happened_since = Q(brought_back_at__gte=since) | Q(remote_modified_at__gte=since)
    sessions = EditSession.objects.unfinished().filter(opened_at__lt=since)
    return sessions.exclude(happened_since).order_by("opened_at")


def due(now: datetime) -> Iterable[EditSession]:
    """Forgotten sessions whose owners were not reminded in this period."""
    if not _is_wanted():
        return []
    found = _with_somebody_to_tell(now).filter(_not_reminded_since(now))
    return found.select_related("owner", "document", "connection")


def remind(session: EditSession, now: datetime) -> bool:
    """Note that the owner is to be told, and write a mail where that is wanted.

    Args:
        session: One that is :func:`due`.
        now: The moment that the period is counted from.

    Returns:
        False when another worker was quicker, or the session has ended meanwhile.
    """
    # Of all workers that come here at once, one changes the row.
    mine = EditSession.objects.unfinished().filter(_not_reminded_since(now))
    if not mine.filter(pk=session.pk).update(reminded_at=now, reminder_shown_at=None):
        return False
    if settings.NOTIFY_BY_EMAIL:
        _write_to_owner(session)
    return True


def reminders_for(user: Any) -> list[EditSession]:
    """What this person is to be reminded of and has not been shown; one query."""
    if not _is_wanted():
        return []
    mine = _with_somebody_to_tell(timezone.now()).filter(owner_id=user.pk)
    waiting = mine.filter(reminded_at__isnull=False, reminder_shown_at=None)
    return list(waiting.select_related("document", "connection"))


def mark_shown(session: EditSession) -> None:
    """The owner has been shown it; the next period may tell it anew."""
    row = EditSession.objects.filter(pk=session.pk, reminded_at=session.reminded_at)
    row.update(reminder_shown_at=F("reminded_at"))


def sentence_about_opening(session: EditSession) -> str:
    """Since when it is open."""
    return _("You opened it in Microsoft 365 on %(day)s, and it is still open.") % {
        "day": _day(session.opened_at)
    }


def sentence_about_change(session: EditSession) -> str:
    """What is known of the copy, and since when."""
    if session.remote_checked_at is None:
        return _("Whether the copy has changed since then is not known.")
    asked = {"day": _day(session.remote_checked_at)}
    if session.is_gone:
        text = _("Microsoft did not find the copy when it was last asked, on %(day)s.")
    elif known_change(session):
        text = _(
            "The copy was changed there and has not been brought back, as of %(day)s."
        )
    else:
        text = _("The copy had not been changed when Microsoft was asked on %(day)s.")
    return text % asked


def page_of(session: EditSession) -> str:
    """Path of the page on which the owner can act."""
    if may_edit(session.document, session.owner):
        return reverse("wagtaildocs:edit", args=[session.document_id])
    return reverse("wagtail_m365:edit_sessions")


def _is_wanted() -> bool:
    return (settings.REMIND_AFTER_DAYS or 0) > 0


def _with_somebody_to_tell(now: datetime) -> EditSessionQuerySet:
    arrived = {"state__in": (State.OPEN, State.CONFLICT)}
    return forgotten(now).filter(
        owner__is_active=True, document__isnull=False, **arrived
    )


def _not_reminded_since(now: datetime) -> Q:
    begins = now - timedelta(days=settings.REMIND_AFTER_DAYS)
    return Q(reminded_at__isnull=True) | Q(reminded_at__lte=begins)


def _write_to_owner(session: EditSession) -> None:
    owner = session.owner
    with override(language_of(owner)):
        title = {"title": session.document_title}
        lines = [
            _("Document: %(title)s") % title,
            sentence_about_opening(session),
            sentence_about_change(session),
            _("Bring it back, go on, or discard the copy; until then others wait."),
            f"{get_admin_base_url() or ''}{page_of(session)}",
        ]
        subject = _("Microsoft 365: “%(title)s” is still open") % title
        send(owner, subject, lines)


def _day(moment: datetime) -> str:
    return date_format(moments.here(moment), "DATE_FORMAT")
