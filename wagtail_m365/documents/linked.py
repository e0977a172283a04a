"""A link that a person pastes into the browser, and what it leads to."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from wagtail_m365.errors import Forbidden, GraphError, InvalidRequest, ItemNotFound
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection
from wagtail_m365.redaction import Secret

from .browsing import Entry
from .clients import graph_for
from .folders import Location, Place
from .remote_files import RemoteFile

#: Seconds that a person looks at nothing while Microsoft asks to wait.
_PATIENCE = 4.0
# What Graph calls it when it tells no more than the status does.
_NO_REASON = {
    "accessdenied",
    "badrequest",
    "generalexception",
    "invalidrequest",
    "itemnotfound",
    "notallowed",
    "notfound",
    "notsupported",
    "resourcenotfound",
    "",
}


def open_link(connection: Connection, link: Secret) -> Entry:
    """The folder or file behind a link, which the account may reach from now on.

    Args:
        connection: Whose account; it keeps the access that the link gives, as if the
            person had followed the link at Microsoft.
        link: A sharing link, or the address of an item or a folder's page.

    Raises:
        InvalidRequest: It is no link that could lead to an item, or leads to one that
            is neither file nor folder; the code tells which.
        ItemNotFound: Microsoft knows no such link any more (code ``link_gone``).
        Forbidden: It is not for this account.
        TokenError: The account gives no token for others' files.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    from wagtail_m365.graph import shared_links

    graph = graph_for(connection, Place.SHARED.scopes, patience=_PATIENCE)
    try:
        item = shared_links.open_link(graph, link)
    except GraphError as error:
        is_other = shared_links.is_private(link) is (not connection.is_personal)
        raise _in_other_words(error, is_other=is_other) from error
    return _entry(item)


def open_folder(connection: Connection, link: Secret) -> Location:
    """The folder behind a link, where only folders are wanted.

    Raises:
        InvalidRequest: It leads to a file (code ``link_is_file``), or as
            :func:`open_link`.
        M365Error: As :func:`open_link`.
    """
    entry = open_link(connection, link)
    if entry.location is None:
        raise InvalidRequest(
            "The link leads to a file.", code="link_is_file", name=entry.name
        )
    return entry.location


def _entry(item: DriveItem) -> Entry:
    location = Location.of_linked(item)
    if location is None and item.is_folder and item.drive_id:
        location = Location.of_opened(item, _name(item))
    file = None if location else RemoteFile.of_item(item, Place.SHARED)
    if location is None and file is None:
        raise InvalidRequest("It is no file and no folder.", code="link_to_no_file")
    return Entry(name=_name(item), location=location, file=file)


def _name(item: DriveItem) -> str:
    """Its name; the top of a library is called “root”, and has its own in its address."""
    if not item.is_root:
        return item.name
    path = urlsplit(item.web_url).path
    return unquote(path.rstrip("/").rpartition("/")[2]) or item.name


def _in_other_words(error: GraphError, *, is_other: bool) -> GraphError:
    """The same refusal as one of a link; a reason that Microsoft names stays."""
    finest = error.graph_code.rpartition(".")[2].lower()
    # Of the other errors, none was raised because of the link.
    refused = {400: _not_followed, 403: _closed, 404: _gone, 410: _gone}
    word = refused.get(error.status)
    if word is None or finest not in _NO_REASON:
        return error
    known: dict[str, Any] = {
        "status": error.status,
        "graph_code": error.graph_code,
        "correlation_id": error.correlation_id,
    }
    return (_of_other_kind if is_other else word)(str(error), known)


def _not_followed(detail: str, known: dict[str, Any]) -> GraphError:
    return InvalidRequest(detail, code="link_not_followed", **known)


def _closed(detail: str, known: dict[str, Any]) -> GraphError:
    return Forbidden(detail, code="link_closed", **known)


def _gone(detail: str, known: dict[str, Any]) -> GraphError:
    return ItemNotFound(detail, code="link_gone", **known)


def _of_other_kind(detail: str, known: dict[str, Any]) -> GraphError:
    return Forbidden(detail, code="link_of_other_kind", **known)
