"""What the folder browser shows at one step: the way, the rows, or what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from wagtail_m365.documents.browsing import Look, look
from wagtail_m365.documents.folders import Location, Place
from wagtail_m365.documents.recent_folders import latest, recent
from wagtail_m365.errors import InvalidRequest, ItemNotFound, M365Error
from wagtail_m365.identity import scopes as scope_names
from wagtail_m365.models import Connection, RecentFolder
from wagtail_m365.tokens.broker import connection_of
from wagtail_m365.tokens.connect_urls import connect_url

from .accounts import ACCOUNT, account_to_browse_with
from .errors import Action
from .folder_rows import (
    Gate,
    Row,
    browse_url,
    choose_url,
    open_url,
    row_of,
    row_of_recent,
)
from .folder_trouble import Trouble, page_behind
from .link_fields import LinkField, link_url

#: The value of ``at`` that leads to all places.
HOME = "home"
_LINK = "wagtail_m365.folders.next_link"
_RECENT = 8


class Screen:
    """One step of the browser; Microsoft is asked once, when the rows are.

    Args:
        request: The request.
        trouble: What went wrong before there was anything to look at.
        location: Where that was.
        of_link: A pasted link went wrong.
    """

    #: The page that opens a pasted link.
    link_page = "m365_folders:open_link"

    def __init__(
        self,
        request: HttpRequest,
        trouble: M365Error | None = None,
        location: Location | None = None,
        *,
        of_link: bool = False,
    ) -> None:
        self.request = request
        self.of_link = of_link
        self.words = request.GET.get("q", "").strip()
        self.location = location
        self._error = trouble
        self._connection: Connection | None = None
        self._look = Look()
        try:
            asked = account_to_browse_with(request)
            self._connection = asked or connection_of(request.user)
            if trouble is None:
                self._try_to_look()
        except M365Error as error:
            self._error = trouble or error
        if isinstance(self._error, ItemNotFound):
            self._forget()

    @cached_property
    def base(self) -> str:
        """The page that browses; empty: the chooser's window, the default account."""
        asked = account_to_browse_with(self.request)
        if asked is None:
            return ""
        query = urlencode({ACCOUNT: asked.pk})
        return f"{reverse('m365_folders:choose')}?{query}"

    @property
    def come_back(self) -> str:
        """Where a sign-in leads back to: the page whose chooser asks."""
        return page_behind(self.request)

    def _try_to_look(self) -> None:
        self.location = self._asked()
        if place := self._searched():
            link = self._unsigned_link()
            self._look = look(self.connection, place, words=self.words, link=link)

    def _asked(self) -> Location | None:
        """Where the person wants to be; ``None``: among all places."""
        at = self.request.GET.get("at", "")
        if at == HOME:
            return None
        return Location.unsign(at) if at else self._last()

    def _searched(self) -> Location | None:
        # From all places, a search is one in the own OneDrive.
        return self.location or (Location() if self.words else None)

    def _last(self) -> Location | None:
        """Where this person was the last time, for this collection."""
        collection = self.request.GET.get("collection", "")
        collection_id = int(collection) if collection.isdecimal() else None
        last = latest(self.connection, collection_id)
        return last.location if last else None

    def _forget(self) -> None:
        if self._connection and self.location and self.location.item_id:
            RecentFolder.objects.forget(
                self._connection,
                drive_id=self.location.drive_id,
                item_id=self.location.item_id,
            )

    def _unsigned_link(self) -> str:
        text = self.request.GET.get("from", "")
        try:
            return signing.Signer(salt=_LINK).unsign_object(text) if text else ""
        except (signing.BadSignature, ValueError) as error:
            raise InvalidRequest(
                "This is no page of this site's browser.", code="unknown_folder"
            ) from error

    @property
    def connection(self) -> Connection:
        """The person's own account; only where one is connected."""
        assert self._connection is not None  # noqa: S101  # for the type checker
        return self._connection

    @property
    def is_home(self) -> bool:
        """Are all places shown?"""
        return self.location is None and not self._error and not self.words

    @property
    def can_hold_folders(self) -> bool:
        """May a folder be made or chosen here?"""
        return bool(self.location and self.location.is_folder and not self._error)

    @property
    def at(self) -> str:
        """This step as a parameter of an address."""
        return self.location.sign() if self.location else HOME

    @property
    def name(self) -> str:
        """What this step is called."""
        if self.location is None:
            return _("Open a link") if self.of_link else _("All places")
        return self.location.name

    @property
    def crumbs(self) -> list[dict[str, str]]:
        """The way to this step, without the step itself."""
        if self.location is None:
            return [self.home] if self.of_link else []
        way = [*_beginnings(self.location), *self.location.above()]
        steps = ({"url": open_url(step, self.base), "label": step.name} for step in way)
        return [self.home, *steps]

    @property
    def home(self) -> dict[str, str]:
        """The way to all places."""
        return {"url": browse_url(HOME, self.base), "label": _("All places")}

    @property
    def choose_url(self) -> str:
        """Chooses the folder that is shown."""
        location = self.location
        return (
            choose_url(location, self.base)
            if location and self.can_hold_folders
            else ""
        )

    @property
    def gates(self) -> list[Gate]:
        """The places to begin at."""
        found = [self._gate(Place.MINE, "folder-open-inverse")]
        found.append(self._gate(Place.SHARED, "group"))
        if not self.connection.is_personal:
            # Personal accounts have no SharePoint.
            found.append(self._gate(Place.SITES, "site"))
        return found

    def _gate(self, place: Place, icon: str) -> Gate:
        missing = scope_names.missing(place.scopes, self.connection.scopes, "")
        url = open_url(Location(place=place), self.base)
        # The own drive says itself what is missing: it is where everybody begins.
        is_open = not missing or place is Place.MINE
        if not is_open:
            url = connect_url(*missing, next=self.come_back, connection=self.connection)
        return Gate(place=place, icon=icon, url=url, is_open=is_open)

    @property
    def link_field(self) -> LinkField | None:
        """Where a link can be pasted; ``None``: not at this step."""
        ending = not self._error and _is_ending(self.location)
        if self._connection is None or not (self.is_home or self.of_link or ending):
            return None
        return LinkField(
            gate=self._gate(Place.SHARED, "link"),
            url=link_url(self.link_page, self.request),
            is_ending=ending,
            is_open=self.of_link or (ending and not self._look.entries),
        )

    @cached_property
    def recent(self) -> list[Row]:
        """Folders that were used of late."""
        latest_used = recent(self.connection, _RECENT)
        return [row_of_recent(each, self.base) for each in latest_used]

    @property
    def rows(self) -> Sequence[Row]:
        """What is here, folders first."""
        return [row_of(entry, self.base) for entry in self._look.entries]

    @property
    def is_cut(self) -> bool:
        """Is there more that only a search brings up?"""
        return self._look.is_cut

    @property
    def counts(self) -> dict[str, int]:
        """How many folders and files are listed."""
        folders = sum(bool(entry.location) for entry in self._look.entries)
        return {"folders": folders, "files": len(self._look.entries) - folders}

    @property
    def is_continued(self) -> bool:
        """Does this look begin in the middle?"""
        return bool(self.request.GET.get("from"))

    @property
    def more_url(self) -> str:
        """Goes on where Microsoft ended; empty at the end."""
        link = self._look.next_link
        if not link:
            return ""
        signed = signing.Signer(salt=_LINK).sign_object(link, compress=True)
        return browse_url(self.at, self.base, q=self.words, **{"from": signed})

    @property
    def trouble(self) -> Trouble | None:
        """What went wrong, if anything did."""
        if self._error is None:
            return None
        return Trouble.of(self._error, self.come_back)

    @property
    def ways_out(self) -> list[Action]:
        """Links inside the browser that lead on from trouble."""
        found = []
        is_final = self.of_link or isinstance(
            self._error, ItemNotFound | InvalidRequest
        )
        if self._error and not is_final:
            url = browse_url(self.at, self.base, q=self.words)
            found.append(Action(url=url, label=_("Try again")))
        if self._connection:
            url = browse_url(HOME, self.base)
            found.append(Action(url=url, label=_("All places")))
        return found


def _is_ending(location: Location | None) -> bool:
    """Is it one of the lists that Microsoft ends?"""
    lists = (Place.SHARED, Place.RECENT)
    return bool(location and location.place in lists and not location.is_folder)


def _beginnings(location: Location) -> list[Location]:
    """The lists from which the top of this place was chosen."""
    if location.place is Place.MINE:
        return []
    found = [Location(place=location.place)]
    if location.site_id and location.drive_id:
        found.append(
            Location(
                place=location.place,
                site_id=location.site_id,
                site_name=location.site_name,
            )
        )
    return found if location.drive_id or location.site_id else []
