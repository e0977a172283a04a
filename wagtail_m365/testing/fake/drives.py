"""Looking at and changing a drive from a test: what ``microsoft.drive(account)`` gives."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock

from .blobs import BlobStore
from .calls import state_of
from .graph_errors import item_not_found
from .items import Author, Grant, Item
from .links import link_address
from .state import Account, World
from .tree import Drive


def author_of(account: Account) -> Author:
    """The account as it is noted at files."""
    return Author(id=account.object_id, name=account.name, email=account.username)


class DriveSeam:
    """A drive as seen by a test or a demo: no tokens, no HTTP.

    Paths are written with ``/`` and begin below the root. What is done here is done by the
    owner, or by the account given as ``by``.
    """

    def __init__(self, drive: Drive, blobs: BlobStore, lock: RLock) -> None:
        self.drive = drive
        self._blobs = blobs
        self._lock = lock

    def items(self) -> list[Item]:
        """All files and folders below the root, folders before their content."""
        with self._lock:
            return list(self.drive.root.descendants())

    def paths(self) -> list[str]:
        """The paths of all files."""
        return [item.path for item in self.items() if not item.is_folder]

    def item(self, path: str) -> Item:
        """The item at a path.

        Raises:
            LookupError: Nothing is there.
        """
        with self._lock:
            names = [name for name in path.split("/") if name]
            found = self.drive.find(self.drive.root, names)
            if found is None:
                raise LookupError(f"Nothing is at {path!r} in this drive")
            return found

    def file(self, path: str) -> bytes:
        """The content of a file."""
        return self.item(path).blob.read()

    def put(self, path: str, data: bytes, by: Account | None = None) -> Item:
        """A file as if uploaded (business drives enrich Office files); folders are made."""
        with self._lock:
            *folders, name = [part for part in path.split("/") if part]
            parent, author = self.drive.root, self._author(by)
            for folder in folders:
                there = parent.child(folder)
                parent = there or self.drive.create_folder(parent, folder, author)
            blob = self._blobs.store(data)
            return self.drive.put_file(parent, name, blob, author)[0]

    def folder(self, path: str) -> Item:
        """A folder, made with all that lead to it."""
        with self._lock:
            parent = self.drive.root
            for name in [part for part in path.split("/") if part]:
                there = parent.child(name)
                parent = there or self.drive.create_folder(
                    parent, name, self.drive.owner
                )
            return parent

    def edit(self, path: str, data: bytes, by: Account | None = None) -> Item:
        """A colleague saves in Word: new eTag, cTag and version, even while it is locked."""
        with self._lock:
            blob = self._blobs.store(data)
            return self.drive.replace(
                self.item(path), blob, self._author(by), in_office=True
            )

    def delete(self, path: str, by: Account | None = None) -> None:
        """Into the recycle bin."""
        with self._lock:
            self.drive.delete(self.item(path), self._author(by))

    def lock(self, path: str, by: Account | None = None) -> None:
        """Somebody has the file open in an Office application: others get 423."""
        self.item(path).held_by = self._author(by)

    def unlock(self, path: str) -> None:
        """The application lets go."""
        self.item(path).held_by = None

    def rename(self, path: str, name: str, by: Account | None = None) -> Item:
        """Another name in the same folder."""
        item = self.item(path)
        if item.parent is None:
            raise item_not_found()
        return self._relocate(item, item.parent, name, by)

    def move(self, path: str, folder: str, by: Account | None = None) -> Item:
        """Into another folder, which is made if it is not there."""
        item = self.item(path)
        return self._relocate(item, self.folder(folder), item.name, by)

    def restore(self, name: str, by: Account | None = None) -> Item:
        """Out of the recycle bin, the last deleted of this name."""
        with self._lock:
            deleted = [x for x in self.drive.recycle_bin.values() if x.name == name]
            if not deleted:
                raise LookupError(f"{name!r} is not in the recycle bin")
            self.drive.restore(deleted[-1], self._author(by))
            return deleted[-1]

    def share(
        self,
        path: str,
        *,
        kind: str = "edit",
        scope: str = "organization",
        token: str = "",
    ) -> str:
        """The owner shares an item by a link.

        Args:
            path: Of the item.
            kind: ``edit`` or ``view``.
            scope: ``organization``, ``anonymous`` or ``users``, who are invited besides.
            token: What the link is told by; empty: a new one.

        Returns:
            The link's address, from the fake's root on.
        """
        role = "write" if kind == "edit" else "read"
        grant = Grant(roles=(role,), link=kind, scope=scope)
        grant.token = token or grant.token
        with self._lock:
            self.drive.grant(self.item(path), grant, self.drive.owner)
        return link_address("", grant)

    def set_quota(self, total: int) -> None:
        """Size of the drive in bytes."""
        self.drive.quota_total = total

    def forget_changes(self) -> None:
        """Delta tokens that are out become too old: their holders must resync."""
        # Tokens given from now on are beyond it, whether or not anything changes.
        self.drive.change_number += 1
        self.drive.oldest_delta = self.drive.change_number

    def watch(self, listener: Callable[[Drive, Item, str], None]) -> None:
        """Be called with drive, item and kind of each change."""
        self.drive.listeners.append(listener)

    def _relocate(
        self, item: Item, folder: Item, name: str, by: Account | None
    ) -> Item:
        with self._lock:
            author = self._author(by)
            self.drive.relocate(item, folder, name, author, in_office=True)
            return item

    def _author(self, by: Account | None) -> Author:
        return author_of(by) if by else self.drive.owner


def seam(world: World, account: Account) -> DriveSeam:
    """The account's OneDrive, made on first use as Microsoft does."""
    state = state_of(world)
    drive = state.one_drive(author_of(account), personal=account.personal)
    return DriveSeam(drive, state.blobs, world.lock)


def library(
    world: World,
    name: str,
    owner: Account,
    *,
    requires_check_out: bool = False,
    members: set[str] | None = None,
) -> DriveSeam:
    """A document library of a new site; of everybody in the tenant unless told."""
    state = state_of(world)
    author = author_of(owner)
    path = f"sites/{name.replace(' ', '-').casefold()}"
    site = state.add_site(name, path, owner.tenant_id, author)
    site.members = members
    drive = state.add_library(site, name, author)
    drive.requires_check_out = requires_check_out
    return DriveSeam(drive, state.blobs, world.lock)
