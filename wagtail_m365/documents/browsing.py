"""Browsing folders in Microsoft 365: look, choose, make a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from itertools import islice
from typing import Any, ParamSpec, TypeVar

from wagtail_m365.errors import ItemNotFound
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection

from .clients import graph_for
from .folders import Folder, Location, Place
from .remote_files import RemoteFile

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

#: Seconds that a person looks at nothing while Microsoft asks to wait.
_PATIENCE = 4.0
#: Sites that one look shows at most; who has more searches by name.
_SITES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a listing."""

    name: str
    #: Where it leads; ``None``: a file, shown so that people know where they are.
    location: Location | None = None
    #: What can be fetched; ``None``: a folder, a site, a notebook.
    file: RemoteFile | None = None
    modified_at: datetime | None = None
    modified_by: str = ""
    #: Where it was found, with slashes between the names; ``""``: here.
    found_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look shows: folders first."""

    entries: tuple[Entry, ...] = ()
    #: Whole address where Microsoft goes on; ``""``: there is no way on.
    next_link: str = ""
    #: There is more that only a search brings up.
    is_cut: bool = False


def _names_the_folder(
    journey: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Say “this folder is gone” where Graph says that an item is not found."""

    @wraps(journey)
    def named(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return journey(*args, **kwargs)
        except ItemNotFound as error:
            # Finer codes say more: a OneDrive that was never set up is a 404 too.
            if error.graph_code.rpartition(".")[2].lower() != "itemnotfound":
                raise
            raise ItemNotFound(
                str(error),
                code="folder_gone",
                correlation_id=error.correlation_id,
                status=error.status,
                graph_code=error.graph_code,
            ) from error

    return named


@_names_the_folder
def look(
    connection: Connection, location: Location, *, words: str = "", link: str = ""
) -> Look:
    """What is at a location.

    Args:
        connection: Whose account.
        location: Where to look.
        words: Only what Microsoft finds for them, there and below.
        link: Goes on here, where an earlier look ended.

    Raises:
        ItemNotFound: The folder is gone.
        TokenError: The account gives no token for this place.
        GraphError: Microsoft refuses.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    if location.is_folder:
        return _in_folder(connection, location, words, link)
    if location.place in (Place.SHARED, Place.RECENT):
        return _gathered(connection, location, words, link)
    if location.site_id:
        return _libraries(connection, location, words)
    return _sites(connection, words)


@_names_the_folder
def choose(connection: Connection, location: Location) -> Folder:
    """The folder at a location, as Microsoft knows it now.

    Raises:
        ItemNotFound: It is gone, or is no folder.
        TokenError: The account gives no token for this place.
        GraphError: Microsoft refuses.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    from wagtail_m365.graph.listings import folder

    item = folder(_graph(connection, location.place), location.spot)
    if not item.is_folder:
        raise ItemNotFound("This is a file.", graph_code="itemNotFound")
    return _as_folder(location, item)


@_names_the_folder
def make_folder(connection: Connection, location: Location, name: str) -> Folder:
    """A new folder in the one at this location.

    Raises:
        NameRefused: OneDrive does not take the name.
        NameTaken: Something of that name is there.
        ItemNotFound: The folder around it is gone.
        TokenError: The account gives no token for this place.
        GraphError: Microsoft refuses.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    from wagtail_m365.graph.listings import folder

    graph = _graph(connection, location.place)
    drive_id, item_id = location.drive_id, location.item_id
    if not item_id:
        around = folder(graph, location.spot)
        drive_id, item_id = around.drive_id, around.id
    made = graph.drives.create_folder(drive_id, item_id, name)
    return _as_folder(location.below(made), made)


def _graph(connection: Connection, place: Place) -> Any:
    return graph_for(connection, place.scopes, patience=_PATIENCE)


def _as_folder(location: Location, item: DriveItem) -> Folder:
    """What was chosen, with the name and the way that Microsoft tells."""
    above, _slash, known = location.path.rpartition("/")
    name = "" if item.is_root else item.name
    path = f"{above}/{name or known}".strip("/") if location.path else ""
    if not location.top_id and not item.is_root:
        path = item.path.strip("/")
    return Folder(
        drive_id=item.drive_id,
        item_id=item.id,
        path=path,
        name=name or location.name,
        place=location.place,
        top_name=location.top_name,
        top_id=location.top_id,
        in_library=item.drive_type == "documentLibrary",
    )


def _in_folder(
    connection: Connection, location: Location, words: str, link: str
) -> Look:
    from wagtail_m365.graph import listings

    graph = _graph(connection, location.place)
    if words:
        found = listings.search(graph, location.spot, words, link=link)
        entries = [_found(location, item) for item in found.items]
    else:
        found = listings.children(graph, location.spot, link=link)
        entries = [_listed(location, item) for item in found.items]
    return Look(entries=_folders_first(entries), next_link=found.next_link)


def _listed(location: Location, item: DriveItem) -> Entry:
    leads_to = Location.of_linked(item)
    if leads_to is None and item.is_folder:
        leads_to = location.below(item)
    return _entry(item, leads_to, location.place)


def _found(location: Location, item: DriveItem) -> Entry:
    leads_to = Location.of_linked(item)
    if leads_to is None and item.is_folder:
        leads_to = location.found(item)
    entry = _entry(item, leads_to, location.place)
    return replace(entry, found_in=item.parent_path.strip("/"))


def _entry(item: DriveItem, location: Location | None, place: Place) -> Entry:
    return Entry(
        name=item.name,
        location=location,
        file=RemoteFile.of_item(item, place) if location is None else None,
        modified_at=item.modified_at,
        modified_by=item.modified_by,
    )


def _gathered(
    connection: Connection, location: Location, words: str, link: str
) -> Look:
    """What Microsoft gathers for a person from many drives."""
    from wagtail_m365.graph import listings

    graph = _graph(connection, location.place)
    recent = location.place is Place.RECENT
    gather = listings.recent if recent else listings.shared_with_me
    found = gather(graph, link=link)
    # Microsoft has no search over these.
    entries = _holding(words, [_listed(Location(), item) for item in found.items])
    return Look(entries=_folders_first(entries), next_link=found.next_link)


def _sites(connection: Connection, words: str) -> Look:
    found = _graph(connection, Place.SITES).sites.search(words)
    sites = list(islice(found, _SITES + 1))
    entries = [
        Entry(
            name=site.display_name,
            location=Location(
                place=Place.SITES, site_id=site.id, site_name=site.display_name
            ),
        )
        for site in sites[:_SITES]
    ]
    return Look(entries=tuple(entries), is_cut=len(sites) > _SITES)


def _libraries(connection: Connection, location: Location, words: str) -> Look:
    drives = _graph(connection, Place.SITES).sites.drives(location.site_id)
    entries = [
        Entry(
            name=drive.name,
            location=replace(
                location,
                drive_id=drive.id,
                top_name=f"{location.site_name} – {drive.name}",
            ),
        )
        for drive in drives
    ]
    return Look(entries=tuple(_holding(words, entries)))


def _holding(words: str, entries: Iterable[Entry]) -> list[Entry]:
    wanted = words.casefold().split()
    return [
        entry
        for entry in entries
        if all(word in entry.name.casefold() for word in wanted)
    ]


def _folders_first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.location is None))
