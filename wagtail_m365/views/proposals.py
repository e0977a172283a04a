"""Files that wait for approval: the list, and the page on which one is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, DateColumn, TitleColumn
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.reports import ReportView

from wagtail_m365.conf import settings
from wagtail_m365.documents.content import known_hash
from wagtail_m365.documents.differences import until_proposal
from wagtail_m365.documents.moderation import approve, reject, site_changed, withdraw
from wagtail_m365.documents.permissions import may_publish
from wagtail_m365.documents.wagtail_compat import document_policy
from wagtail_m365.errors import BothChanged
from wagtail_m365.models import Proposal

from .access import UsesMicrosoft365
from .buttons import page_url, shown_to
from .comments import LONGEST_COMMENT, AsksForComment, CommentForm
from .document_page import DocumentPage, edit_url
from .usage import usage_of

#: How long an author is told what became of a proposal.
_NEWS = timedelta(days=14)


def proposals_of(document: Any, user: Any) -> list[Proposal]:
    """What waits for this document, and what became of this person's own lately."""
    news = Q(author=user, decided_at__gte=timezone.now() - _NEWS)
    told = Q(state=Proposal.State.WAITING) | news & ~Q(state=Proposal.State.SUPERSEDED)
    found = Proposal.objects.of_document(document).filter(told)
    return list(found.select_related("author", "decided_by", "version"))


class DecisionForm(CommentForm):
    """A few words for the author."""

    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        help_text=gettext_lazy("Why: the author reads it. May be left empty."),
        max_length=LONGEST_COMMENT,
        required=False,
    )


class ProposalView(AsksForComment, DocumentPage, TemplateView):
    """Show what would change; with POST approve, reject or withdraw."""

    comment_form_class = DecisionForm
    template_name = "wagtail_m365/proposals/decide.html"
    page_title = gettext_lazy("File waiting for approval")
    error_title = gettext_lazy("The file could not be approved")

    @cached_property
    def proposal(self) -> Proposal:
        """The one of the address; 404 where there is none."""
        found = Proposal.objects.select_related(
            "document__collection", "author", "version", "decided_by"
        )
        return get_object_or_404(found, pk=self.kwargs["proposal_id"])

    @cached_property
    def document(self) -> Any:
        return self.proposal.document

    @property
    def here(self) -> str:
        return page_url("proposal", self.proposal.pk, self.next_url)

    def get_try_again_url(self) -> str:
        return self.here

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        choices: dict[str, Callable[[], str]] = {
            "approve": self.approve,
            "reject": self.reject,
            "withdraw": self.withdraw,
        }
        choice = choices.get(request.POST.get("choice", ""))
        if choice is None:
            return redirect(self.here)
        if not self.comment_form.is_valid():
            return self.render_to_response(self.get_context_data(), status=400)
        try:
            text = choice()
        except BothChanged:
            # The page says so, and asks once more.
            return self.render_to_response(self.get_context_data(), status=409)
        messages.success(request, text % {"title": self.document})
        return redirect(self.next_url)

    def approve(self) -> str:
        """The file becomes the document's."""
        seen = self.request.POST.get("seen", "")
        user = self.request.user
        approve(self.proposal, user, comment=self.comment, seen_hash=seen)
        if self.proposal.new_title:
            return _("The proposed file is a document of its own beside “%(title)s”.")
        return _("“%(title)s” has the proposed file; the one it had is kept.")

    def reject(self) -> str:
        """The document stays as it is."""
        reject(self.proposal, self.request.user, comment=self.comment)
        return _("“%(title)s” stays as it is; the proposed file is kept as a version.")

    def withdraw(self) -> str:
        """The author has thought better of it."""
        withdraw(self.proposal, self.request.user)
        return _("The file for “%(title)s” is withdrawn; it is kept as a version.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proposal, user = self.proposal, self.request.user
        version = proposal.version if proposal.is_waiting else None
        waits = version is not None
        return super().get_context_data(
            proposal=proposal,
            waits=waits,
            may_decide=waits and may_publish(self.document, user),
            is_mine=proposal.author_id == user.pk,
            site_changed=waits and not proposal.new_title and site_changed(proposal),
            seen=known_hash(self.document),
            difference=until_proposal(version, user) if version else None,
            usage=usage_of(self.document, user),
            comment_form=self.comment_form,
            **kwargs,
        )


def visible_proposals(user: Any) -> QuerySet[Proposal]:
    """What waits for documents that this person may change, the oldest first."""
    waiting = Proposal.objects.waiting().select_related(
        "author", "document__collection", "version"
    )
    documents = document_policy().instances_user_has_permission_for(user, "change")
    return waiting.filter(document__in=documents.values("pk"))


class ProposalsView(UsesMicrosoft365, ReportView):
    """*Reports → Waiting for approval*."""

    model = Proposal
    page_title = gettext_lazy("Waiting for approval")
    header_icon = "m365"
    index_url_name = "wagtail_m365:proposals"
    index_results_url_name = "wagtail_m365:proposals_results"
    results_template_name = "wagtail_m365/proposals/report_results.html"
    # Anybody with a document of their own may look; the rows are limited instead.
    permission_policy = None

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the list shows of a proposal."""
        return [
            TitleColumn(
                "document",
                label=_("Document"),
                get_url=lambda proposal: page_url("proposal", proposal.pk),
                classname="m365-cell",
            ),
            Column("collection", label=_("Collection"), accessor="document.collection"),
            Column("author", label=_("Proposed by"), accessor=_author_of),
            DateColumn("proposed_at", label=_("Proposed")),
            Column("comment", label=_("Comment")),
        ]

    def get_base_queryset(self) -> QuerySet[Proposal]:
        return visible_proposals(self.request.user)


def _author_of(proposal: Proposal) -> str:
    if proposal.author is None:
        return _("Somebody who left")
    return str(get_user_display_name(proposal.author))


class ProposalsMenuItem(MenuItem):
    """Shown where moderation is on, to people who may change some document."""

    def is_shown(self, request: HttpRequest) -> bool:
        policy = document_policy()
        return bool(
            settings.MODERATION
            and shown_to(request.user)
            and policy.user_has_any_permission(request.user, ["add", "change"])
        )


def menu_item() -> ProposalsMenuItem:
    """For the hook ``register_reports_menu_item``."""
    return ProposalsMenuItem(
        _("Waiting for approval"),
        reverse("wagtail_m365:proposals"),
        name="m365-proposals",
        icon_name="m365",
        order=1110,
    )


def proposal_buttons(proposal: Proposal) -> list[Any]:
    """For a message: what the author proposed."""
    url = page_url("proposal", proposal.pk, edit_url(proposal.document))
    return [messages.button(url, _("Look at it"))]


def tell_pending(request: HttpRequest, proposal: Proposal, more: str = "") -> None:
    """Say that a file waits, and that the site has what it had."""
    text = _(
        "The file for “%(title)s” waits for approval; the site's file is unchanged."
    ) % {"title": proposal.document}
    messages.warning(
        request, f"{text} {more}".strip(), buttons=proposal_buttons(proposal)
    )
