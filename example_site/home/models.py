"""A small press office: a home page, and snippets that carry documents."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.db import models
from django.http import HttpRequest
from wagtail.admin.panels import FieldPanel
from wagtail.documents import get_document_model, get_document_model_string
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from .samples import LOGINS


class HomePage(Page):
    """The public page: who we are, our policies, and everything to download."""

    intro = RichTextField(blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    max_count = 1

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return {
            **super().get_context(request, *args, **kwargs),
            "documents": get_document_model().objects.order_by("title"),
            "policies": Policy.objects.select_related("document"),
            "releases": PressRelease.objects.order_by("headline"),
            "team": TeamMember.objects.select_related("profile"),
        }


class DownloadsPage(Page):
    """Everything to download, by collection."""

    intro = RichTextField(blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    max_count = 1

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        documents = get_document_model().objects.select_related("collection")
        ordered = documents.order_by("collection__name", "title")
        return {
            **super().get_context(request, *args, **kwargs),
            "collections": [
                (collection.name, list(those))
                for collection, those in groupby(ordered, lambda one: one.collection)
            ],
        }


class TourPage(Page):
    """Who one can be in this demo, and what is worth trying."""

    max_count = 1

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        from .tour import steps

        return {
            **super().get_context(request, *args, **kwargs),
            "logins": LOGINS,
            "steps": steps(),
        }


@register_snippet
class Policy(models.Model):
    """A rule of the house, with the document in which it is written down."""

    name = models.CharField(max_length=100)
    summary = models.TextField(blank=True)
    document = models.ForeignKey(
        get_document_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    panels = [FieldPanel("name"), FieldPanel("summary"), FieldPanel("document")]

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@register_snippet
class PressRelease(models.Model):
    """A release whose attachments stand in a stream."""

    headline = models.CharField(max_length=150)
    attachments = StreamField([("document", DocumentChooserBlock())], blank=True)

    panels = [FieldPanel("headline"), FieldPanel("attachments")]

    def __str__(self) -> str:
        return self.headline


@register_snippet
class TeamMember(models.Model):
    """A desk of the office, and a document that introduces it."""

    role = models.CharField(max_length=100)
    about = models.CharField(max_length=200, blank=True)
    profile = models.ForeignKey(
        get_document_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    sort_order = models.PositiveSmallIntegerField(default=0)

    panels = [
        FieldPanel("role"),
        FieldPanel("about"),
        FieldPanel("profile"),
        FieldPanel("sort_order"),
    ]

    class Meta:
        ordering = ["sort_order", "role"]

    def __str__(self) -> str:
        return self.role

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.role.split()[:2]).upper()
