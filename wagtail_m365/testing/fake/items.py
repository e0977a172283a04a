"""Drive items: what the fake knows of a file or folder."""

from __future__ import annotations

import re
import uuid
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from .blobs import Blob

#: Special folders of a OneDrive, and how they are called there.
SPECIAL = {
    "documents": "Documents",
    "photos": "Pictures",
    "cameraroll": "Camera Roll",
    "music": "Music",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who did something: a person, an application, or a person through one."""

    id: str = ""
    name: str = ""
    email: str = ""
    application_id: str = ""
    application_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a file was at one time.

    Attributes:
        number: 1 for the first; Graph writes ``"1.0"``.
    """

    number: int
    blob: Blob
    modified_at: datetime
    modified_by: Author
    comment: str = ""


@dataclass(slots=True, kw_only=True)
class Grant:
    """A sharing link, or the right of one person.

    Attributes:
        roles: ``read``, ``write`` or ``owner``.
        link: ``view``, ``edit`` or ``embed``; empty for a direct right.
        scope: ``anonymous``, ``organization`` or ``users``; for links.
        people: Ids of the accounts that hold this right.
    """

    roles: tuple[str, ...]
    link: str = ""
    scope: str = ""
    people: dict[str, Author] = field(default_factory=dict)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    expires_at: datetime | None = None
    has_password: bool = False
    application_id: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """A file or folder of a drive.

    Attributes:
        guid: SharePoint's unique id, in the eTag.
        etag_number: Counts every change.
        ctag_number: Counts changes of the content only.
        changed_in: The drive's change number when this item last changed, for delta.
        open_by: Accounts that have it open in the web editor.
        held_by: Who keeps it locked in an Office application.
        app_folder_of: Client id of the app whose folder this is.
    """

    id: str
    guid: uuid.UUID
    name: str
    parent: Item | None
    created_at: datetime
    created_by: Author
    modified_at: datetime
    modified_by: Author
    children: dict[str, Item] | None = None
    versions: list[Version] = field(default_factory=list)
    client_created_at: datetime | None = None
    client_modified_at: datetime | None = None
    description: str = ""
    etag_number: int = 1
    ctag_number: int = 1
    changed_in: int = 0
    grants: list[Grant] = field(default_factory=list)
    open_by: dict[str, Author] = field(default_factory=dict)
    held_by: Author | None = None
    checked_out_by: Author | None = None
    visible_to: str = ""
    app_folder_of: str = ""
    deleted_at: datetime | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it can have children."""
        return self.children is not None

    @property
    def blob(self) -> Blob:
        """The content of a file as it is now."""
        return self.versions[-1].blob

    @property
    def size(self) -> int:
        """Bytes of the file, or of all files below the folder."""
        if self.children is None:
            return self.blob.size
        return sum(child.size for child in self.children.values())

    @property
    def path(self) -> str:
        """Path below the root, without a leading slash; empty for the root."""
        if self.parent is None:
            return ""
        return f"{self.parent.path}/{self.name}".lstrip("/")

    def lineage(self) -> Iterator[Item]:
        """This item, its folder, and so on up to the root."""
        item: Item | None = self
        while item is not None:
            yield item
            item = item.parent

    def descendants(self) -> Iterator[Item]:
        """Everything below a folder, folders before their content."""
        for child in (self.children or {}).values():
            yield child
            yield from child.descendants()

    def child(self, name: str) -> Item | None:
        """The child of this name, in any letter case."""
        return (self.children or {}).get(name.casefold())


_DRIVE_ID = re.compile(r"b![A-Za-z0-9_-]{64}|[0-9A-Fa-f]{15,16}")


def _six_letters() -> str:
    return b32encode(uuid.uuid4().bytes)[:6].decode("ascii")


@dataclass(frozen=True, slots=True)
class BusinessIds:
    """Ids as OneDrive for Business and SharePoint make them."""

    library: str = field(default_factory=_six_letters)

    def new(self) -> str:
        """Of the form ``01NKDM7HMOJTVYMDOSXFDK2QJDXCDI3WUK``."""
        return f"01{self.library}{b32encode(uuid.uuid4().bytes).decode().rstrip('=')}"

    @staticmethod
    def new_drive() -> str:
        """Of the form ``b!`` and 64 characters: site, web and list in Base64."""
        return "b!" + urlsafe_b64encode(
            b"".join(uuid.uuid4().bytes for _ in range(3))
        ).decode("ascii")


def is_drive_id(text: str) -> bool:
    """Whether it could be the id of a drive, of either kind."""
    return _DRIVE_ID.fullmatch(text) is not None


@dataclass(slots=True)
class PersonalIds:
    """Ids as OneDrive for people makes them: ``4906BB4A38B1C5A0!123``."""

    drive: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    last: int = 100

    def new(self) -> str:
        """Upper case, though the drive's own id is lower case: clients trip over it."""
        self.last += 1
        return f"{self.drive.upper()}!{self.last}"
