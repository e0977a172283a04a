"""Versions: files that a document had before."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model_string


def version_path(version: DocumentVersion, filename: str) -> str:
    """Where a version's bytes are stored; the random part keeps it unguessable."""
    return f"m365_versions/{version.pk}/{filename}"


class DocumentVersion(models.Model):
    """One file that a document had before it was replaced."""

    class Source(models.TextChoices):
        SITE = "site", _("Uploaded to the site")
        BROUGHT_BACK = "brought_back", _("Brought back from Microsoft 365")
        RESTORED = "restored", _("Restored")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(
        get_document_model_string(),
        on_delete=models.CASCADE,
        related_name="m365_versions",
    )
    file = models.FileField(upload_to=version_path, max_length=400)
    filename = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    source = models.CharField(
        _("from"), max_length=20, choices=Source.choices, default=Source.SITE
    )
    comment = models.CharField(_("comment"), max_length=255, blank=True)
    #: Who replaced this file, and when: the version was current until then.
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    replaced_at = models.DateTimeField(_("replaced"), auto_now_add=True)
    edit_session = models.ForeignKey(
        "wagtail_m365.EditSession",
        null=True,
        on_delete=models.SET_NULL,
        related_name="versions",
    )

    class Meta:
        verbose_name = _("document version")
        verbose_name_plural = _("document versions")
        ordering = ["-replaced_at"]

    def __str__(self) -> str:
        return self.filename
