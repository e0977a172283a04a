"""*Versions*: the files that a document had before, and what differs from them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import BaseColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from wagtail_m365.documents.differences import since_version
from wagtail_m365.documents.versions import versions_of
from wagtail_m365.models import DocumentVersion

from .buttons import page_url
from .document_page import DocumentPage
from .versions import VersionPage


class _Cell(BaseColumn):
    """A column whose cells are a template of ours."""

    def __init__(self, name: str, *, label: str) -> None:
        self.cell_template_name = f"wagtail_m365/versions/{name}_cell.html"
        super().__init__(name, label=label)


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
            _Cell("replaced", label=_("In use until")),
            _Cell("comment", label=_("Comment")),
            _Cell("actions", label=_("Actions")),
        ]

    def get_index_url(self) -> str:
        return page_url("versions", self.document.pk)

    def get_base_queryset(self) -> QuerySet[DocumentVersion]:
        return versions_of(self.document, self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        latest = versions_of(self.document, self.request.user).first()
        return super().get_context_data(latest=latest, **kwargs)


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
