"""Where a document came from: the file in Microsoft 365 that it was imported from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model_string

from .managers import BecomesManager


def is_personal(item_id: str) -> bool:
    """Does the id belong to a personal drive, where letter case tells nothing apart?

    Only there ids hold the drive's, as ``0123456789ABCDEF!101``; answers write them in
    either case (onedrive-api-docs#1902). Other ids that differ by case are different.
    """
    return "!" in item_id


def file_key(drive_id: str, item_id: str) -> tuple[str, str]:
    """What tells a file from all others, however its ids are written."""
    if is_personal(item_id):
        return drive_id.lower(), item_id.lower()
    return drive_id, item_id


def _spellings(item_id: str) -> set[str]:
    """How Microsoft may have written the id, so that an index finds it."""
    if not is_personal(item_id):
        return {item_id}
    drive_id, _mark, rest = item_id.partition("!")
    cases = (str, str.lower, str.upper)
    return {f"{one(drive_id)}!{two(rest)}" for one in cases for two in cases}


class RemoteSourceQuerySet(BecomesManager, models.QuerySet["RemoteSource"]):
    """The questions asked of sources."""

    def of_document(self, document: models.Model) -> RemoteSourceQuerySet:
        """The one of this document, if it was imported."""
        return self.filter(document_id=document.pk)

    def of_file(self, drive_id: str, item_id: str) -> RemoteSourceQuerySet:
        """Documents that were imported from this file, the latest first."""
        rows = self.of_items([item_id])
        if is_personal(item_id):
            rows = rows.filter(
                drive_id__in=[drive_id, drive_id.lower(), drive_id.upper()]
            )
        else:
            rows = rows.filter(drive_id=drive_id)
        return rows.order_by("-imported_at", "-pk")

    def of_items(self, ids: Iterable[str]) -> RemoteSourceQuerySet:
        """Documents that were imported from files of these ids, of whichever drive."""
        written = {spelling for item_id in ids for spelling in _spellings(item_id)}
        return self.filter(item_id__in=written)


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
