"""Who has to be told about a connection: on the dashboard, and once by mail if wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.admin.mail import send_mail
from wagtail.admin.utils import get_admin_base_url
from wagtail.users.models import UserProfile

from wagtail_m365.errors import Actor, Explanation
from wagtail_m365.models import Connection, ConsentRequest

from .states import error_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A connection that gives no token, and what has to be done."""

    connection: Connection
    explanation: Explanation


def troubles_of(user: Any) -> list[Trouble]:
    """Connections of this person that only this person can mend; one query."""
    return [
        trouble
        for trouble in _troubles(Connection.objects.of_user(user))
        if trouble.explanation.actor == Actor.EDITOR
    ]


def troubles_of_the_site() -> list[Trouble]:
    """Service connections that give no token, whoever can mend them; one query."""
    return _troubles(Connection.objects.service().order_by("service_name"))


def who_is_told(connection: Connection | None) -> list[Any]:
    """Whoever gets a mail about the connection, as it stands now; nobody if it works."""
    if connection is None:
        return []
    found = _troubles(Connection.objects.filter(pk=connection.pk))
    return list(_people_of(connection)) if found and _is_theirs(found[0]) else []


def tell_by_mail(connection: Connection) -> bool:
    """Write to whoever has to act, once for each trouble; was a mail sent?

    A mail that cannot be sent is logged and hinders nobody.
    """
    found = _troubles(Connection.objects.filter(pk=connection.pk))
    if not found or not _is_theirs(found[0]):
        return False
    trouble = found[0]
    code = trouble.explanation.code
    # Of all workers that come here at once, one changes the row.
    mine = Connection.objects.filter(pk=connection.pk).exclude(told_trouble=code)
    if not mine.update(told_trouble=code):
        return False
    sent = [_send_trouble(person, trouble) for person in _people_of(connection)]
    return any(sent)


def tell_of_granted_consents() -> int:
    """Write to everybody whose request was granted; to how many?"""
    granted = ConsentRequest.objects.filter(told_at=None).exclude(granted_at=None)
    sent = 0
    for one in granted.select_related("user"):
        if one.user is not None and _send_granted(one.user, one):
            one.mark_told()
            sent += 1
    return sent


def _troubles(connections: QuerySet[Connection]) -> list[Trouble]:
    found = []
    for connection in connections.exclude(state=Connection.State.ACTIVE):
        if error := error_of(connection):
            trouble = Trouble(connection=connection, explanation=error.explanation)
            found.append(trouble)
    return found


def _is_theirs(trouble: Trouble) -> bool:
    """Can whoever gets the mail do something about it?"""
    of_site = trouble.connection.user_id is None
    return of_site or trouble.explanation.actor == Actor.EDITOR


def _people_of(connection: Connection) -> Iterable[Any]:
    """The owner; for one of the site, everybody who manages connections."""
    if connection.user is not None:
        return [connection.user]
    right = {"codename": "manage_connections"}
    granted = Q(is_superuser=True)
    granted |= Q(
        **{f"user_permissions__{name}": value for name, value in right.items()}
    )
    granted |= Q(
        **{f"groups__permissions__{name}": value for name, value in right.items()}
    )
    people = get_user_model()._default_manager.filter(granted, is_active=True)
    return people.distinct()


def _send_trouble(person: Any, trouble: Trouble) -> bool:
    with override(language_of(person)):
        connection, words = trouble.connection, trouble.explanation
        account = connection.service_name or connection.username or str(connection)
        subject = _("Microsoft 365: %(account)s needs you") % {"account": account}
        lines = [str(words.what), str(words.next_step), _page_of(connection)]
        return send(person, subject, lines)


def _send_granted(person: Any, granted: ConsentRequest) -> bool:
    with override(language_of(person)):
        subject = _("Microsoft 365: an administrator has granted the rights")
        text = _("The rights that you waited for can be used now: %(rights)s.")
        lines = [text % {"rights": ", ".join(granted.wanted)}, _page_of(None)]
        return send(person, subject, lines)


def _page_of(connection: Connection | None) -> str:
    """Where to act; empty where the site has not said under which address it is."""
    base = get_admin_base_url() or ""
    try:
        if connection is not None and connection.service_name:
            names = [connection.service_name]
            return base + reverse("wagtail_m365:service_connection", args=names)
        return base + reverse("wagtailadmin_account") + "#tab-m365"
    except NoReverseMatch:
        return base


def language_of(person: Any) -> str:
    """The language that this person reads the admin in."""
    profile = UserProfile.objects.filter(user=person).first() or UserProfile()
    return str(profile.get_preferred_language())


def send(person: Any, subject: str, lines: list[str]) -> bool:
    """Write a mail, a line to a paragraph; one that cannot be sent hinders nobody."""
    address = getattr(person, person.get_email_field_name(), "")
    if not address:
        return False
    try:
        return bool(send_mail(subject, "\n\n".join(filter(None, lines)), [address]))
    except Exception:
        # Any mail backend may be in use, and each fails in its own way.
        logger.exception("A mail about Microsoft 365 could not be sent.")
        return False
