"""What is in a watched folder: its files and folders, as Microsoft told of them last."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .managers import BecomesManager
from .remote_sources import RemoteSource
from .watched_folders import WatchedFolder


class ItemState(models.TextChoices):
    """How a file of a watched folder stands."""

    #: It is to be looked at: new, changed, renamed, moved or gone.
    PENDING = "pending", _("Waiting")
    TAKEN = "taken", _("Up to date")
    FILTERED = "filtered", _("Left out by the filter")
    FAILED = "failed", _("Not possible")
    CONFLICT = "conflict", _("Changed on both sides")
    #: Its document was deleted on the site: it does not come back by itself.
    DROPPED = "dropped", _("Deleted on the site")
    GONE = "gone", _("No longer in the folder")


class WatchedItemQuerySet(BecomesManager, models.QuerySet["WatchedItem"]):
    """The questions asked of watched items."""

    def known(self, folder: WatchedFolder, ids: Iterable[str]) -> WatchedItemQuerySet:
        """Those of these ids that the folder knows."""
        return self.filter(folder=folder, item_id__in=list(ids))

    def spellings(self, folder: WatchedFolder, ids: Iterable[str]) -> list[str]:
        """These ids, of items and of parents, as the folder knows them in any case."""
        wanted = list({each.lower() for each in ids if each})
        rows = self.filter(folder=folder)
        return [
            spelling
            for column in ("item_id", "parent_id")
            for spelling in rows.annotate(folded=Lower(column))
            .filter(folded__in=wanted)
            .values_list(column, flat=True)
            .distinct()
        ]

    def inside(self) -> WatchedItemQuerySet:
        """Folders that belong to the tree."""
        return self.filter(is_folder=True, is_inside=True, is_gone=False)

    def files(self) -> WatchedItemQuerySet:
        """Files, not folders."""
        return self.filter(is_folder=False)

    def to_look_at(self, now: float) -> WatchedItemQuerySet:
        """Files that have to be taken, or tried once more."""
        again = Q(state=ItemState.FAILED, not_before__lte=now)
        return self.files().filter(Q(state=ItemState.PENDING) | again)

    def look_again(self) -> None:
        """The filter may let through now what it left out, and the site what failed."""
        again = self.filter(state__in=(ItemState.FILTERED, ItemState.FAILED))
        again.update(state=ItemState.PENDING, not_before=0)

    def settle_conflict(self, source: RemoteSource) -> None:
        """Somebody has decided between both sides of this document."""
        in_conflict = self.filter(source=source, state=ItemState.CONFLICT)
        in_conflict.update(state=ItemState.TAKEN)


class WatchedItem(models.Model):
    """One file or folder in a watched folder, as Microsoft told of it last."""

    State = ItemState

    folder = models.ForeignKey(
        WatchedFolder, on_delete=models.CASCADE, related_name="items"
    )
    item_id = models.CharField(max_length=255)
    parent_id = models.CharField(max_length=255, blank=True)
    name = models.CharField(_("name"), max_length=400, blank=True)
    is_folder = models.BooleanField(default=False)
    #: It was deleted, or moved out of the folder.
    is_gone = models.BooleanField(default=False)
    #: Gone, as far as one look tells; documents are kept whatever the setting says.
    is_doubtful = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    etag = models.CharField(max_length=255, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    generation = models.PositiveIntegerField(default=0)

    #: Microsoft told something of it that was not sorted into the tree yet.
    is_noted = models.BooleanField(default=False)

    #: Folders only: it is the watched folder or somewhere below it.
    is_inside = models.BooleanField(default=False)
    #: Folders only: what is in it has to be listed, and where that goes on.
    to_list = models.BooleanField(default=False)
    list_link = models.TextField(blank=True)

    #: Files only.
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    #: The link to its document; NULL where there is none (any more).
    source = models.OneToOneField(
        "wagtail_m365.RemoteSource",
        null=True,
        on_delete=models.SET_NULL,
        related_name="watched_item",
    )
    #: It once had a document.
    had_document = models.BooleanField(default=False)
    error_code = models.CharField(max_length=60, blank=True)
    error_facts = models.JSONField(default=dict, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    #: POSIX seconds before which it is not tried again.
    not_before = models.FloatField(default=0)
    #: What the last run that touched it did: "imported", "updated", "renamed" …
    last_event = models.CharField(max_length=20, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)

    objects = WatchedItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("watched item")
        verbose_name_plural = _("watched items")
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "item_id"], name="m365_one_row_per_watched_item"
            ),
        ]
        indexes = [
            models.Index(fields=["folder", "state"], name="m365_item_state"),
            models.Index(fields=["folder", "parent_id"], name="m365_item_parent"),
            models.Index(fields=["folder", "to_list"], name="m365_item_to_list"),
            models.Index(fields=["folder", "is_noted"], name="m365_item_noted"),
            models.Index(fields=["folder", "-last_event_at"], name="m365_item_event"),
        ]

    def __str__(self) -> str:
        return self.name or self.item_id
