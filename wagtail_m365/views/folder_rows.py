"""Lines and links of the folder browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from django.contrib.admin.utils import quote
from django.urls import reverse

from wagtail_m365.documents.browsing import Entry
from wagtail_m365.documents.folders import Folder, Location, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: a folder to open or to choose, or a file to know where one is."""

    name: str
    icon: str
    open_url: str = ""
    choose_url: str = ""
    modified_at: datetime | None = None
    modified_by: str = ""
    found_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One of the places to begin at, or the way to the rights that it needs."""

    place: Place
    icon: str
    url: str
    #: The rights are there.
    is_open: bool


def browse_url(at: str, base: str = "", **query: str) -> str:
    """The address of one step of the browser.

    Args:
        at: Where, as a signed text.
        base: The page that browses, and with which account; the chooser's window with
            the default account where none is named.
        query: More of the address; what is empty is left out.
    """
    given = {"at": at, **{name: value for name, value in query.items() if value}}
    page = base or reverse("m365_folders:choose")
    return f"{page}{'&' if '?' in page else '?'}{urlencode(given)}"


def open_url(location: Location, base: str = "") -> str:
    """Shows what is at a location."""
    return browse_url(location.sign(), base)


def choose_url(location: Location, base: str = "") -> str:
    """Puts a folder into the form, seen with the account that ``base`` names."""
    url = reverse("m365_folders:chosen", args=[quote(location.sign())])
    query = urlsplit(base).query
    return f"{url}?{query}" if query else url


def row_of(entry: Entry, base: str = "") -> Row:
    """The line of a listing."""
    location = entry.location
    chosen = location is not None and location.is_folder
    return Row(
        name=entry.name,
        icon="folder-inverse" if location else "doc-empty",
        open_url=open_url(location, base) if location else "",
        choose_url=choose_url(location, base) if location and chosen else "",
        modified_at=entry.modified_at,
        modified_by=entry.modified_by,
        found_in=entry.found_in,
    )


def row_of_recent(folder: Folder, base: str = "") -> Row:
    """The line of a folder that was used of late."""
    return Row(
        name=folder.name or str(folder),
        icon="folder-inverse",
        open_url=open_url(folder.location, base),
        choose_url=choose_url(folder.location, base),
        found_in=str(folder),
    )
