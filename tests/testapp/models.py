from __future__ import annotations

from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.blocks import RichTextBlock
from wagtail.documents import get_document_model_string
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import StreamField
from wagtail.models import DraftStateMixin, RevisionMixin
from wagtail.snippets.models import register_snippet


@register_snippet
class Policy(models.Model):
    """A snippet that carries a document."""

    name = models.CharField(max_length=100)
    document = models.ForeignKey(
        get_document_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    panels = [FieldPanel("name"), FieldPanel("document")]

    def __str__(self):
        return self.name


@register_snippet
class Leaflet(models.Model):
    """A snippet whose documents stand in a stream."""

    name = models.CharField(max_length=100)
    body = StreamField(
        [("document", DocumentChooserBlock()), ("text", RichTextBlock())],
        blank=True,
    )

    panels = [FieldPanel("name"), FieldPanel("body")]

    def __str__(self):
        return self.name


@register_snippet
class Circular(DraftStateMixin, RevisionMixin, models.Model):
    """A snippet whose draft may carry another document than what is published."""

    name = models.CharField(max_length=100)
    document = models.ForeignKey(
        get_document_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    panels = [FieldPanel("name"), FieldPanel("document")]

    def __str__(self):
        return self.name


@register_snippet
class Motto(models.Model):
    """A snippet with no document at all."""

    text = models.CharField(max_length=100)

    panels = [FieldPanel("text")]

    def __str__(self):
        return self.text
