"""The requests that Graph knows, each with its function and what it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from . import (
    changing,
    content,
    delta,
    events,
    folders,
    mail,
    people,
    shares,
    sharing,
    sites,
    subscriptions,
    uploads,
    versions,
)
from .calls import Call
from .graph_errors import not_supported
from .rights import Need

READ, WRITE = Need.READ_FILES, Need.WRITE_FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A kind of request.

    Attributes:
        streams: The function takes the world's lock itself, because it reads a body that
            may be large.
    """

    method: str
    pattern: re.Pattern[str]
    need: Need
    answer: Callable[..., Response]
    streams: bool = False


def _route(
    method: str, template: str, need: Need, answer: Callable[..., Response], **more: Any
) -> Route:
    """A route from a template: ``{name}`` is one part of a path, ``{q}`` any text."""
    expression = re.escape(template)
    expression = expression.replace(r"\{q\}", r"(?P<q>.*)")
    expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", expression)
    pattern = re.compile(expression, re.DOTALL)
    return Route(method=method, pattern=pattern, need=need, answer=answer, **more)


def _elsewhere(path: str, *methods: str) -> list[Route]:
    """What can be done there with Microsoft, and not with the fake: 501, not 405."""

    def refuse(call: Call, **found: str) -> Response:
        raise not_supported(f"{call.request.method} {call.request.path}")

    return [_route(method, path, Need.NOTHING, refuse) for method in methods]


def _calendar_routes(at: str) -> tuple[Route, ...]:
    """What can be asked of one calendar."""
    return (
        _route("GET", at, Need.READ_CALENDAR, events.show_calendar),
        _route("GET", f"{at}/events", Need.READ_CALENDAR, events.list_events),
        _route("POST", f"{at}/events", Need.WRITE_CALENDAR, events.create),
        _route("GET", f"{at}/calendarView", Need.READ_CALENDAR, events.list_view),
    )


#: Below ``/v1.0/``.
RESOURCES = (
    _route("GET", "me", Need.PROFILE, people.show_me),
    _route("GET", "me/drives", READ, sites.list_own_drives),
    _route("POST", "me/revokeSignInSessions", Need.REVOKE, people.revoke_sessions),
    _route("POST", "me/sendMail", Need.SEND_MAIL, mail.send_mail),
    _route("GET", "me/messages", Need.READ_MAIL, mail.list_messages),
    _route("POST", "me/messages", Need.WRITE_MAIL, mail.create),
    _route("GET", "me/messages/{message}", Need.READ_MAIL, mail.show),
    _route("PATCH", "me/messages/{message}", Need.WRITE_MAIL, mail.update),
    _route("DELETE", "me/messages/{message}", Need.WRITE_MAIL, mail.delete),
    _route("POST", "me/messages/{message}/send", Need.SEND_MAIL, mail.send_draft),
    _route(
        "GET",
        "me/messages/{message}/attachments",
        Need.READ_MAIL_WHOLE,
        mail.list_attachments,
    ),
    _route("GET", "me/mailFolders", Need.READ_MAIL, mail.list_folders),
    _route("GET", "me/mailFolders/{folder}", Need.READ_MAIL, mail.show_folder),
    _route(
        "GET", "me/mailFolders/{folder}/messages", Need.READ_MAIL, mail.list_messages
    ),
    _route("POST", "me/mailFolders/{folder}/messages", Need.WRITE_MAIL, mail.create),
    _route("GET", "me/events", Need.READ_CALENDAR, events.list_events),
    _route("POST", "me/events", Need.WRITE_CALENDAR, events.create),
    _route("GET", "me/events/{event}", Need.READ_CALENDAR, events.show),
    _route("PATCH", "me/events/{event}", Need.WRITE_CALENDAR, events.update),
    _route("DELETE", "me/events/{event}", Need.WRITE_CALENDAR, events.delete),
    _route("GET", "me/calendarView", Need.READ_CALENDAR, events.list_view),
    _route("GET", "me/calendars", Need.READ_CALENDAR, events.list_calendars),
    *_calendar_routes("me/calendar"),
    *_calendar_routes("me/calendars/{calendar}"),
    _route("GET", "users/{user}", Need.NOTHING, people.show),
    _route("GET", "sites", Need.SITES, sites.search),
    _route("GET", "sites/{site}", Need.SITES, sites.show),
    _route("GET", "sites/{site}/drives", Need.SITES, sites.list_drives),
    _route("GET", "sites/{host}:/{q}:/drives", Need.SITES, sites.list_drives_by_path),
    _route("GET", "sites/{host}:/{q}", Need.SITES, sites.show_by_path),
    _route("GET", "shares/{share}", Need.OPEN_SHARES, shares.show_share),
    _route(
        "GET", "shares/{share}/driveItem", Need.OPEN_SHARES, shares.show_shared_item
    ),
    _route("GET", "shares/{share}/root", Need.OPEN_SHARES, shares.show_shared_item),
    *_elsewhere("me", "PATCH"),
    *_elsewhere("me/mailFolders", "POST"),
    *_elsewhere("me/mailFolders/{folder}", "PATCH", "DELETE"),
    *_elsewhere("me/messages/{message}/attachments", "POST"),
    *_elsewhere("me/calendars", "POST"),
    *_elsewhere("me/calendar", "PATCH"),
    *_elsewhere("me/calendars/{calendar}", "PATCH", "DELETE"),
    *_elsewhere("users/{user}", "PATCH", "DELETE"),
    _route("GET", "subscriptions", Need.NOTHING, subscriptions.list_all),
    _route("POST", "subscriptions", Need.NOTHING, subscriptions.create, streams=True),
    _route("GET", "subscriptions/{subscription}", Need.NOTHING, subscriptions.show),
    _route("PATCH", "subscriptions/{subscription}", Need.NOTHING, subscriptions.renew),
    _route(
        "DELETE", "subscriptions/{subscription}", Need.NOTHING, subscriptions.delete
    ),
)

