"""A letter to whoever can mend a watched folder that has stopped."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.mail import send_mail
from wagtail.admin.utils import get_admin_base_url

from wagtail_m365.conf import settings
from wagtail_m365.errors import M365Error, TokenError
from wagtail_m365.models import WatchedFolder
from wagtail_m365.models.watched_folders import WatchState
from wagtail_m365.tokens.notices import who_is_told


def tell_that_it_stopped(folder: WatchedFolder, error: M365Error) -> None:
    """Send one letter for each trouble; a mail server that is down hinders nothing.

    A connection that gives no token stops all folders that are read with it: that is
    one trouble, and whoever gets a mail about the connection gets none about them.
    """
    if _is_known(folder, error):
        return
    told = _told_of_connection(folder, error)
    to = [person.email for person in _readers(folder) if person.pk not in told]
    if not to:
        return
    explanation = error.explanation
    lines = [
        _("The watched folder “%(name)s” has stopped.") % {"name": folder},
        explanation.what,
        explanation.next_step,
        f"{get_admin_base_url() or ''}{_page_of(folder)}",
    ]
    subject = _("Watched folder has stopped: %(name)s") % {"name": folder}
    send_mail(subject, "\n\n".join(lines), to, fail_silently=True)


def _is_known(folder: WatchedFolder, error: M365Error) -> bool:
    """Has another folder of this owner stopped for the same connection's sake?"""
    if not isinstance(error, TokenError) or folder.connection_id is None:
        return False
    others = WatchedFolder.objects.filter(
        connection_id=folder.connection_id,
        owner_id=folder.owner_id,
        state=WatchState.STOPPED,
        stop_code=error.code,
    )
    return others.exclude(pk=folder.pk).exists()


def _told_of_connection(folder: WatchedFolder, error: M365Error) -> set[Any]:
    """Keys of the people who get a mail about the connection itself."""
    concerns_it = isinstance(error, TokenError) and folder.connection is not None
    if not concerns_it or not settings.NOTIFY_BY_EMAIL:
        return set()
    return {person.pk for person in who_is_told(folder.connection)}


def _readers(folder: WatchedFolder) -> Any:
    """Whoever set it up, and the administrators of the site."""
    people = get_user_model()._default_manager.filter(is_active=True)
    chosen = people.filter(Q(pk=folder.owner_id) | Q(is_superuser=True))
    return chosen.exclude(email="")


def _page_of(folder: WatchedFolder) -> str:
    return reverse("wagtail_m365:watched_folder", args=[folder.pk])
