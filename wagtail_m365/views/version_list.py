"""*Versions*: the files that a document had before, and what differs from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import BaseColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from wagtail_m365.conf import removes_versions, settings
from wagtail_m365.documents.differences import since_version
from wagtail_m365.documents.versions import removal_dates, thin_out, versions_of
from wagtail_m365.models import DocumentVersion

from .buttons import page_url
from .document_page import DocumentPage
from .proposals import proposals_of
from .versions import VersionPage


class _Cell(BaseColumn):
    """A column whose cells are a template of ours."""

    def __init__(self, name: str, *, label: str) -> None:
        self.cell_template_name = f"wagtail_m365/versions/{name}_cell.html"
        super().__init__(name, label=label)


class _ReplacedColumn(_Cell):
    """Until when it was the document's file, and until when it is kept."""

    def __init__(self, removed_from: Mapping[UUID, datetime]) -> None:
        super().__init__("replaced", label=_("In use until"))
        self.removed_from = removed_from

    def get_cell_context_data(
        self, instance: DocumentVersion, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(
            instance, parent_context
        )
        day = self.removed_from.get(instance.pk)
        return {**context, "kept_until": day if day and day > timezone.now() else None}


class DocumentVersionsView(DocumentPage, BaseListingView):
    """All versions, the newest first, below the file that the document has now."""

    model = DocumentVersion
    page_title = gettext_lazy("Versions")
    paginate_by = 30
    results_template_name = "wagtail_m365/versions/results.html"
    http_method_names = ["get", "head"]

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a version."""
        return [
            TitleColumn(
                "filename",
                label=_("File"),
                get_url=_download_url,
                classname="m365-cell",
            ),
            _Cell("saved", label=_("From")),
            _ReplacedColumn(self.removed_from),
            _Cell("comment", label=_("Comment")),
            _Cell("actions", label=_("Actions")),
        ]

    def get_index_url(self) -> str:
        return page_url("versions", self.document.pk)

    @cached_property
    def removed_from(self) -> Mapping[UUID, datetime]:
        """From when on each version may be removed."""
        return removal_dates(self.document)

    def get_base_queryset(self) -> QuerySet[DocumentVersion]:
        return versions_of(self.document, self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        latest = versions_of(self.document, self.request.user).first()
        return super().get_context_data(
            latest=latest,
            going=[
                (version, self.removed_from[version.pk])
                for version in thin_out(self.document, dry_run=True)
            ],
            retention=_retention(),
            proposals=proposals_of(self.document, self.request.user),
            **kwargs,
        )


def _retention() -> str:
    """What this site keeps, in a sentence; ``""``: everything."""
    number, days = settings.KEEP_VERSIONS, settings.KEEP_VERSIONS_DAYS
    if not removes_versions():
        return ""
    newest = ngettext(
        "the newest version of a document",
        "the newest %(number)d versions of a document",
        number or 0,
    ) % {"number": number or 0}
    young = ngettext(
        "every version for %(days)d day after it was replaced",
        "every version for %(days)d days after it was replaced",
        days or 0,
    ) % {"days": days or 0}
    if number and days:
        return _("This site keeps %(newest)s, and %(young)s.") % {
            "newest": newest,
            "young": young,
        }
    return _("This site keeps %(what)s.") % {"what": newest if number else young}


def _download_url(version: DocumentVersion) -> str:
    return reverse("wagtail_m365:version_download", args=[version.pk])


class VersionDifferenceView(VersionPage, TemplateView):
    """What changed from a version to the file that the document has now."""

    template_name = "wagtail_m365/versions/difference.html"
    page_title = gettext_lazy("Changes since this version")
    error_title = gettext_lazy("The two files cannot be compared")

    def get_back_url(self) -> str:
        return page_url("versions", self.document.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            version=self.version,
            versions_url=page_url("versions", self.document.pk),
            difference=since_version(self.version, self.request.user),
            **kwargs,
        )
