"""*Save to OneDrive*: where to, under which name, and what if the name is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.models import Site

from wagtail_m365 import hooks
from wagtail_m365.documents import recent_folders
from wagtail_m365.documents.folders import Folder
from wagtail_m365.documents.preflight import leaves_protection
from wagtail_m365.documents.saving import is_large, save_copy
from wagtail_m365.documents.transfer_batches import plan_copies
from wagtail_m365.errors import (
    ItemNotFound,
    NameRefused,
    NameTaken,
    NotAllowed,
    TokenError,
)
from wagtail_m365.graph.names import safe_name
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection
from wagtail_m365.tokens import bundles
from wagtail_m365.tokens.broker import connection_of
from wagtail_m365.tokens.connect_urls import connect_url

from .accounts import ACCOUNT, account_of_collection
from .buttons import page_url
from .document_page import DocumentPage, is_web_address
from .save_forms import SaveForm
from .transfers import begin


def folder_of_site(request: HttpRequest) -> str:
    """A folder named like the site; ``""`` where the site has no name."""
    site = Site.find_for_request(request)
    return safe_name(site.site_name) if site and site.site_name else ""


def plan_many(
    request: HttpRequest,
    documents: list[Any],
    not_allowed: list[Any],
    **chosen: Any,
) -> HttpResponseBase:
    """Begin copies of many documents; what stays here is listed with the reason.

    Args:
        request: The request that asks for it.
        documents: What this person may take copies of.
        not_allowed: What this person may not.
        chosen: As :func:`begin_copies`.
    """
    refused = [(each, NotAllowed()) for each in not_allowed]
    wanted = []
    for document in documents:
        if hooks.before_m365_save(request=request, document=document):
            refused.append((document, NotAllowed(code="refused_by_site")))
        else:
            wanted.append(document)
    return begin_copies(request, wanted, refused=refused, **chosen)


def begin_copies(
    request: HttpRequest,
    documents: list[Any],
    *,
    connection: Connection | None,
    into: Folder | None,
    folder: str,
    **how: Any,
) -> HttpResponseBase:
    """Plan copies of these documents, and show how far they are.

    Args:
        request: The request that asks for it.
        documents: The documents.
        connection: The account.
        into: The chosen folder.
        folder: Names of folders below it.
        how: As :func:`~wagtail_m365.documents.transfer_batches.plan_copies`.

    Raises:
        NotConnected: No account is connected.
    """
    account = connection or connection_of(request.user)
    batch_id = plan_copies(
        documents, request.user, connection=account, into=into, below=folder, **how
    )
    if into:
        for collection in {each.collection for each in documents}:
            recent_folders.remember(account, into, collection)
    return begin(batch_id)


class SaveView(DocumentPage, FormView):  # type: ignore[type-arg]  # not at runtime
    """Ask where to; with POST write the copy."""

    form_class = SaveForm
    template_name = "wagtail_m365/documents/save.html"
    page_title = gettext_lazy("Save to OneDrive")
    error_title = gettext_lazy("The copy could not be saved to OneDrive")

    def get_initial(self) -> dict[str, Any]:
        return {
            **super().get_initial(),
            "into": self.last_folder,
            "name": safe_name(self.document.filename),
        }

    def remembered_account(self, accounts: Sequence[Connection]) -> Connection | None:
        """The one with which copies from this collection were saved last."""
        return account_of_collection(self.document.collection_id, accounts)

    @property
    def last_folder(self) -> Folder | None:
        """Where this person's copies from this collection went last."""
        if self.connection is None:
            return None
        return recent_folders.latest(self.connection, self.document.collection_id)

    @property
    def site_folder(self) -> str:
        """A folder named like the site: copies should not lie about at the top."""
        return folder_of_site(self.request)

    def get_form_kwargs(self) -> dict[str, Any]:
        extension = PurePosixPath(self.document.filename).suffix
        return {
            **super().get_form_kwargs(),
            "extension": extension,
            "default_folder": self.site_folder,
            "collection_id": self.document.collection_id,
            "account": self.connection if self.has_accounts else None,
        }

    def form_valid(self, form: SaveForm) -> HttpResponseBase:  # type: ignore[override]  # hooks may stream
        request, document = self.request, self.document
        refused = hooks.before_m365_save(request=request, document=document)
        if refused:
            return refused
        if is_large(document):
            # Longer than a person should look at a spinner.
            return begin_copies(
                request, [document], connection=self.connection, **form.cleaned_data
            )
        return self.save_at_once(form)

    def save_at_once(self, form: SaveForm) -> HttpResponseBase:
        """Send the copy while the person waits."""
        request, document = self.request, self.document
        try:
            item = save_copy(
                document,
                request.user,
                connection=self.connection,
                **form.cleaned_data,
            )
        except TokenError as error:
            return self.sign_in_or_explain(
                error, come_back=self.here, scopes=bundles.SAVE
            )
        except (NameRefused, NameTaken) as error:
            form.refuse(error)
            return self.form_invalid(form)
        except ItemNotFound:
            if not form.cleaned_data["into"]:
                raise
            form.refuse_folder()
            return self.form_invalid(form)
        self.remember(item, form.cleaned_data["into"], form.cleaned_data["folder"])
        instead = hooks.after_m365_save(request=request, document=document, item=item)
        return instead or self.tell(item)

    def remember(self, item: DriveItem, into: Folder | None, below: str) -> None:
        """Begin there the next time."""
        if self.connection is None or not item.parent_id:
            return
        chosen = into or Folder(drive_id=item.drive_id, item_id=item.parent_id)
        path = "/".join(filter(None, [chosen.path, below]))
        folder = replace(
            chosen,
            item_id=item.parent_id,
            path=path,
            name=path.rpartition("/")[2] or chosen.name,
        )
        collection = self.document.collection
        recent_folders.remember(self.connection, folder, collection)

    def tell(self, item: DriveItem) -> HttpResponse:
        """Say where the copy is, and go back to where the person was."""
        text = _("“%(title)s” was saved to OneDrive as “%(path)s”.") % {
            "title": self.document,
            "path": f"{item.parent_path}/{item.name}".strip("/"),
        }
        buttons = []
        if is_web_address(item.web_url):
            label = _("Open it in OneDrive")
            buttons.append(messages.button(item.web_url, label, new_window=True))
        messages.success(self.request, text, buttons=buttons)
        return redirect(self.next_url)

    @cached_property
    def here(self) -> str:
        here = page_url("save", self.document.pk, self.next_url)
        if not (self.has_accounts and self.connection):
            return here
        return f"{here}&{urlencode({ACCOUNT: self.connection.pk})}"

    def get_try_again_url(self) -> str:
        return self.here

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            sign_in_url=connect_url(*bundles.SAVE, next=self.here),
            private=leaves_protection(self.document),
            **kwargs,
        )
