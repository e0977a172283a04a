"""Places: the folders in Microsoft 365 to which somebody saved of late."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection

from .connections import Connection
from .managers import BecomesManager

#: Rows that are kept of one connection.
_KEPT = 200


class RecentFolderQuerySet(BecomesManager, models.QuerySet["RecentFolder"]):
    """The questions asked of recent folders."""

    def of_connection(self, connection: Connection) -> RecentFolderQuerySet:
        """Where this account saved to, the latest first."""
        return self.filter(connection=connection).order_by("-used_at", "-pk")

    def different(self, connection: Connection, count: int) -> list[RecentFolder]:
        """The latest folders of this account, each once."""
        found: dict[tuple[str, str], RecentFolder] = {}
        for row in self.of_connection(connection)[:_KEPT]:
            found.setdefault((row.drive_id, row.item_id), row)
        return list(found.values())[:count]

    def latest_of(
        self, connection: Connection, collection_id: Any = None
    ) -> RecentFolder | None:
        """The last folder for this collection; else the last one at all."""
        rows = self.of_connection(connection)
        own = rows.filter(collection_id=collection_id) if collection_id else rows
        return own.first() or rows.first()

    def remember(
        self,
        connection: Connection,
        *,
        drive_id: str,
        item_id: str,
        collection: Collection | None = None,
        **described: str,
    ) -> None:
        """Note that this folder was used just now.

        Args:
            connection: Whose account.
            drive_id: Its drive.
            item_id: Its id.
            collection: For documents of which collection.
            described: The other members: ``place``, ``name``, ``path`` …
        """
        known = {
            "connection": connection,
            "collection": collection,
            "drive_id": drive_id,
            "item_id": item_id,
        }
        told = {**described, "used_at": timezone.now()}
        # Two at once leave two rows of the same; whoever reads shows each folder once.
        if not self.filter(**known).update(**told):
            self.create(**known, **told)
        rows = self.of_connection(connection).values_list("pk", flat=True)
        self.filter(pk__in=list(rows[_KEPT : 2 * _KEPT])).delete()

    def forget(self, connection: Connection, *, drive_id: str, item_id: str) -> None:
        """It is not there any more."""
        rows = self.of_connection(connection)
        rows.filter(drive_id=drive_id, item_id=item_id).delete()


class RecentFolder(models.Model):
    """A folder to which somebody saved documents of a collection."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="recent_folders"
    )
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.CASCADE, related_name="+"
    )
    #: ``"mine"``, ``"shared"`` or ``"sites"``.
    place = models.CharField(max_length=10)
    drive_id = models.CharField(max_length=255)
    item_id = models.CharField(max_length=255)
    #: Folder where the place begins; empty: the drive's root.
    top_id = models.CharField(max_length=255, blank=True)
    top_name = models.TextField(blank=True)
    #: Names from there, with slashes between them.
    path = models.TextField(blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    used_at = models.DateTimeField(_("last used"))

    objects = RecentFolderQuerySet.as_manager()

    class Meta:
        verbose_name = _("recent folder")
        verbose_name_plural = _("recent folders")
        indexes = [
            models.Index(fields=["connection", "-used_at"], name="m365_recent_folder"),
        ]

    def __str__(self) -> str:
        return self.path or self.top_name or self.name