#: Below a drive.
DRIVE_ROUTES = (
    _route("GET", "", READ, sites.show_drive),
    _route("GET", "recent", READ, folders.recent),
    _route("GET", "recent()", READ, folders.recent),
    _route("GET", "sharedWithMe", READ, sharing.shared_with_me),
    _route("GET", "sharedWithMe()", READ, sharing.shared_with_me),
    _route("GET", "search(q='{q}')", READ, folders.search),
)

#: Below a drive item.
ITEM_ROUTES = (
    _route("GET", "", READ, changing.show),
    _route("PATCH", "", WRITE, changing.update),
    _route("PUT", "", WRITE, changing.commit),
    _route("DELETE", "", WRITE, changing.delete),
    _route("GET", "children", READ, folders.list_children),
    _route("POST", "children", WRITE, folders.create),
    _route("GET", "content", READ, content.show),
    _route("PUT", "content", WRITE, content.put, streams=True),
    _route("POST", "createUploadSession", WRITE, uploads.create),
    _route("POST", "permanentDelete", WRITE, changing.delete_for_good),
    _route("POST", "copy", READ, changing.copy),
    _route("GET", "search(q='{q}')", READ, folders.search),
    _route("GET", "delta", READ, delta.show),
    _route("GET", "delta()", READ, delta.show),
    _route("GET", "delta(token='{token}')", READ, delta.show),
    _route("GET", "versions", READ, versions.list_versions),
    _route("GET", "versions/{version}", READ, versions.show),
    _route("DELETE", "versions/{version}", WRITE, versions.delete),
    _route("GET", "versions/{version}/content", READ, versions.content),
    _route("POST", "versions/{version}/restoreVersion", WRITE, versions.restore),
    _route("POST", "checkout", WRITE, versions.check_out),
    _route("POST", "checkin", WRITE, versions.check_in),
    _route("POST", "discardCheckout", WRITE, versions.discard_check_out),
    _route("POST", "createLink", WRITE, sharing.create_link),
    _route("POST", "invite", WRITE, sharing.invite),
    _route("POST", "preview", READ, sharing.preview),
    _route("GET", "permissions", READ, sharing.list_permissions),
    _route("GET", "permissions/{permission}", READ, sharing.show_permission),
    _route("PATCH", "permissions/{permission}", WRITE, sharing.update_permission),
    _route("DELETE", "permissions/{permission}", WRITE, sharing.delete_permission),
)
