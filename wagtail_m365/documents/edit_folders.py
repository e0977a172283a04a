"""Where a session's folder is made, and which rights reach it.

Every session has a folder of its own, so that equal names never meet and the file keeps
the name that people know. The place is the site's choice; what a place needs is asked
for and no more: the app's folder needs ``Files.ReadWrite.AppFolder`` only.
"""

from __future__ import annotations

from wagtail_m365.conf import settings
from wagtail_m365.errors import Forbidden, ItemNotFound
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.drives import Drives
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection, EditSession
from wagtail_m365.models.configuration import edit_location
from wagtail_m365.models.edit_locations import EditLocation, EditPlace
from wagtail_m365.tokens import bundles

from .clients import graph_for

__all__ = [
    "EditLocation",
    "EditPlace",
    "edit_location",
    "make_folder",
    "name_of",
    "scopes_of",
    "scopes_of_session",
]


def scopes_of(place: str) -> tuple[str, ...]:
    """The rights that a token needs for copies in such a place."""
    if place == EditPlace.LIBRARY:
        return (settings.LIBRARY_SCOPE,)
    return bundles.SAVE if place == EditPlace.ONEDRIVE else bundles.EDIT


def scopes_of_session(session: EditSession) -> tuple[str, ...]:
    """The rights that reach the copy of this session.

    An application's folder is closed to every other one: where the site has changed its
    app registration since then, the copy is a file of the drive like any other.
    """
    if session.place == EditPlace.APP_FOLDER and session.is_of_another_application:
        return bundles.SAVE
    return scopes_of(session.place)


def make_folder(
    graph: GraphClient, session: EditSession, location: EditLocation
) -> DriveItem:
    """The session's own folder, made when first asked for.

    Raises:
        ItemNotFound: The library's folder is gone (code ``edit_folder_gone``).
        Forbidden: This account may not write there (``edit_folder_forbidden``).
    """
    name = f"{session.document_id}-{session.pk.hex[:8]}"
    if location.place == EditPlace.LIBRARY:
        return _in_library(graph.drives, location, name)
    if location.place == EditPlace.ONEDRIVE:
        drive = graph.drives.mine()
        return graph.drives.ensure_folder(drive.id, f"{location.path}/{name}")
    app_folder = graph.drives.app_folder()
    return graph.drives.ensure_folder(
        app_folder.drive_id, name, parent_id=app_folder.id
    )


def name_of(connection: Connection, location: EditLocation) -> str:
    """What Microsoft calls a library's folder, as this account sees it.

    Raises:
        ItemNotFound: It is not there, or is a file.
        Forbidden: This account does not reach it.
        TokenError: It gives no token for that.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    graph = graph_for(connection, scopes_of(location.place), patience=4.0)
    drive = graph.drives.get(location.drive_id)
    if not location.folder_id:
        return drive.name
    item = graph.drives.item(location.drive_id, location.folder_id)
    if not item.is_folder:
        raise ItemNotFound("This is a file.")
    names = [drive.name, *filter(None, item.path.split("/"))]
    return " › ".join(names)[:400]


def _in_library(drives: Drives, location: EditLocation, name: str) -> DriveItem:
    try:
        return drives.ensure_folder(
            location.drive_id, name, parent_id=location.folder_id
        )
    except ItemNotFound as error:
        raise ItemNotFound(
            "The library's folder for copies is gone, or this account cannot see it.",
            code="edit_folder_gone",
            correlation_id=error.correlation_id,
        ) from error
    except Forbidden as error:
        raise Forbidden(
            "This account may not write into the library for copies.",
            code="edit_folder_forbidden",
            correlation_id=error.correlation_id,
        ) from error
