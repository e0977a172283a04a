from __future__ import annotations

from django.db import models
from wagtail.documents.models import AbstractDocument, Document


class CustomDocument(AbstractDocument):
    """A document model as a site may have it."""

    source = models.CharField(max_length=255, blank=True)

    admin_form_fields = (*Document.admin_form_fields, "source")
