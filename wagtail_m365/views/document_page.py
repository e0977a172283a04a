"""What all pages about one document share: who may see them, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.documents import get_document_model

from wagtail_m365 import errors
from wagtail_m365.conf import settings
from wagtail_m365.documents.permissions import may_edit
from wagtail_m365.errors import ForeignAddress, M365Error
from wagtail_m365.http import is_loopback
from wagtail_m365.models import Connection
from wagtail_m365.tokens.connect_urls import connect_url

from .access import UsesMicrosoft365, safe_next
from .accounts import AccountChoice, account_of_document
from .errors import ExplainsErrors, connect_address

# What an honest address never holds, and browsers and parsers disagree about.
_AMBIGUOUS = re.compile(r"[\\\x00-\x20\x7f]")

#: Errors that a sign-in of this person cures: go there and come back.
_SIGN_IN_CURES = (
    errors.NotConnected,
    errors.ConsentRequired,
    errors.InteractionRequired,
    errors.ReconnectRequired,
)


class _ChecksDocument:
    """Ask for the document first, whatever the method."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if not may_edit(self.document, request.user):  # type: ignore[attr-defined]  # a mixin
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
            request, *args, **kwargs
        )
        return response


# Microsoft is waited for here: with ATOMIC_REQUESTS, no transaction may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class DocumentPage(
    UsesMicrosoft365, _ChecksDocument, ExplainsErrors, WagtailAdminTemplateMixin, View
):
    """A page about one document, for people who may change that document."""

    header_icon = "m365"
    http_method_names = ["get", "head", "post"]

    @cached_property
    def document(self) -> Any:
        """The document of the address; 404 where there is none."""
        documents = get_document_model()._default_manager
        return get_object_or_404(documents, pk=self.kwargs["document_id"])

    @cached_property
    def choice(self) -> AccountChoice:
        """The person's accounts."""
        return AccountChoice(self.request, self.remembered_account)

    @property
    def connection(self) -> Connection | None:
        """The account that was chosen, is remembered, or is the default one."""
        return self.choice.chosen

    @property
    def has_accounts(self) -> bool:
        """Is there a choice?"""
        return bool(self.choice.offered)

    def remembered_account(self, accounts: Sequence[Connection]) -> Connection | None:
        """The one that this person used for this document last."""
        return account_of_document(self.document, self.request.user, accounts)

    @property
    def edit_url(self) -> str:
        return edit_url(self.document)

    @property
    def next_url(self) -> str:
        """Where the person came from, or the document's own page."""
        return safe_next(self.request, self.edit_url)

    def get_back_url(self) -> str:
        return self.next_url

    def get_page_subtitle(self) -> str:
        return str(self.document)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtaildocs:index"), "label": _("Documents")},
            {"url": self.edit_url, "label": str(self.document)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(
            document=self.document,
            connection=self.connection,
            accounts=self.choice.offered,
            edit_url=self.edit_url,
            next_url=self.next_url,
            **kwargs,
        )
        return context

    def sign_in_or_explain(
        self, error: M365Error, *, come_back: str, scopes: tuple[str, ...]
    ) -> HttpResponseBase:
        """Send the person to Microsoft's sign-in, if that cures it; else explain.

        Args:
            error: What went wrong.
            come_back: Where the sign-in leads back to.
            scopes: What to ask for when no account is connected yet.
        """
        if not _cured_by_sign_in(error):
            return self.explain(self.request, error)
        if isinstance(error, errors.NotConnected):
            return redirect(connect_url(*scopes, next=come_back))
        return redirect(connect_address(error, come_back))


def _cured_by_sign_in(error: M365Error) -> bool:
    return isinstance(error, _SIGN_IN_CURES) and not getattr(error, "admin", False)


def edit_url(document: Any) -> str:
    """Wagtail's own page of this document."""
    return reverse("wagtaildocs:edit", args=[document.pk])


def web_address(url: str) -> str:
    """The address, if a browser may be sent there: Microsoft tells it, we check it.

    Raises:
        ForeignAddress: It is neither https nor loopback http where that is allowed.
    """
    if not is_web_address(url):
        raise ForeignAddress("Microsoft named an address that is no web address.")
    return url


def is_web_address(url: str) -> bool:
    """Is it https, or loopback http where the site allows that?"""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.hostname or _AMBIGUOUS.search(url):
        return False
    loopback = settings.ALLOW_INSECURE_LOOPBACK and is_loopback(url)
    return parts.scheme == "https" or (parts.scheme == "http" and loopback)


def leave_for(url: str) -> HttpResponse:
    """A redirect to Microsoft that takes no address of ours with it.

    Raises:
        ForeignAddress: As :func:`web_address`.
    """
    response = redirect(web_address(url))
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
