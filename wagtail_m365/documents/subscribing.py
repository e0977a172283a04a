"""Microsoft is asked to call when a followed drive changes, and kept to its promise.

Only where ``WEBHOOKS`` is on. Whatever a call would have told is also told by the next
reading of changes: a subscription that is missing, refused or late loses nothing.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings as django_settings  # noqa: TID251  # Django's own
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from wagtail.log_actions import get_active_log_context

from wagtail_m365.conf import settings
from wagtail_m365.errors import ItemNotFound, M365Error, Misconfigured
from wagtail_m365.graph.answers import UNREADABLE
from wagtail_m365.models import FollowedDrive, Subscription, moments
from wagtail_m365.models.subscriptions import LEASE, hash_of
from wagtail_m365.redaction import Secret

from . import audit
from .clients import graph_for
from .noticing import follow_what_is_wanted, notice, reading_rights

logger = logging.getLogger(__name__)

#: The view that Microsoft calls, where the site has mounted ``urls_public``.
VIEW = "wagtail_m365_public:notifications"
#: How long before its end a subscription is renewed; `renew_all` runs more often.
RENEW_BEFORE = timedelta(days=3)
#: Microsoft allows 42,300 minutes; a little less, since clocks differ.
_LIFETIME = timedelta(minutes=42_300) - timedelta(hours=1)
#: What was refused is asked for again after this time: rights may have been granted.
_ASK_AGAIN_AFTER = timedelta(days=1)

State = Subscription.State


@dataclass(slots=True, kw_only=True)
class Renewed:
    """What was done about subscriptions."""

    renewed: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    #: What could not be done, and why (an error's code).
    failed: list[tuple[str, str]] = field(default_factory=list)


def notification_url() -> str:
    """Where Microsoft calls.

    Raises:
        Misconfigured: The view is not mounted, no address is known, or it is not https.
    """
    url = settings.WEBHOOK_URL or _own_address()
    parts = urlsplit(url)
    is_loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    plain = bool(settings.ALLOW_INSECURE_LOOPBACK) and is_loopback
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise Misconfigured(
            "WEBHOOKS is on, but Microsoft calls https addresses only: set "
            "WAGTAILADMIN_BASE_URL, or WAGTAIL_M365['WEBHOOK_URL']."
        )
    return url


def subscribe_all() -> list[tuple[str, str]]:
    """Have Microsoft call for every drive that is followed and may be subscribed to.

    Returns:
        What could not be done, and why (an error's code).
    """
    follow_what_is_wanted()
    return _subscribe_followed() if settings.WEBHOOKS else []


def _subscribe_followed() -> list[tuple[str, str]]:
    failed = []
    for drive in FollowedDrive.objects.select_related("connection", "subscription"):
        try:
            subscribe(drive)
        except M365Error as error:
            failed.append((str(drive.connection), error.code))
    return failed


def subscribe(drive: FollowedDrive) -> Subscription | None:
    """Have Microsoft call when this drive changes; nothing is done where it does.

    Microsoft asks our view whether it is there while this waits.

    Returns:
        ``None`` where the connection has no right that allows it, or somebody else is
        at it.

    Raises:
        M365Error: Microsoft refuses; that is noted, too.
    """
    if not reading_rights(drive.connection):
        return None
    row, _ = Subscription.objects.get_or_create(
        drive=drive, defaults={"asked_at": timezone.now() - 2 * _ASK_AGAIN_AFTER}
    )
    if row.is_alive:
        return row
    return _ask(row, drive) if _claim(row) else None


def renew(row: Subscription) -> None:
    """Let a subscription live longer; one that is gone is asked for anew.

    Raises:
        M365Error: Microsoft does not do it; that is noted, too.
    """
    if not row.subscription_id or row.state != State.ACTIVE:
        subscribe(row.drive)
        return
    graph = graph_for(row.drive.connection, reading_rights(row.drive.connection))
    try:
        answer = graph.subscriptions.renew(row.subscription_id, expires_at=_end())
    except ItemNotFound:
        _lose(row)
        return
    except M365Error as error:
        _tell_failure(row, error)
        row.note(last_error=error.code[:50])
        raise
    row.note(expires_at=moments.kept(answer.expires_at) or _end(), last_error="")
    audit.record_call(audit.RENEW, row.drive, until=row.expires_at)


def renew_now(drive: FollowedDrive) -> Subscription | None:
    """Somebody wants it at once, even where Microsoft has refused it lately.

    Returns:
        As :func:`subscribe`.

    Raises:
        M365Error: Microsoft does not do it; that is noted, too.
    """
    rows = Subscription.objects.filter(drive=drive)
    # What is removed may be asked for at any time; what is refused, once a day.
    rows.filter(state=State.REFUSED).update(state=State.REMOVED)
    row = rows.select_related("drive__connection").first()
    if row is None:
        return subscribe(drive)
    renew(row)
    return rows.first()


def renew_all() -> Renewed:
    """Renew what is about to end, ask for what is missing, end what nobody needs."""
    done = Renewed()
    for drive in follow_what_is_wanted():
        _unfollow(drive, done)
    if not settings.WEBHOOKS:
        return done
    soon = timezone.now() + RENEW_BEFORE
    rows = Subscription.objects.select_related("drive__connection")
    for row in rows.filter(state=State.ACTIVE, expires_at__lte=soon):
        try:
            renew(row)
        except M365Error as error:
            done.failed.append((str(row.drive.connection), error.code))
        else:
            done.renewed.append(str(row))
    done.failed += _subscribe_followed()
    return done


def answer_lifecycle(row: Subscription, event: str) -> None:
    """Do what Microsoft's lifecycle notification asks for.

    Args:
        row: The subscription it is about.
        event: ``reauthorizationRequired``, ``subscriptionRemoved`` or ``missed``
            (Microsoft: "Reduce missing change notifications").
    """
    try:
        if event == "reauthorizationRequired":
            renew(row)
        elif event == "subscriptionRemoved":
            _lose(row)
        if event in {"missed", "subscriptionRemoved"}:
            notice(row.drive)
    except M365Error as error:
        logger.warning("Subscription %s: %s after %s", row.pk, error.code, event)


def _own_address() -> str:
    try:
        path = reverse(VIEW)
    except NoReverseMatch as error:
        raise Misconfigured(
            "WEBHOOKS is on, but wagtail_m365.urls_public is not mounted in the URLconf."
        ) from error
    base = str(getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or "")
    return base.rstrip("/") + path


def _claim(row: Subscription) -> bool:
    """Be the only one who asks for it, and not more often than makes sense."""
    now = timezone.now()
    waits = Q(state=State.REFUSED, asked_at__gt=now - _ASK_AGAIN_AFTER)
    busy = Q(state=State.ASKED, asked_at__gt=now - LEASE)
    rows = Subscription.objects.filter(pk=row.pk, asked_at=row.asked_at)
    claimed = {"state": State.ASKED, "asked_at": now}
    return bool(rows.exclude(waits).exclude(busy).update(**claimed))


def _ask(row: Subscription, drive: FollowedDrive) -> Subscription:
    client_state = Secret(secrets.token_urlsafe(32))
    try:
        url = notification_url()
        graph = graph_for(drive.connection, reading_rights(drive.connection))
        made = graph.subscriptions.create(
            drive.drive_id,
            notification_url=url,
            expires_at=_end(),
            client_state=client_state,
            lifecycle_url=url,
        )
    except M365Error as error:
        _tell_failure(row, error)
        _note_failure(row, error)
        raise
    row.note(
        state=State.ACTIVE,
        subscription_id=made.id,
        client_state_sha256=hash_of(client_state),
        expires_at=moments.kept(made.expires_at) or _end(),
        last_error="",
    )
    audit.record_call(audit.SUBSCRIBE, drive, until=row.expires_at)
    return row


def _note_failure(row: Subscription, error: M365Error) -> None:
    """What was refused is asked for once a day; what was not answered, the next time."""
    row.note(last_error=error.code[:50])
    if error.retryable or error.code == UNREADABLE:
        row.note(state=State.ASKED, asked_at=timezone.now() - 2 * LEASE)
    else:
        row.note(state=State.REFUSED)


def _tell_failure(row: Subscription, error: M365Error) -> None:
    """Log it once, not every day anew; whoever asks by hand has it logged each time."""
    if error.code[:50] != row.last_error or get_active_log_context().user:
        audit.record_call(audit.UNHEARD, row.drive, code=error.code)


def _lose(row: Subscription) -> None:
    audit.record_call(audit.LOSE_SUBSCRIPTION, row.drive)
    row.note(state=State.REMOVED, subscription_id=None, asked_at=timezone.now())
    subscribe(row.drive)


def _unfollow(drive: FollowedDrive, done: Renewed) -> None:
    """End the subscription with Microsoft, then forget the drive."""
    row = Subscription.objects.filter(drive=drive).first()
    if row is not None and row.subscription_id and row.is_alive:
        rights = reading_rights(drive.connection)
        try:
            graph_for(drive.connection, rights).subscriptions.delete(
                row.subscription_id
            )
        except ItemNotFound:
            pass
        except M365Error as error:
            # It ends by itself; until then its calls find nobody.
            done.failed.append((str(drive.connection), error.code))
        audit.record_call(audit.UNSUBSCRIBE, drive)
        done.ended.append(str(row))
    drive.delete()


def _end() -> datetime:
    return timezone.now() + _LIFETIME
