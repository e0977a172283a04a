"""A folder in Microsoft 365: where one is while browsing, and the one that was chosen.

Both travel through the browser as signed texts: what comes back is what was sent, and
Microsoft still decides for each request whether this person's account may see it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from django.core import signing
from django.utils.translation import gettext_lazy as _

from wagtail_m365.errors import InvalidRequest
from wagtail_m365.graph.listings import Spot
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.tokens import bundles

_LOCATION = "wagtail_m365.folders.location"
_FOLDER = "wagtail_m365.folders.folder"


class Place(StrEnum):
    """Where folders are looked for."""

    MINE = "mine"
    SHARED = "shared"
    SITES = "sites"
    #: Files that the person used of late, wherever they are.
    RECENT = "recent"

    @property
    def scopes(self) -> tuple[str, ...]:
        """The rights that browsing it and writing to it need."""
        return _SCOPES[self]

    @property
    def label(self) -> str:
        """What people call it, in the active language."""
        return str(_LABELS[self])


_SCOPES = {
    Place.MINE: bundles.SAVE,
    Place.SHARED: bundles.SHARED,
    Place.SITES: bundles.SITES,
    Place.RECENT: bundles.SAVE,
}
_LABELS = {
    Place.MINE: _("My OneDrive"),
    Place.SHARED: _("Shared with me"),
    Place.SITES: _("SharePoint and Teams"),
    Place.RECENT: _("Recent files"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A step of the way: a place, a site, or a folder below the top of a drive.

    Names of the way are kept, so that one step is one request.
    """

    place: Place = Place.MINE
    site_id: str = ""
    site_name: str = ""
    drive_id: str = ""
    #: The folder where this place begins; ``""``: the drive's root.
    top_id: str = ""
    #: What the beginning is called; ``""``: as the place.
    top_name: str = ""
    #: Names from the top to this folder, with ``/`` between them.
    path: str = ""
    #: ``""``: known by its path only.
    item_id: str = ""

    @property
    def is_folder(self) -> bool:
        """Is it a folder, and not a list of places to begin at?"""
        return self.place is Place.MINE or bool(self.drive_id)

    @property
    def name(self) -> str:
        """The folder's name, or that of its beginning."""
        own = self.path.rpartition("/")[2] or self.top_name or self.site_name
        return own or self.place.label

    @property
    def spot(self) -> Spot:
        """The same for Graph."""
        return Spot(
            drive_id=self.drive_id,
            item_id=self.item_id,
            top_id=self.top_id,
            path=self.path,
        )

    def above(self) -> list[Location]:
        """The folders from the top down to the one above this."""
        names = self.path.split("/") if self.path else []
        return [
            replace(self, path="/".join(names[:count]), item_id="")
            for count in range(len(names))
        ]

    def below(self, item: DriveItem) -> Location:
        """A folder that was listed in this one."""
        path = f"{self.path}/{item.name}" if self.path else item.name
        return replace(self, drive_id=item.drive_id, item_id=item.id, path=path)

    def found(self, item: DriveItem) -> Location:
        """A folder that was found somewhere below this one's top."""
        if self.top_id:
            # Its way from a shared folder is not told: it is a beginning of its own.
            return replace(
                self, path="", item_id="", top_id=item.id, top_name=item.name
            )
        return replace(
            self, drive_id=item.drive_id, item_id=item.id, path=item.path.strip("/")
        )

    @classmethod
    def of_linked(cls, item: DriveItem) -> Self | None:
        """A folder on another drive that a listing only links to."""
        remote = item.remote_item
        if remote is None or not remote.is_folder or not remote.drive_id:
            return None
        return cls(
            place=Place.SHARED,
            drive_id=remote.drive_id,
            top_id=remote.id,
            top_name=item.name,
        )

    @classmethod
    def of_opened(cls, item: DriveItem, name: str) -> Self:
        """A folder that was opened by its link: a beginning of its own."""
        return cls(
            place=Place.SHARED,
            drive_id=item.drive_id,
            item_id=item.id,
            top_id=item.id,
            top_name=name,
        )

    def sign(self) -> str:
        """A text for an address of ours."""
        return sign_values(astuple(self), _LOCATION)

    @classmethod
    def unsign(cls, text: str) -> Self:
        """The location of a text.

        Raises:
            InvalidRequest: It is none of ours.
        """
        return cls(**unsign_values(cls, text, _LOCATION))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that a person has chosen."""

    drive_id: str
    item_id: str
    #: Names from the beginning to this folder, itself included; ``""``: the top.
    path: str = ""
    name: str = ""
    place: Place = Place.MINE
    #: What the beginning is called: a library, a shared folder; ``""``: as the place.
    top_name: str = ""
    #: The folder where the place begins; ``""``: the drive's root.
    top_id: str = ""
    #: Microsoft said that it is one of a SharePoint or Teams library.
    in_library: bool = False

    def __str__(self) -> str:
        names = [self.top_name or self.place.label, *self.path.split("/")]
        return " › ".join(filter(None, names))

    @property
    def location(self) -> Location:
        """Where to browse in order to see it."""
        return Location(
            place=self.place,
            drive_id=self.drive_id,
            item_id=self.item_id,
            path=self.path,
            top_id=self.top_id,
            top_name=self.top_name,
        )

    def sign(self) -> str:
        """The value of a form field."""
        return sign_values(astuple(self), _FOLDER)

    @classmethod
    def unsign(cls, text: str) -> Self:
        """The folder of a form field's value.

        Raises:
            InvalidRequest: It is none of ours.
        """
        return cls(**unsign_values(cls, text, _FOLDER))


def sign_values(values: tuple[Any, ...], purpose: str) -> str:
    """Values as a text that comes back as it was sent, or not at all."""
    signer = signing.Signer(salt=purpose, sep=".")
    return signer.sign_object(list(values), compress=True)


def unsign_values(kind: type[Any], text: str, purpose: str) -> dict[str, Any]:
    """The members of a value out of its signed text.

    Raises:
        InvalidRequest: It is none of ours.
    """
    signer = signing.Signer(salt=purpose, sep=".")
    names = kind.__slots__
    try:
        values = dict(zip(names, signer.unsign_object(text), strict=True))
        return values | {"place": Place(values["place"])}
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise InvalidRequest(
            "This is no folder of this site's browser.", code="unknown_folder"
        ) from error
