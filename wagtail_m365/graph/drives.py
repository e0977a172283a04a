"""Drives and drive items: read, find, create, move, copy, share, lock, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO, Literal

from wagtail_m365.errors import ItemNotFound, NameTaken
from wagtail_m365.redaction import Secret

from . import addresses
from .answers import identified
from .downloads import Downloaded, download
from .names import check_name, check_path
from .rest import Rest
from .types import DRIVE_FIELDS, ITEM_FIELDS, Drive, DriveItem, Version, text

#: What happens when the name is taken: stop, take another name, or replace.
Conflict = Literal["fail", "rename", "replace"]

CONFLICT = "@microsoft.graph.conflictBehavior"
_DRIVE = {"$select": DRIVE_FIELDS}
_ITEM = {"$select": ITEM_FIELDS}
_VERSIONS = {"$select": "id,size,lastModifiedDateTime,lastModifiedBy"}
# Microsoft's own largest page for most drives; more is cut to this silently.
_LISTING: dict[str, str | int] = {"$top": 200, "$select": ITEM_FIELDS}


class Drives:
    """What can be done with drives and what is on them.

    Methods raise what :meth:`GraphTransport.graph` raises; those that take a name
    also raise ``NameRefused``.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def mine(self) -> Drive:
        """The OneDrive of the person whose token is used."""
        return Drive.from_json(self._rest.get("/me/drive", params=_DRIVE))

    def get(self, drive_id: str) -> Drive:
        path = f"/drives/{addresses.segment(drive_id)}"
        return Drive.from_json(self._rest.get(path, params=_DRIVE))

    def root(self, drive_id: str | None = None) -> DriveItem:
        """The topmost folder of a drive; of the person's own when none is named."""
        if drive_id is None:
            return self._read("/me/drive/root")
        return self._read(f"/drives/{addresses.segment(drive_id)}/root", drive_id)

    def app_folder(self) -> DriveItem:
        """This app's own folder in the person's OneDrive, made when first asked for.

        All that the scope ``Files.ReadWrite.AppFolder`` reaches (Microsoft: Using an
        app folder).
        """
        return self._read("/me/drive/special/approot")

    def item(self, drive_id: str, item_id: str) -> DriveItem:
        return self._read(addresses.item(drive_id, item_id), drive_id)

    def by_path(self, drive_id: str, path: str, *, parent_id: str = "") -> DriveItem:
        """The item at a path of names, from the root or from another folder."""
        address = addresses.by_path(drive_id, path, parent_id=parent_id)
        return self._read(address, drive_id)

    def children(self, drive_id: str, item_id: str) -> Iterator[DriveItem]:
        """What is in a folder, page by page."""
        return self._list(f"{addresses.item(drive_id, item_id)}/children", drive_id)

    def search(
        self, drive_id: str, words: str, *, item_id: str = ""
    ) -> Iterator[DriveItem]:
        """Items whose name, content or properties hold these words; may be partial."""
        base = (
            addresses.item(drive_id, item_id)
            if item_id
            else f"/drives/{addresses.segment(drive_id)}/root"
        )
        return self._list(f"{base}/search(q='{addresses.literal(words)}')", drive_id)

    def recent(self) -> Iterator[DriveItem]:
        """Files the person used of late; they may be on other drives."""
        return self._list("/me/drive/recent()")

    def shared_with_me(self) -> Iterator[DriveItem]:
        """Items that others share with the person: see each one's ``remote_item``."""
        return self._list("/me/drive/sharedWithMe()")

    def create_folder(
        self,
        drive_id: str,
        parent_id: str,
        name: str,
        conflict: Conflict = "fail",
        *,
        repeatable: bool = False,
    ) -> DriveItem:
        """Make a folder.

        Args:
            drive_id: The drive.
            parent_id: The folder around it.
            name: What it is to be called.
            conflict: What happens when the name is taken.
            repeatable: A folder that is there already is as good, so it may be asked
                for again when the connection breaks.

        Raises:
            NameTaken: Something of that name is there, and ``conflict`` is ``"fail"``.
        """
        check_name(name)
        answer = self._rest.post(
            f"{addresses.item(drive_id, parent_id)}/children",
            {"name": name, "folder": {}, CONFLICT: conflict},
            repeatable=repeatable,
        )
        return _item(answer, drive_id)

    def ensure_folder(
        self, drive_id: str, path: str, *, parent_id: str = ""
    ) -> DriveItem:
        """The folder at a path of names; missing levels are made.

        Args:
            drive_id: The drive.
            path: Names with ``/`` between them.
            parent_id: Folder from which the path counts, else the drive's root.

        Raises:
            NameTaken: A file stands where a folder is wanted.
        """
        check_path(path)
        try:
            found = self.by_path(drive_id, path, parent_id=parent_id)
        except ItemNotFound:
            return self._make_levels(drive_id, path, parent_id)
        return _require_folder(found)

    def download(
        self,
        item: DriveItem,
        target: BinaryIO,
        *,
        progress: Callable[[int], None] | None = None,
        sha256: bool = True,
    ) -> Downloaded:
        """Write the content of a file to ``target``; see :func:`downloads.download`."""
        return download(self._rest, item, target, progress=progress, sha256=sha256)

    def update(
        self,
        drive_id: str,
        item_id: str,
        *,
        name: str = "",
        parent_id: str = "",
        if_match: str = "",
    ) -> DriveItem:
        """Rename an item, move it to another folder of its drive, or both.

        Raises:
            NameTaken: Something of that name is there.
            PreconditionFailed: The item is not as ``if_match`` (an eTag) says.
        """
        changes: dict[str, Any] = {}
        if name:
            check_name(name)
            changes["name"] = name
        if parent_id:
            changes["parentReference"] = {"id": parent_id}
        answer = self._rest.patch(
            addresses.item(drive_id, item_id), changes, headers=matching(if_match)
        )
        return _item(answer, drive_id)

    def delete(self, drive_id: str, item_id: str, *, if_match: str = "") -> None:
        """Move an item to the recycle bin.

        Raises:
            ItemLocked: Office has it open.
            PreconditionFailed: The item is not as ``if_match`` (an eTag) says.
        """
        self._rest.delete(addresses.item(drive_id, item_id), headers=matching(if_match))

    def permanently_delete(self, drive_id: str, item_id: str) -> None:
        """Delete an item past the recycle bin; business drives and SharePoint only."""
        self._act(drive_id, item_id, "permanentDelete")

    def copy(
        self,
        drive_id: str,
        item_id: str,
        *,
        to_drive_id: str,
        to_parent_id: str,
        name: str = "",
        conflict: Conflict = "fail",
    ) -> Secret:
        """Begin a copy, which Microsoft makes in its own time.

        Returns:
            Pre-authenticated address that tells the progress; ``""`` if none is told.
        """
        body: dict[str, Any] = {
            "parentReference": {"driveId": to_drive_id, "id": to_parent_id}
        }
        if name:
            check_name(name)
            body["name"] = name
        # "fail" is what Microsoft does unasked; the parameter is for the others.
        params = {} if conflict == "fail" else {CONFLICT: conflict}
        path = f"{addresses.item(drive_id, item_id)}/copy"
        return Secret(self._rest.begin(path, body, params=params))

    def preview(self, drive_id: str, item_id: str) -> Secret:
        """Short-lived address of a viewer for an ``<iframe>``."""
        answer = self._act(drive_id, item_id, "preview", {}, repeatable=True)
        return Secret(text(answer, "getUrl"))

    def checkout(self, drive_id: str, item_id: str) -> None:
        """Keep others from changing the file; SharePoint and business drives only."""
        self._act(drive_id, item_id, "checkout")

    def checkin(self, drive_id: str, item_id: str, *, comment: str = "") -> None:
        """Show a checked-out file to others again, as its author saved it."""
        self._act(drive_id, item_id, "checkin", {"comment": comment})

    def discard_checkout(self, drive_id: str, item_id: str) -> None:
        """End a check-out and drop what was changed under it."""
        self._act(drive_id, item_id, "discardCheckout")

    def versions(self, drive_id: str, item_id: str) -> Iterator[Version]:
        """The versions Microsoft keeps of a file, newest first."""
        path = f"{addresses.item(drive_id, item_id)}/versions"
        return map(Version.from_json, self._rest.values(path, _VERSIONS))

    def _read(self, path: str, drive_id: str = "") -> DriveItem:
        return _item(self._rest.get(path, params=_ITEM), drive_id)

    def _list(self, path: str, drive_id: str = "") -> Iterator[DriveItem]:
        for page in self._rest.pages(path, _LISTING):
            for each in identified(page):
                yield _item(each, drive_id)

    def _act(
        self,
        drive_id: str,
        item_id: str,
        action: str,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool = False,
    ) -> dict[str, Any]:
        path = f"{addresses.item(drive_id, item_id)}/{action}"
        return self._rest.post(path, body, repeatable=repeatable)

    def _make_levels(self, drive_id: str, path: str, parent_id: str) -> DriveItem:
        above, _, name = path.strip("/").rpartition("/")
        if above:
            parent = self.ensure_folder(drive_id, above, parent_id=parent_id)
        else:
            parent = (
                self.item(drive_id, parent_id) if parent_id else self.root(drive_id)
            )
        try:
            return self.create_folder(drive_id, parent.id, name, repeatable=True)
        except NameTaken:  # somebody else was quicker, or an attempt of ours
            return _require_folder(self.by_path(drive_id, name, parent_id=parent.id))


def matching(etag: str) -> dict[str, str]:
    """The header that lets a change happen only to this eTag; none without one.

    The eTag goes back as it came: with its quotes from business drives, without any
    from personal ones, which then also want it so (onedrive-api-docs#518).
    """
    return {"If-Match": etag} if etag else {}


def _item(json: Mapping[str, Any], drive_id: str) -> DriveItem:
    item = DriveItem.from_json(json)
    return item if item.drive_id else replace(item, drive_id=drive_id)


def _require_folder(item: DriveItem) -> DriveItem:
    if not item.is_folder:
        raise NameTaken("A file stands where a folder is wanted.", name=item.name)
    return item
