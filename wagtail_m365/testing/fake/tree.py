"""A drive: its tree of items and the rules by which it changes.

Everything here is plain Python; HTTP is in the modules that are named after Graph's
resources. Callers hold the world's lock.
"""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .blobs import Blob
from .graph_errors import (
    invalid_request,
    item_not_found,
    locked,
    name_taken,
    quota_reached,
)
from .item_names import LONGEST_PATH, check_name, path_too_long
from .items import Author, BusinessIds, Grant, Item, PersonalIds, Version

TERABYTE = 2**40
BEHAVIOURS = ("fail", "replace", "rename")


@dataclass(kw_only=True, eq=False)
class Drive:
    """A OneDrive, or a document library of a SharePoint site.

    Attributes:
        kind: ``business``, ``personal`` or ``documentLibrary``, Graph's ``driveType``.
        owner: Whose OneDrive it is; for a library, the one who made it.
        enrich: Rewrites Office files on arrival, as SharePoint does.
        used: Bytes of all files, without old versions.
        listeners: Called after each change with the item and the kind of change
            (``created``, ``updated``, ``deleted``).
    """

    kind: str
    owner: Author
    now: Callable[[], datetime]
    enrich: Callable[[Blob, str], Blob]
    name: str = "OneDrive"
    site_id: str = ""
    quota_total: int = TERABYTE
    requires_check_out: bool = False
    listeners: list[Callable[[Drive, Item, str], None]] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    recycle_bin: dict[str, Item] = field(default_factory=dict)
    tombstones: dict[str, Item] = field(default_factory=dict)
    used: int = 0
    change_number: int = 0
    oldest_delta: int = 0

    def __post_init__(self) -> None:
        self.ids = PersonalIds() if self.is_personal else BusinessIds()
        self.id = (
            self.ids.drive
            if isinstance(self.ids, PersonalIds)
            else BusinessIds.new_drive()
        )
        self.created_at = self.now()
        self.root = self._new("root", None, self.owner)
        self.root.children = {}

    @property
    def is_personal(self) -> bool:
        """Whether this is a private person's OneDrive."""
        return self.kind == "personal"

    def get(self, item_id: str) -> Item:
        """The item of this id; personal ids are compared without letter case.

        Raises:
            GraphError: 404.
        """
        if item_id == "root":
            return self.root
        item = self.items.get(self._key(item_id))
        if item is None:
            raise item_not_found()
        return item

    def find(self, anchor: Item, segments: Sequence[str]) -> Item | None:
        """The item at a path below the anchor, if it is there."""
        item: Item | None = anchor
        for name in segments:
            item = item.child(name) if item else None
        return item

    # Making

    def create_folder(
        self, parent: Item, name: str, by: Author, conflict: str = "fail"
    ) -> Item:
        """A new folder; with ``replace`` the one that is there."""
        self.check_new(parent, name)
        taken = parent.child(name)
        if taken is not None:
            if conflict == "replace" and taken.is_folder:
                return taken
            if conflict != "rename":
                raise name_taken()
            name = free_name(parent, name)
        folder = self._new(name, parent, by)
        folder.children = {}
        self._attach(folder, parent)
        self.changed(folder, "created", by)
        return folder

    def put_file(
        self, parent: Item, name: str, blob: Blob, by: Author, conflict: str = "replace"
    ) -> tuple[Item, bool]:
        """Content under a name: a new file, or a new version of the one there.

        Returns:
            The file, and whether it is new.
        """
        self.check_new(parent, name)
        taken = parent.child(name)
        if taken is not None and conflict == "replace":
            return self.replace(taken, blob, by), False
        if taken is not None and conflict == "fail":
            raise name_taken()
        if taken is not None:
            name = free_name(parent, name)
        return self._new_file(parent, name, self._arriving(blob, name, 0), by), True

    def replace(
        self, item: Item, blob: Blob, by: Author, *, in_office: bool = False
    ) -> Item:
        """New content for a file.

        ``in_office``: saved by Word and the like, which co-author a locked file and whose
        files need no enrichment.
        """
        if item.is_folder:
            raise name_taken("A folder of this name exists.")
        if not in_office:
            self.check_unlocked(item, by)
            blob = self._arriving(blob, item.name, item.size)
        self._check_quota(blob.size - item.size)
        item.ctag_number += 1
        item.client_modified_at = None
        self.add_version(item, blob, by)
        return item

    def add_version(self, item: Item, blob: Blob, by: Author) -> None:
        """Remember content as the newest version, and that the file changed."""
        item.modified_at, item.modified_by = self.now(), by
        number = item.versions[-1].number + 1
        self.used += blob.size - item.size
        item.versions.append(
            Version(
                number=number, blob=blob, modified_at=item.modified_at, modified_by=by
            )
        )
        item.etag_number += 1
        self.changed(item, "updated", by)

    # Changing

    def relocate(
        self,
        item: Item,
        parent: Item,
        name: str,
        by: Author,
        *,
        conflict: str = "fail",
        in_office: bool = False,
    ) -> None:
        """Rename, move, or both."""
        if item is self.root:
            raise invalid_request("The root cannot be renamed or moved")
        if not in_office:
            self.check_unlocked(item, by)
        self.check_new(parent, name)
        if item in parent.lineage():
            raise invalid_request("A folder cannot be moved into itself", "cannotMove")
        name = self._name_for(item, parent, name, conflict)
        old = item.parent
        if old is not None and old.children is not None:
            del old.children[item.name.casefold()]
        item.name = name
        self._attach(item, parent)
        item.etag_number += 1
        item.modified_at, item.modified_by = self.now(), by
        self.changed(item, "updated", by)

    def delete(self, item: Item, by: Author, *, for_good: bool = False) -> None:
        """Into the recycle bin, or gone for good."""
        if item is self.root:
            raise invalid_request("The root cannot be deleted")
        for one in (item, *item.descendants()):
            self.check_unlocked(one, by)
        parent = item.parent
        if parent is not None and parent.children is not None:
            del parent.children[item.name.casefold()]
        self.used -= item.size
        for one in (item, *item.descendants()):
            self._bury(one)
        if not for_good:
            self.recycle_bin[item.id] = item
        self.changed(item, "deleted", by)

    def restore(self, item: Item, by: Author) -> None:
        """Back out of the recycle bin, into its folder, or the root if that is gone."""
        parent = item.parent
        if parent is None or self._key(parent.id) not in self.items:
            parent = self.root
        del self.recycle_bin[item.id]
        item.name = free_name(parent, item.name)
        for one in (item, *item.descendants()):
            one.deleted_at = None
            self.tombstones.pop(one.id, None)
            self.items[self._key(one.id)] = one
            self._count(one)
        self.used += item.size
        self._attach(item, parent)
        self.changed(item, "created", by)

    def copy(self, item: Item, parent: Item, name: str, by: Author) -> Item:
        """A second item with the same content, maybe in a drive of another owner."""
        if item.children is None:
            blob = self._arriving(item.blob, name, 0)
            return self._new_file(parent, name, blob, by)
        folder = self.create_folder(parent, name, by)
        for child in tuple(item.children.values()):
            self.copy(child, folder, child.name, by)
        return folder

    # Rules

    def check_unlocked(self, item: Item, by: Author) -> None:
        """Refuse to change what an application or another's check-out holds.

        Raises:
            GraphError: 423.
        """
        checked_out = item.checked_out_by
        if item.held_by or (checked_out and checked_out.id != by.id):
            raise locked()

    def changed(self, item: Item, change: str, by: Author) -> None:
        """Count the change for delta, and tell who listens."""
        for one in item.lineage():
            self._count(one)
            if one is not item:
                one.ctag_number += 1
                one.modified_at, one.modified_by = self.now(), by
        for listener in self.listeners:
            listener(self, item, change)

    def _count(self, item: Item) -> None:
        self.change_number += 1
        item.changed_in = self.change_number

    def _key(self, item_id: str) -> str:
        return item_id.casefold() if self.is_personal else item_id

    def _new(self, name: str, parent: Item | None, by: Author) -> Item:
        now = self.now()
        item = Item(
            id=self.ids.new(),
            guid=uuid.uuid4(),
            name=name,
            parent=parent,
            created_at=now,
            created_by=by,
            modified_at=now,
            modified_by=by,
        )
        self.items[self._key(item.id)] = item
        return item

    def _new_file(self, parent: Item, name: str, blob: Blob, by: Author) -> Item:
        self._check_quota(blob.size)
        file = self._new(name, parent, by)
        file.versions.append(
            Version(number=1, blob=blob, modified_at=file.modified_at, modified_by=by)
        )
        self.used += blob.size
        if self.requires_check_out:
            file.checked_out_by, file.visible_to = by, by.id
        self._attach(file, parent)
        self.changed(file, "created", by)
        return file

    def _attach(self, item: Item, parent: Item) -> None:
        if parent.children is None:
            raise invalid_request("The parent is not a folder")
        item.parent = parent
        parent.children[item.name.casefold()] = item

    def _bury(self, item: Item) -> None:
        del self.items[self._key(item.id)]
        item.deleted_at = self.now()
        item.held_by = None
        self._count(item)
        self.tombstones[item.id] = item

    def _arriving(self, blob: Blob, name: str, replaced: int) -> Blob:
        self._check_quota(blob.size - replaced)
        return blob if self.is_personal else self.enrich(blob, name)

    def check_new(self, parent: Item, name: str) -> None:
        """Refuse a name, or a path, that OneDrive does not take.

        Raises:
            GraphError: 400.
        """
        in_root = parent is self.root and self.kind == "documentLibrary"
        check_name(name, in_root_of_library=in_root)
        if len(f"{parent.path}/{name}") > LONGEST_PATH:
            raise path_too_long()

    def _check_quota(self, growth: int) -> None:
        if growth > 0 and self.used + growth > self.quota_total:
            raise quota_reached()

    def _name_for(self, item: Item, parent: Item, name: str, conflict: str) -> str:
        taken = parent.child(name)
        if taken is None or taken is item:
            return name
        if conflict == "rename":
            return free_name(parent, name)
        if conflict == "replace" and not taken.is_folder and not item.is_folder:
            self.delete(taken, item.modified_by)
            return name
        raise name_taken()

    def grant(self, item: Item, grant: Grant, by: Author) -> None:
        """Share an item; sharing with people moves the eTag, links do not."""
        item.grants.append(grant)
        if not grant.link:
            item.etag_number += 1
            self.changed(item, "updated", by)


def free_name(folder: Item, name: str) -> str:
    """This name, or the first of ``name 1``, ``name 2`` … that is not taken."""
    stem, extension = posixpath.splitext(name)
    number, candidate = 0, name
    while folder.child(candidate) is not None:
        number += 1
        candidate = f"{stem} {number}{extension}"
    return candidate
