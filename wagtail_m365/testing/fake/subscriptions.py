"""Change notifications: subscribing, renewing, and the calls to the subscriber.

Source: "Create subscription", "Receive change notifications through webhooks". A business
drive is watched at its root only, for updates only.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from .calls import Call, no_content
from .changing import parse_time
from .graph_errors import GraphError, bad_request
from .graph_state import Subscription
from .item_json import timestamp
from .locating import drive_of, person
from .odata import Json, body
from .rights import Need, check

_SENT = {
    "changeType",
    "notificationUrl",
    "resource",
    "expirationDateTime",
    "clientState",
    "latestSupportedTlsVersion",
    "lifecycleNotificationUrl",
}
#: What Microsoft takes, and the fake does not.
_ELSEWHERE = {
    *("includeResourceData", "encryptionCertificate", "encryptionCertificateId"),
    *("notificationQueryOptions", "notificationUrlAppId"),
}
_CHANGES = {"created", "updated", "deleted"}
_DRIVE = re.compile(r"(?:me/drive|drives/(?P<drive>[^/]+))/root")
_LONGEST = {"drive": timedelta(minutes=42300), "outlook": timedelta(minutes=10080)}
_LONGEST_CLIENT_STATE = 128
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def create(call: Call) -> Response:
    """``POST /subscriptions``: the address is asked first, then 201."""
    call.options(())
    sent = body(call.request, _SENT, "microsoft.graph.subscription", _ELSEWHERE)
    with call.world.lock:
        subscription = _new(call, sent)
    # Outside the lock: the subscriber may call Graph while it is being asked.
    asked = dict.fromkeys(filter(None, (subscription.url, subscription.lifecycle_url)))
    if not all(map(call.state.notifier.validates, asked)):
        error = _invalid(
            "Subscription validation request failed. Notification endpoint must respond "
            "with 200 OK to validation request."
        )
        error.code = "ValidationError"
        raise error
    with call.world.lock:
        call.state.subscriptions[subscription.id] = subscription
    answer = call.answer(_json(subscription), "subscriptions", 201)
    at = f"{call.origin}/v1.0/subscriptions/{subscription.id}"
    answer.headers["Location"] = at
    return answer


def list_all(call: Call) -> Response:
    """``GET /subscriptions``: those of this app and account."""
    own = [one for one in call.state.subscriptions.values() if _is_own(call, one)]
    return call.answer_list(own, _json, "subscriptions")


def show(call: Call, subscription: str) -> Response:
    """``GET /subscriptions/{id}``."""
    return call.answer(_json(_find(call, subscription)), "subscriptions")


def renew(call: Call, subscription: str) -> Response:
    """``PATCH /subscriptions/{id}``: another expiry."""
    found = _find(call, subscription)
    known = {"expirationDateTime", "notificationUrl"}
    sent = body(call.request, known, "microsoft.graph.subscription", _SENT)
    kind = "drive" if found.watches[1] == "root" else "outlook"
    found.expires_at = _expiry(call, sent.get("expirationDateTime"), kind)
    return call.answer(_json(found), "subscriptions")


def delete(call: Call, subscription: str) -> Response:
    """``DELETE /subscriptions/{id}``."""
    del call.state.subscriptions[_find(call, subscription).id]
    return no_content()


def _new(call: Call, sent: Json) -> Subscription:
    missing = {"changeType", "notificationUrl", "resource", "expirationDateTime"} - set(
        sent
    )
    if missing:
        raise _invalid(f"Missing: {', '.join(sorted(missing))}")
    changes = frozenset(str(sent["changeType"]).split(","))
    watches = _watched(call, str(sent["resource"]).strip("/"))
    kind = "drive" if watches[1] == "root" else "outlook"
    if changes - (_CHANGES if kind == "outlook" else {"updated"}):
        raise _invalid(f"Unsupported changeType '{sent['changeType']}'")
    client_state = str(sent.get("clientState") or "")
    if len(client_state) > _LONGEST_CLIENT_STATE:
        raise _invalid("clientState has at most 128 characters")
    return Subscription(
        resource=str(sent["resource"]),
        change_types=changes,
        url=_address(sent["notificationUrl"]),
        client_state=client_state,
        expires_at=_expiry(call, sent["expirationDateTime"], kind),
        account_id=call.by.id,
        application_id=call.by.application_id,
        tenant_id=person(call).tenant_id if call.by.id else "",
        watches=watches,
        lifecycle_url=_lifecycle_address(sent),
    )


def _watched(call: Call, resource: str) -> tuple[str, str]:
    """What is watched, if the token may read it.

    Raises:
        GraphError: 400 for what cannot be watched, 403.
    """
    found = _DRIVE.fullmatch(resource)
    if found:
        given = found["drive"]
        drive = call.state.drive(given) if given else drive_of(call, person(call))
        check(call, Need.WATCH_PERSONAL if drive.is_personal else Need.WATCH)
        return drive.id, "root"
    if resource in {"me/messages", "me/mailFolders('inbox')/messages"}:
        check(call, Need.READ_MAIL)
        return call.by.id, "messages"
    if resource == "me/events":
        check(call, Need.READ_CALENDAR)
        return call.by.id, "events"
    raise _invalid(f"Resource '{resource}' cannot be subscribed to")


def _address(url: Any) -> str:
    parts = urlsplit(str(url))
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (parts.scheme == "https" or plain) or not parts.hostname:
        raise _invalid("The notification URL must be https")
    return str(url)


def _lifecycle_address(sent: Json) -> str:
    """Where lifecycle notifications go: on the host of the others, or nowhere."""
    url = str(sent.get("lifecycleNotificationUrl") or "")
    if not url:
        return ""
    if urlsplit(_address(url)).netloc != urlsplit(str(sent["notificationUrl"])).netloc:
        raise _invalid("Both notification URLs must have the same host")
    return url


def _expiry(call: Call, text: Any, kind: str) -> datetime:
    moment = parse_time(text)
    if moment is None or not call.now < moment <= call.now + _LONGEST[kind]:
        raise _invalid("Subscription expiration can only be in the allowed time ahead")
    return moment


def _is_own(call: Call, one: Subscription) -> bool:
    same = (one.application_id, one.account_id)
    return same == (call.by.application_id, call.by.id) and one.expires_at > call.now


def _find(call: Call, subscription: str) -> Subscription:
    found = call.state.subscriptions.get(subscription)
    if found is None or not _is_own(call, found):
        raise GraphError(
            status=404, code="ResourceNotFound", message="The object was not found."
        )
    return found


def _json(one: Subscription) -> Json:
    return {
        "id": one.id,
        "resource": one.resource,
        "applicationId": one.application_id,
        "changeType": ",".join(sorted(one.change_types)),
        "clientState": one.client_state or None,
        "notificationUrl": one.url,
        "lifecycleNotificationUrl": one.lifecycle_url or None,
        "expirationDateTime": timestamp(one.expires_at),
        "creatorId": one.account_id,
        "latestSupportedTlsVersion": "v1_2",
        **dict.fromkeys(sorted(_ELSEWHERE)),
    }


def _invalid(message: str) -> GraphError:
    error = bad_request(message)
    error.code = "InvalidRequest"
    return error
