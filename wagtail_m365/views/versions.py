"""A document's history: its log, and the files that it had before."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.history import HistoryView
from wagtail.documents import get_document_model

from wagtail_m365.documents.permissions import may_edit
from wagtail_m365.documents.versions import opened_version, restore, versions_of
from wagtail_m365.models import DocumentVersion, Proposal

from .comments import AsksForComment
from .document_page import DocumentPage
from .proposals import tell_pending

#: How many versions the side panel shows.
_SHOWN = 5


def latest_versions(document: Any, user: Any) -> list[DocumentVersion]:
    """The files that the document had last, the newest first."""
    return list(versions_of(document, user)[:_SHOWN])


def version_buttons(version: DocumentVersion) -> list[Any]:
    """For a message: the file as it was before."""
    url = reverse("wagtail_m365:version_download", args=[version.pk])
    return [messages.button(url, _("Download the file it had before"))]


class VersionPage(DocumentPage):
    """A page about a file that a document had before."""

    @cached_property
    def version(self) -> DocumentVersion:
        """The version of the address; 404 where there is none."""
        stages = (DocumentVersion.Stage.KEPT, DocumentVersion.Stage.PENDING)
        kept = DocumentVersion.objects.filter(stage__in=stages)
        kept = kept.select_related("document")
        return get_object_or_404(kept, pk=self.kwargs["version_id"])

    @cached_property
    def document(self) -> Any:
        return self.version.document


class VersionDownloadView(VersionPage):
    """The file of a version."""

    http_method_names = ["get", "head"]
    error_title = gettext_lazy("This version cannot be downloaded")

    def get(self, request: HttpRequest, **kwargs: Any) -> FileResponse:
        with ExitStack() as opening:
            source = opening.enter_context(opened_version(self.version, request.user))
            # As an attachment: a browser must not run what somebody once uploaded.
            response = FileResponse(
                source, as_attachment=True, filename=self.version.filename
            )
            # Django closes the file; this closes what holds it open.
            response._resource_closers.append(opening.pop_all().close)  # type: ignore[attr-defined]
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response


class VersionRestoreView(AsksForComment, VersionPage, TemplateView):
    """Ask, and with POST make an earlier file the document's file again."""

    template_name = "wagtail_m365/versions/restore.html"
    page_title = gettext_lazy("Restore an earlier version")
    error_title = gettext_lazy("The version could not be restored")

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.comment_form.is_valid():
            return self.render_to_response(self.get_context_data(), status=400)
        kept = restore(self.version, request.user, comment=self.comment)
        if isinstance(kept, Proposal):
            tell_pending(request, kept)
            return redirect(self.next_url)
        text = _(
            "“%(title)s” has its earlier file again; the one it had until now is kept "
            "as a version."
        ) % {"title": self.document}
        messages.success(request, text, buttons=version_buttons(kept))
        return redirect(self.next_url)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            version=self.version, comment_form=self.comment_form, **kwargs
        )


class DocumentHistoryView(HistoryView):
    """What happened to a document: Wagtail's history page, for documents."""

    any_permission_required = None
    permission_required = "change"
    pk_url_kwarg = "document_id"
    history_url_name = "wagtail_m365:document_history"
    history_results_url_name = "wagtail_m365:document_history_results"
    edit_url_name = "wagtaildocs:edit"
    index_url_name = "wagtaildocs:index"

    @cached_property
    def model(self) -> Any:
        return get_document_model()

    def user_has_permission(self, permission: str) -> bool:
        # Wagtail asks for the model, which would let every editor read every log.
        return permission == "change" and may_edit(self.object, self.request.user)
