"""*Save to OneDrive*: where to, under which name, and what if the name is taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.http import HttpResponse
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
from wagtail_m365.documents.saving import save_copy
from wagtail_m365.errors import ItemNotFound, NameRefused, NameTaken, TokenError
from wagtail_m365.graph.names import (
    MAX_NAME,
    MAX_PATH,
    check_name,
    check_path,
    safe_name,
)
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.tokens import bundles
from wagtail_m365.tokens.connect_urls import connect_url

from .buttons import page_url
from .document_page import DocumentPage, is_web_address
from .folder_fields import FolderField


class SaveForm(forms.Form):
    """Where a copy goes."""

    into = FolderField(
        label=gettext_lazy("Folder"),
        required=False,
    )
    folder = forms.CharField(
        label=gettext_lazy("Folder below it"),
        help_text=gettext_lazy(
            "Folders one inside the other, with slashes between them: “Press/2026”. "
            "What does not exist yet is made."
        ),
        max_length=MAX_PATH,
        required=False,
    )
    name = forms.CharField(label=gettext_lazy("File name"), max_length=MAX_NAME)
    conflict = forms.ChoiceField(
        label=gettext_lazy("If a file of that name is there already"),
        choices=[
            ("rename", gettext_lazy("Keep both: the new copy gets a number")),
            (
                "replace",
                gettext_lazy("Replace it; OneDrive keeps the old one as a version"),
            ),
            ("fail", gettext_lazy("Stop, so that I can choose another name")),
        ],
        initial="rename",
        widget=forms.RadioSelect,
    )

    def __init__(
        self,
        *args: Any,
        extension: str,
        default_folder: str = "",
        collection_id: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.extension = extension
        self.default_folder = default_folder
        into = self.fields["into"]
        into.widget.collection_id = collection_id
        into.help_text = (
            _("None chosen: the folder “%(name)s” in your OneDrive.")
            % {"name": default_folder}
            if default_folder
            else _("None chosen: the top of your OneDrive.")
        )

    def clean(self) -> dict[str, Any]:
        """Where nothing is said, copies do not lie about at the top of the drive."""
        given = self.cleaned_data
        if not given.get("into") and not given.get("folder"):
            given["folder"] = self.default_folder
        return given

    def clean_folder(self) -> str:
        """Names with single slashes between them."""
        parts = self.cleaned_data["folder"].replace("\\", "/").split("/")
        folder = "/".join(filter(None, map(str.strip, parts)))
        return self._accepted("folder", folder)

    def clean_name(self) -> str:
        """The name, with the document's own extension."""
        name = self.cleaned_data["name"]
        if self.extension and not name.lower().endswith(self.extension.lower()):
            # Without it, Office would not know what to do with the file.
            name += self.extension
        return self._accepted("name", name)

    def _accepted(self, field: str, text: str) -> str:
        try:
            check_path(text) if field == "folder" else check_name(text)
        except NameRefused as error:
            raise forms.ValidationError(_words_of(error)) from error
        return text

    def refuse(self, error: NameRefused | NameTaken) -> None:
        """Tell at the field what OneDrive did not take."""
        self.add_error("name", _words_of(error))

    def refuse_folder(self) -> None:
        """Tell that the chosen folder is gone; another one can be chosen."""
        self.add_error("into", _("This folder is not there any more. Choose another."))


def _words_of(error: NameRefused | NameTaken) -> str:
    explanation = error.explanation
    return f"{explanation.what} {explanation.next_step}".strip()


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

    @property
    def last_folder(self) -> Folder | None:
        """Where this person's copies from this collection went last."""
        if self.connection is None:
            return None
        return recent_folders.latest(self.connection, self.document.collection_id)

    @property
    def site_folder(self) -> str:
        """A folder named like the site: copies should not lie about at the top."""
        site = Site.find_for_request(self.request)
        return safe_name(site.site_name) if site and site.site_name else ""

    def get_form_kwargs(self) -> dict[str, Any]:
        extension = PurePosixPath(self.document.filename).suffix
        return {
            **super().get_form_kwargs(),
            "extension": extension,
            "default_folder": self.site_folder,
            "collection_id": self.document.collection_id,
        }

    def form_valid(self, form: SaveForm) -> HttpResponseBase:  # type: ignore[override]  # hooks may stream
        request, document = self.request, self.document
        refused = hooks.before_m365_save(request=request, document=document)
        if refused:
            return refused
        try:
            item = save_copy(document, request.user, **form.cleaned_data)
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
        return page_url("save", self.document.pk, self.next_url)

    def get_try_again_url(self) -> str:
        return self.here

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            sign_in_url=connect_url(*bundles.SAVE, next=self.here),
            private=leaves_protection(self.document),
            **kwargs,
        )
