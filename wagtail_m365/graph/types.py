"""What Graph tells about drives and drive items, as frozen values.

Whatever Microsoft may leave out has a default: some answers tell no more than the id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from urllib.parse import unquote

from wagtail_m365.redaction import Secret

from .answers import Json, required

#: Members of a drive item that this package reads (``$select``).
ITEM_FIELDS = (
    "id,name,size,eTag,cTag,webUrl,webDavUrl,createdDateTime,lastModifiedDateTime,"
    "lastModifiedBy,parentReference,file,folder,package,root,deleted,remoteItem,"
    "publication"
)
#: Members of a drive that this package reads (``$select``).
DRIVE_FIELDS = "id,name,driveType,webUrl,owner,quota"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashes:
    """Hashes of a file's content; ``""`` where the service does not tell one."""

    #: Base64, as Microsoft writes it.
    quick_xor: str = ""
    #: These two are hexadecimal, lower case.
    sha1: str = ""
    sha256: str = ""

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            quick_xor=text(json, "quickXorHash"),
            sha1=text(json, "sha1Hash").lower(),
            sha256=text(json, "sha256Hash").lower(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteItem:
    """Where an item really is that another drive only links to."""

    id: str
    drive_id: str
    is_folder: bool = False

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            id=text(json, "id"),
            drive_id=text(member(json, "parentReference"), "driveId"),
            is_folder="folder" in json,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveItem:
    """A file or folder in OneDrive or SharePoint (Graph: ``driveItem``)."""

    id: str
    name: str = ""
    drive_id: str = ""
    #: ``"personal"``, ``"business"`` or ``"documentLibrary"``; ``""`` when not told.
    drive_type: str = ""
    parent_id: str = ""
    #: Decoded, below the drive's root: ``"/Reports/2026"``.
    parent_path: str = ""
    #: Bytes; of a folder all that it holds; 0 also when not told.
    size: int = 0
    #: Bytes; ``None`` when not told.
    told_size: int | None = None
    #: Changes with content or metadata; ``""`` when not told.
    etag: str = ""
    #: Changes with the content only; ``""`` when not told.
    ctag: str = ""
    #: Opens the file in Office for the web, or shows the folder.
    web_url: str = ""
    web_dav_url: str = ""
    is_folder: bool = False
    #: A OneNote notebook and its like: neither file nor folder.
    is_package: bool = False
    is_root: bool = False
    mime_type: str = ""
    hashes: Hashes = field(default_factory=Hashes)
    created_at: datetime | None = None
    modified_at: datetime | None = None
    #: Name or address of whoever changed it last; ``""`` when not told.
    modified_by: str = ""
    #: Pre-authenticated, valid for about an hour.
    download_url: Secret | None = None
    deleted: bool = False
    #: Items directly in it, if told.
    child_count: int | None = None
    remote_item: RemoteItem | None = None
    #: ``"published"``, ``"checkout"`` …; ``""`` when not told.
    publication: str = ""
    #: Name, and the account's object id.
    checked_out_by: str = ""
    checked_out_by_id: str = ""
    #: Only on the answer of an upload: the service keeps other bytes than were sent.
    rewritten: bool = False

    @classmethod
    def from_json(cls, json: Json) -> Self:
        parent, file = member(json, "parentReference"), member(json, "file")
        remote, download = member(json, "remoteItem"), text(json, _DOWNLOAD_URL)
        published = member(json, "publication")
        checked_out = member(published, "checkedOutBy")
        return cls(
            id=required(json, "id"),
            name=text(json, "name"),
            drive_id=text(parent, "driveId"),
            drive_type=text(parent, "driveType"),
            parent_id=text(parent, "id"),
            parent_path=_below_root(text(parent, "path")),
            size=number(json, "size") or 0,
            told_size=number(json, "size"),
            etag=text(json, "eTag") or text(json, "@odata.etag"),
            ctag=text(json, "cTag"),
            web_url=text(json, "webUrl"),
            web_dav_url=text(json, "webDavUrl"),
            is_folder=_has(json, "folder") or _has(json, "root"),
            is_package=_has(json, "package"),
            is_root=_has(json, "root"),
            mime_type=text(file, "mimeType"),
            hashes=Hashes.from_json(member(file, "hashes")),
            created_at=moment(text(json, "createdDateTime")),
            modified_at=moment(text(json, "lastModifiedDateTime")),
            modified_by=person(member(json, "lastModifiedBy")),
            download_url=Secret(download) if download else None,
            deleted=_has(json, "deleted"),
            child_count=number(member(json, "folder"), "childCount"),
            remote_item=RemoteItem.from_json(remote) if remote else None,
            publication=text(published, "level"),
            checked_out_by=person(checked_out),
            checked_out_by_id=text(member(checked_out, "user"), "id"),
        )

    @property
    def path(self) -> str:
        """Path below the drive's root, with names as people read them."""
        return f"{self.parent_path}/{self.name}" if not self.is_root else "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Room on a drive, in bytes; ``None`` where the service does not tell."""

    total: int | None = None
    used: int | None = None
    remaining: int | None = None
    #: ``"normal"``, ``"nearing"``, ``"critical"``, ``"exceeded"`` or ``""``.
    state: str = ""

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            total=number(json, "total"),
            used=number(json, "used"),
            remaining=number(json, "remaining"),
            state=text(json, "state"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """A OneDrive, or a document library of SharePoint (Graph: ``drive``)."""

    id: str
    name: str = ""
    #: ``"personal"``, ``"business"`` or ``"documentLibrary"``.
    drive_type: str = ""
    web_url: str = ""
    #: Name or address of the owner; ``""`` when not told.
    owner: str = ""
    quota: Quota = field(default_factory=Quota)

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            id=required(json, "id"),
            name=text(json, "name"),
            drive_type=text(json, "driveType"),
            web_url=text(json, "webUrl"),
            owner=person(member(json, "owner")),
            quota=Quota.from_json(member(json, "quota")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An earlier content of a drive item (Graph: ``driveItemVersion``)."""

    id: str
    size: int = 0
    modified_at: datetime | None = None
    modified_by: str = ""

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            id=text(json, "id"),
            size=number(json, "size") or 0,
            modified_at=moment(text(json, "lastModifiedDateTime")),
            modified_by=person(member(json, "lastModifiedBy")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSession:
    """Where the bytes of one file are sent, and which are still wanted."""

    url: Secret
    expires_at: datetime | None = None
    #: First byte of each range that is still missing, in ascending order.
    next_ranges: tuple[int, ...] = ()

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            url=Secret(required(json, "uploadUrl")),
            expires_at=moment(text(json, "expirationDateTime")),
            next_ranges=range_starts(json.get("nextExpectedRanges")),
        )


def range_starts(ranges: Any) -> tuple[int, ...]:
    """First bytes of ``nextExpectedRanges``, which come as ``"N-"`` or ``"N-M"``."""
    starts = [str(each).partition("-")[0].strip() for each in ranges or ()]
    return tuple(sorted(int(start) for start in starts if start.isdecimal()))


def member(json: Json, name: str) -> Json:
    """An object in an object; empty where it is absent, null or something else."""
    value = json.get(name)
    return value if isinstance(value, Mapping) else {}


def text(json: Json, name: str) -> str:
    """A text in an object; ``""`` where it is absent, null or something else."""
    value = json.get(name)
    return value if isinstance(value, str) else ""


def number(json: Json, name: str) -> int | None:
    """A whole number in an object; ``None`` where it is absent or something else."""
    value = json.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: str) -> datetime | None:
    """A point in time as Graph writes it (ISO 8601, UTC); ``None`` when unreadable."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def person(identities: Json) -> str:
    """Name, else address, of the person or application in an ``identitySet``."""
    for kind in ("user", "group", "application", "device"):
        identity = member(identities, kind)
        name = text(identity, "displayName") or text(identity, "email")
        if name:
            return name
    return ""


def _has(json: Json, name: str) -> bool:
    # An empty facet ("root": {}) says as much as a full one.
    return json.get(name) is not None


def _below_root(path: str) -> str:
    """``/drives/{id}/root:/A%20b`` → ``/A b``; ``""`` for the root itself."""
    return unquote(path.partition("root:")[2]).rstrip("/")


_DOWNLOAD_URL = "@microsoft.graph.downloadUrl"
