"""A drive: the rules by which its items are made and changed."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from .blobs import Blob
from .catalogue import Catalogue
from .graph_errors import invalid_request, name_taken
from .items import Author, Grant, Item, Version

BEHAVIOURS = ("fail", "replace", "rename")


@dataclass(kw_only=True, eq=False)
class Drive(Catalogue):
    """A OneDrive, or a document library: how its items are made and changed."""

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
        self.check_quota(blob.size - item.size)
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
        self._detach(item)
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
        self._detach(item)
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

    def _new_file(self, parent: Item, name: str, blob: Blob, by: Author) -> Item:
        self.check_quota(blob.size)
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

    def _detach(self, item: Item) -> None:
        """Out of its folder, which changes by that."""
        if item.parent is not None and item.parent.children is not None:
            del item.parent.children[item.name.casefold()]
            self._count(item.parent)

    def _attach(self, item: Item, parent: Item) -> None:
        if parent.children is None:
            raise invalid_request("The parent is not a folder")
        item.parent = parent
        parent.children[item.name.casefold()] = item

    def _arriving(self, blob: Blob, name: str, replaced: int) -> Blob:
        self.check_quota(blob.size - replaced)
        return blob if self.is_personal else self.enrich(blob, name)

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
