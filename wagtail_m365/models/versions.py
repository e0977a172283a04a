"""Versions: files that a document had before."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.storage import (
    InvalidStorageError,
    Storage,
    default_storage,
    storages,
)
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import task
from wagtail.documents import get_document_model_string

from .managers import BecomesManager

#: Name of the storage for versions, where a site wants one of its own (a private one).
STORAGE_ALIAS = "wagtail_m365"


def version_storage() -> Storage:
    """``STORAGES["wagtail_m365"]`` where the site has it, else the default storage."""
    try:
        return storages[STORAGE_ALIAS]
    except InvalidStorageError:
        return default_storage


def version_path(version: DocumentVersion, filename: str) -> str:
    """Where a version's bytes are stored; the random part keeps it unguessable."""
    return f"m365_versions/{version.pk}/{filename}"


class Source(models.TextChoices):
    """Where a content came from."""

    SITE = "site", _("Uploaded to the site")
    BROUGHT_BACK = "brought_back", _("Brought back from Microsoft 365")
    RESTORED = "restored", _("Restored")
    IMPORTED = "imported", _("Imported from Microsoft 365")
    UPDATED = "updated", _("Updated from Microsoft 365")


class Stage(models.TextChoices):
    """How far the keeping of a version has come."""

    #: The row is there, its bytes may be half stored: nothing has been replaced.
    STORING = "storing", _("Being stored")
    #: The bytes are stored; the document's file may be being replaced just now.
    REPLACING = "replacing", _("Being replaced")
    #: The document has another file now; this is what it had before.
    KEPT = "kept", _("Kept")
    #: The document never had this file: it waits for somebody's approval.
    PENDING = "pending", _("Waiting for approval")


class DocumentVersionQuerySet(BecomesManager, models.QuerySet["DocumentVersion"]):
    """The questions asked of versions."""

    def kept(self) -> DocumentVersionQuerySet:
        """Those that somebody may look at, newest first."""
        return self.filter(stage=Stage.KEPT)

    def of_document(self, document: models.Model) -> DocumentVersionQuerySet:
        """Those of this document."""
        return self.filter(document_id=document.pk)

    def unsettled(self, before: datetime | None = None) -> DocumentVersionQuerySet:
        """Those whose replacement is going on, or was cut short."""
        found = self.filter(stage__in=(Stage.STORING, Stage.REPLACING))
        return found.filter(replaced_at__lt=before) if before else found


class DocumentVersion(models.Model):
    """One file that a document had before it was replaced."""

    Source = Source
    Stage = Stage

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(
        get_document_model_string(),
        on_delete=models.CASCADE,
        related_name="m365_versions",
    )
    file = models.FileField(
        upload_to=version_path, storage=version_storage, max_length=400
    )
    filename = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    #: The document's own columns while it had this file.
    document_file_name = models.CharField(max_length=400, blank=True)
    document_file_hash = models.CharField(max_length=40, blank=True)
    stage = models.CharField(
        max_length=20, choices=Stage.choices, default=Stage.STORING
    )

    #: Where this content came from, who brought it, and when.
    source = models.CharField(
        _("from"), max_length=20, choices=Source.choices, default=Source.SITE
    )
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    saved_at = models.DateTimeField(_("saved"), null=True)
    comment = models.CharField(_("comment"), max_length=255, blank=True)

    #: Who replaced this file, when and with what: it was current until then.
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    replaced_at = models.DateTimeField(_("replaced"), default=timezone.now)
    replaced_with = models.CharField(
        max_length=20, choices=Source.choices, default=Source.SITE
    )
    #: Wagtail's own hash of what came after it, and the comment it was brought with.
    successor_file_hash = models.CharField(max_length=40, blank=True)
    successor_comment = models.CharField(max_length=255, blank=True)
    edit_session = models.ForeignKey(
        "wagtail_m365.EditSession",
        null=True,
        on_delete=models.SET_NULL,
        related_name="versions",
    )

    objects = DocumentVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("document version")
        verbose_name_plural = _("document versions")
        ordering = ["-replaced_at"]
        permissions = [
            (
                "publish_brought_back",
                _("Can publish documents that were brought back"),
            ),
        ]
        indexes = [
            models.Index(fields=["document", "stage"], name="m365_version_stage"),
        ]

    def __str__(self) -> str:
        return self.filename


@receiver(post_delete, sender=DocumentVersion, dispatch_uid="m365_version_file")
def delete_file_of_version(instance: DocumentVersion, **kwargs: Any) -> None:
    """Remove the bytes once the row is gone for good, as Wagtail does for documents."""
    if name := instance.file.name:
        transaction.on_commit(partial(delete_stored_file.enqueue, name))


@task()
def delete_stored_file(name: str) -> None:
    """Delete a version's bytes from the storage for versions.

    Wagtail's own task for that is told how the storage is made, with its access keys;
    this one is told no secret, and needs no storage that can be made anew.

    Args:
        name: Of the file in the storage.
    """
    version_storage().delete(name)
