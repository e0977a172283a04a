"""The ledger of edit sessions: documents that are open in Microsoft 365."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model_string


class EditSession(models.Model):
    """One document taken to Microsoft 365 for editing."""

    class State(models.TextChoices):
        OPENING = "opening", _("Being sent to Microsoft 365")
        OPEN = "open", _("Open in Microsoft 365")
        CONFLICT = "conflict", _("Changed on both sides")
        BROUGHT_BACK = "brought_back", _("Brought back")
        DISCARDED = "discarded", _("Discarded")
        LOST = "lost", _("The copy in Microsoft 365 is gone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(
        get_document_model_string(),
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_edit_sessions",
    )
    document_title = models.CharField(max_length=255)
    #: The same document while the session is open, NULL afterwards: a unique
    #: column says "one open session per document" on every database.
    open_for = models.OneToOneField(
        get_document_model_string(),
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_open_session",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_edit_sessions",
    )
    connection = models.ForeignKey(
        "wagtail_m365.Connection",
        null=True,
        on_delete=models.SET_NULL,
        related_name="edit_sessions",
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.OPENING
    )

    drive_id = models.CharField(max_length=255, blank=True)
    item_id = models.CharField(max_length=255, blank=True)
    item_name = models.CharField(max_length=400, blank=True)
    web_url = models.TextField(blank=True)

    #: SHA-256 of the bytes that were sent, and Wagtail's own hash at that time.
    base_sha256 = models.CharField(max_length=64, blank=True)
    base_file_hash = models.CharField(max_length=40, blank=True)
    base_size = models.PositiveBigIntegerField(default=0)
    base_etag = models.CharField(max_length=255, blank=True)
    base_ctag = models.CharField(max_length=255, blank=True)

    #: What Microsoft told when it was last asked.
    remote_etag = models.CharField(max_length=255, blank=True)
    remote_ctag = models.CharField(max_length=255, blank=True)
    remote_size = models.PositiveBigIntegerField(default=0)
    remote_modified_at = models.DateTimeField(null=True, blank=True)
    remote_modified_by = models.CharField(max_length=255, blank=True)
    remote_checked_at = models.DateTimeField(null=True, blank=True)

    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("edit session")
        verbose_name_plural = _("edit sessions")

    def __str__(self) -> str:
        return self.document_title
