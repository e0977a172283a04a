"""What a drive holds: its items by id, its size, and the count of its changes.

Everything here is plain Python; HTTP is in the modules that are named after Graph's
resources. Callers hold the world's lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .blobs import Blob
from .graph_errors import item_not_found, locked, quota_reached
from .item_names import LONGEST_PATH, check_name, path_too_long
from .items import Author, BusinessIds, Item, PersonalIds

TERABYTE = 2**40


@dataclass(kw_only=True, eq=False)
class Catalogue:
    """A drive as a list of items.

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
    listeners: list[Callable[[Any, Item, str], None]] = field(default_factory=list)
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

    def check_unlocked(self, item: Item, by: Author) -> None:
        """Refuse to change what an application or another's check-out holds.

        Raises:
            GraphError: 423.
        """
        checked_out = item.checked_out_by
        if item.held_by or (checked_out and checked_out.id != by.id):
            raise locked()

    def check_new(self, parent: Item, name: str) -> None:
        """Refuse a name, or a path, that OneDrive does not take.

        Raises:
            GraphError: 400.
        """
        in_root = parent is self.root and self.kind == "documentLibrary"
        check_name(name, in_root_of_library=in_root)
        if len(f"{parent.path}/{name}") > LONGEST_PATH:
            raise path_too_long()

    def check_quota(self, growth: int) -> None:
        """Refuse to grow by so many bytes when there is no room.

        Raises:
            GraphError: 507.
        """
        if growth > 0 and self.used + growth > self.quota_total:
            raise quota_reached()

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

    def _bury(self, item: Item) -> None:
        del self.items[self._key(item.id)]
        item.deleted_at = self.now()
        item.held_by = None
        self._count(item)
        self.tombstones[item.id] = item
