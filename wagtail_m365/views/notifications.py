"""Where Microsoft calls when something has changed.

Open to everybody, since Microsoft has no account here: a call is believed only if it
carries the secret that we gave with the subscription, and all it can do is to have us
ask Microsoft what has changed. Source: "Receive change notifications through webhooks",
"Reduce missing change notifications" (lifecycle notifications).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from wagtail_m365 import tasks
from wagtail_m365.conf import settings
from wagtail_m365.models import Subscription
from wagtail_m365.redaction import Secret

logger = logging.getLogger(__name__)

#: Bytes; a notification of ours has some 500, and Microsoft sends them in batches.
LARGEST_BODY = 512 * 1024
#: Characters; Microsoft's own have some 200.
LONGEST_TOKEN = 2048
LIFECYCLE_EVENTS = frozenset(
    {"reauthorizationRequired", "subscriptionRemoved", "missed"}
)


# The tasks ask Microsoft, at once where no worker is set up: no transaction may wait.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
@method_decorator(csrf_exempt, name="dispatch")
class NotificationsView(View):
    """Proves that we are here, and takes change and lifecycle notifications."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """202 for whatever can be read, so that nobody learns which secret is right."""
        if not settings.WEBHOOKS:
            raise Http404
        if "validationToken" in request.GET:
            return _echo(request.GET["validationToken"])
        if not 0 < _length(request) <= LARGEST_BODY:
            return HttpResponse(status=413)
        try:
            told = list(_notifications(json.loads(request.body)))
        except (ValueError, TypeError, RecursionError):
            return HttpResponse(status=400)
        _take(told)
        return HttpResponse(status=202)


def _echo(token: str) -> HttpResponse:
    """The validation token as plain text, which no browser takes for anything else."""
    if len(token) > LONGEST_TOKEN:
        return HttpResponse(status=400)
    answer = HttpResponse(token, content_type="text/plain; charset=utf-8")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "no-store"
    return answer


def _length(request: HttpRequest) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isdecimal() else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notification; the secret that proves it hides itself from error reports."""

    subscription_id: str
    client_state: Secret
    #: What is told of the subscription itself; ``None``: something on the drive changed.
    lifecycle_event: str | None


def _notifications(body: Any) -> Iterator[Told]:
    """The notifications of a body.

    Raises:
        TypeError: It is none of Microsoft's.
    """
    value = body.get("value") if isinstance(body, dict) else None
    if not isinstance(value, list):
        raise TypeError("There is no list of notifications.")
    for each in value:
        if isinstance(each, dict) and isinstance(each.get("subscriptionId"), str):
            event = each.get("lifecycleEvent")
            yield Told(
                subscription_id=each["subscriptionId"],
                client_state=Secret(str(each.get("clientState") or "")),
                lifecycle_event=None if event is None else str(event),
            )


def _take(told: list[Told]) -> None:
    known = _known(told)
    changed = set()
    for each in told:
        row = known.get(each.subscription_id)
        if row is None or not row.is_proved_by(each.client_state):
            logger.info("A call for an unknown subscription was left unheard.")
            continue
        event = each.lifecycle_event
        if event in LIFECYCLE_EVENTS:
            tasks.answer_lifecycle.enqueue(str(row.pk), event)
        elif event is None:
            changed.add(row)
    for row in changed:
        row.note(last_notified_at=timezone.now())
        row.drive.note_change()
        tasks.notice_drive.enqueue(str(row.drive_id))


def _known(told: list[Told]) -> dict[str | None, Subscription]:
    """The subscriptions that are named; one query."""
    named = {each.subscription_id for each in told}
    rows = Subscription.objects.select_related("drive").filter(
        subscription_id__in=named, state=Subscription.State.ACTIVE
    )
    return {row.subscription_id: row for row in rows}
