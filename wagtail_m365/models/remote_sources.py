"""Where a document came from: the file in Microsoft 365 that it was imported from."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model_string

from .managers import BecomesManager


class RemoteSourceQuerySet(BecomesManager, models.QuerySet["RemoteSource"]):
    """The questions asked of sources."""

    def of_document(self, document: models.Model) -> RemoteSourceQuerySet:
        """The one of this document, if it was imported."""
        return self.filter(document_id=document.pk)

    def of_file(self, drive_id: str, item_id: str) -> RemoteSourceQuerySet:
        """Documents that were imported from this file, the latest first."""
        rows = self.filter(drive_id=drive_id, item_id=item_id)
        return rows.order_by("-imported_at", "-pk")


class RemoteSource(models.Model):
    """A document's link to its file in OneDrive or SharePoint.

    What is written here was true of both sides at one moment: the base of the three-way
    check with which the document is brought up to date.
    """

    document = models.OneToOneField(
        get_document_model_string(),
        on_delete=models.CASCADE,
        related_name="m365_source",
    )
    #: Whose account fetched it; NULL once that is disconnected.
    connection = models.ForeignKey(
        "wagtail_m365.Connection",
        null=True,
        on_delete=models.SET_NULL,
        related_name="imported_documents",
    )
    #: ``"mine"``, ``"shared"``, ``"sites"`` or ``"recent"``: which rights reading needs.
    place = models.CharField(max_length=10)
    drive_id = models.CharField(max_length=255)
    item_id = models.CharField(max_length=255)
    name = models.CharField(_("file name"), max_length=400)
    #: Names of the folders above it, with slashes between them; may be unknown.
    parent_path = models.TextField(blank=True)
    web_url = models.TextField(blank=True)

    #: What Microsoft told of the content that was taken last.
    etag = models.CharField(max_length=255, blank=True)
    ctag = models.CharField(max_length=255, blank=True)
    quick_xor = models.CharField(max_length=40, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    #: Hashes of it as it arrived; ``file_hash`` is Wagtail's own (SHA-1).
    sha256 = models.CharField(max_length=64, blank=True)
    file_hash = models.CharField(max_length=40, blank=True)
    #: The title that the document was given from the file's name.
    title_given = models.CharField(max_length=255, blank=True)

    imported_at = models.DateTimeField(_("imported"), auto_now_add=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(_("last updated"), null=True, blank=True)

    objects = RemoteSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source in Microsoft 365")
        verbose_name_plural = _("sources in Microsoft 365")
        indexes = [
            models.Index(fields=["item_id"], name="m365_source_item"),
        ]

    def __str__(self) -> str:
        return f"{self.parent_path}/{self.name}".strip("/")

    def note(self, **facts: Any) -> None:
        """Write what is known now, to the row and to this object."""
        type(self).objects.filter(pk=self.pk).update(**facts)
        for name, value in facts.items():
            setattr(self, name, value)
