"""Watched folders: OneDrive and SharePoint folders whose files become documents."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection

from .managers import BecomesManager

#: Seconds for which a run holds its folder without a sign of life.
LEASE_SECONDS = 600.0


class WatchState(models.TextChoices):
    """Does a folder run?"""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    #: It cannot go on until somebody acts; ``stop_code`` says why.
    STOPPED = "stopped", _("Stopped")


class WhenGone(models.TextChoices):
    """What becomes of a document whose file is deleted or moved away."""

    KEEP = "keep", _("Keep the document as it is")
    UNPUBLISH = "unpublish", _("Move the document to a private collection")
    DELETE = "delete", _("Delete the document")


class WatchedFolderQuerySet(BecomesManager, models.QuerySet["WatchedFolder"]):
    """The questions asked of watched folders."""

    def active(self) -> WatchedFolderQuerySet:
        """Those that run: neither paused nor stopped."""
        return self.filter(state=WatchState.ACTIVE)

    def due(self, now: float) -> WatchedFolderQuerySet:
        """Those that a run may take up now: nobody asked to wait longer."""
        return self.active().filter(not_before__lte=now)

    def of_drive(self, drive_id: str) -> WatchedFolderQuerySet:
        """Active ones on this drive: who wants to know when it changes."""
        return self.active().filter(drive_id=drive_id)

    def claim(self, pk: Any, run: str, now: float) -> bool:
        """Let this run alone work on a folder, if nobody else does."""
        free = Q(lease_run="") | Q(lease_until__lte=now)
        return bool(
            self.filter(free, pk=pk, state=WatchState.ACTIVE).update(
                lease_run=run,
                lease_until=now + LEASE_SECONDS,
                runs=F("runs") + 1,
            )
        )

    def write(self, pk: Any, run: str, now: float, **changes: Any) -> bool:
        """Write as the run that holds the folder, and hold it longer.

        Returns:
            False when another run holds it meanwhile, or it was deleted.
        """
        changes.setdefault("lease_until", now + LEASE_SECONDS)
        return bool(self.filter(pk=pk, lease_run=run).update(**changes))


class WatchedFolder(models.Model):
    """One folder in Microsoft 365, and the collection that its files go to."""

    State = WatchState
    WhenGone = WhenGone

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: As whom documents are made; the site's permissions of this person hold.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("set up by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_watched_folders",
    )
    connection = models.ForeignKey(
        "wagtail_m365.Connection",
        verbose_name=_("Microsoft account"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="watched_folders",
    )
    collection = models.ForeignKey(
        Collection,
        verbose_name=_("collection"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    #: The folder, as ``documents.folders.Folder`` tells it.
    place = models.CharField(max_length=10)
    drive_id = models.CharField(max_length=255)
    item_id = models.CharField(max_length=255)
    top_id = models.CharField(max_length=255, blank=True)
    top_name = models.TextField(blank=True)
    path = models.TextField(blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)

    subfolders = models.BooleanField(_("with its subfolders"), default=True)
    #: Lower case, without dots, with spaces between them; empty: all.
    extensions = models.CharField(_("formats"), max_length=255, blank=True)
    #: A file's new name is the document's file name, too: its address changes.
    follows_file_names = models.BooleanField(_("file names follow, too"), default=False)
    #: Bytes; NULL: no limit but the site's own.
    max_size = models.PositiveBigIntegerField(_("largest file"), null=True, blank=True)
    when_gone = models.CharField(
        _("when a file is deleted there"),
        max_length=10,
        choices=WhenGone.choices,
        default=WhenGone.KEEP,
    )
    private_collection = models.ForeignKey(
        Collection,
        verbose_name=_("private collection"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ACTIVE
    )
    #: Why it stopped, or why the last run did not finish: an error's code and facts.
    stop_code = models.CharField(max_length=60, blank=True)
    stop_facts = models.JSONField(default=dict, blank=True)
    #: POSIX seconds before which Microsoft is not asked again.
    not_before = models.FloatField(default=0)

    #: Where reading goes on: the next page, or what has changed since the last one.
    link = models.TextField(blank=True)
    #: The drive tells no changes: each run looks at the whole folder.
    looks_at_all = models.BooleanField(default=False)
    #: Rises with each look at the whole folder; items carry the one they were seen in.
    generation = models.PositiveIntegerField(default=0)
    #: A look at the whole folder is going on; what it does not find is gone.
    is_looking = models.BooleanField(default=False)
    #: What it does not find may be missing at Microsoft's by mistake: keep it.
    keeps_unseen = models.BooleanField(default=False)

    #: The run that works on it now, and until when (POSIX seconds) it may.
    lease_run = models.CharField(max_length=32, blank=True)
    lease_until = models.FloatField(default=0)
    runs = models.PositiveIntegerField(default=0)
    last_run_at = models.DateTimeField(_("last run"), null=True, blank=True)
    last_finished_at = models.DateTimeField(null=True, blank=True)
    #: How many of each kind the last run had: ``{"imported": 2, …}``.
    last_counts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WatchedFolderQuerySet.as_manager()

    class Meta:
        verbose_name = _("watched folder")
        verbose_name_plural = _("watched folders")
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["drive_id", "state"], name="m365_watched_drive"),
        ]
        permissions = [
            ("manage_watched_folders", _("Can manage watched folders")),
        ]

    def __str__(self) -> str:
        beginning = self.top_name or self.path.partition("/")[0]
        name = self.name or self.path.rpartition("/")[2]
        return name or beginning or self.drive_id

    @property
    def wanted_extensions(self) -> frozenset[str]:
        """Lower case, without dots; empty: all."""
        return frozenset(self.extensions.split())

    def is_running(self, now: float) -> bool:
        """Does a run work on it at this moment (POSIX seconds)?"""
        return bool(self.lease_run) and self.lease_until > now
