"""The folder browser: Wagtail's chooser over OneDrive and SharePoint.

Requests of the chooser fail silently in the browser, so whatever Microsoft answers
becomes a page of the chooser with status 200; only who may not use it gets a 403.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic.chooser import (
    ChooseResultsView,
    ChooseView,
    ChosenResponseMixin,
    CreateView,
)
from wagtail.admin.viewsets.chooser import ChooserViewSet

from wagtail_m365.documents.browsing import choose, make_folder
from wagtail_m365.documents.folders import Folder, Location
from wagtail_m365.documents.linked import open_folder
from wagtail_m365.errors import M365Error, NameRefused, NameTaken
from wagtail_m365.graph.names import MAX_NAME, check_name
from wagtail_m365.models import Connection
from wagtail_m365.tokens.broker import connection_of

from .access import UsesMicrosoft365
from .accounts import ACCOUNT, account_to_browse_with
from .errors import in_words
from .folder_screens import Screen
from .folder_trouble import Trouble, page_behind
from .link_fields import LINK, taken_link


class FolderFilterForm(BaseFilterForm):
    """Search; keeps where one is."""

    at = forms.CharField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(
        label=gettext_lazy("Search for a folder"),
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Search")}),
        required=False,
        max_length=200,
    )


class NewFolderForm(forms.Form):
    """A folder to make where one is."""

    # The page around has forms of its own, whose ids must stay theirs.
    prefix = "m365-folder"

    at = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name of the new folder"), max_length=MAX_NAME
    )

    def clean_name(self) -> str:
        """A name that OneDrive takes."""
        name: str = self.cleaned_data["name"]
        try:
            check_name(name)
        except NameRefused as error:
            explanation = error.explanation
            raise forms.ValidationError(
                f"{explanation.what} {explanation.next_step}"
            ) from error
        return name


# Microsoft is waited for here: with ATOMIC_REQUESTS, no transaction may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class _Own(UsesMicrosoft365):
    """What all views of the browser share."""

    icon = "folder-open-inverse"
    page_title = gettext_lazy("Choose a folder")
    request: HttpRequest

    @property
    def connection(self) -> Connection:
        """The person's own account: the one that the address names, or the default.

        Raises:
            NotConnected: There is none.
        """
        asked = account_to_browse_with(self.request)
        return asked or connection_of(self.request.user)


class _Browsing(_Own):
    """Shows one step; the other half is Wagtail's."""

    per_page = 100
    filter_form_class = FolderFilterForm
    template_name = "wagtail_m365/folders/chooser.html"
    results_template_name = "wagtail_m365/folders/results.html"
    creation_form_template_name = "wagtail_m365/folders/creation_form.html"
    creation_form_class = NewFolderForm
    create_action_label = gettext_lazy("Make and choose this folder")
    create_action_clicked_label = gettext_lazy("Making the folder…")
    search_tab_label = gettext_lazy("Browse")
    creation_tab_label = gettext_lazy("New folder")
    screen: Screen

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(Screen(request))

    def show(self, screen: Screen) -> HttpResponseBase:
        """One step, as a page of the chooser."""
        self.screen = screen
        self.paginator = WagtailPaginator(screen.rows, self.per_page)
        self.results = self.paginator.get_page(self.request.GET.get("p"))
        # Wagtail reads the number again; the folder may have shrunk meanwhile.
        query = self.request.GET.copy()
        query["p"] = str(self.results.number)
        self.request.GET = query  # type: ignore[assignment]  # a copy may be changed
        self.filter_form = self.filter_form_class({"at": screen.at, "q": screen.words})
        self.table = None
        response: HttpResponseBase = self.render_to_response()  # type: ignore[attr-defined]  # a mixin
        return response

    def can_create(self) -> bool:
        """Folders are made in folders."""
        return self.screen.can_hold_folders

    def get_creation_form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"at": self.screen.at}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # a mixin
            screen=self.screen, **kwargs
        )
        searching = bool(self.screen.words)
        return {**context, "is_searching": searching, "search_query": self.screen.words}


class ChooseFolderView(_Browsing, ChooseView):
    """The modal window with all that is in it."""


class FolderResultsView(_Browsing, ChooseResultsView):
    """The listing alone: while one types, and from page to page."""


class FolderChosenView(_Browsing, ChosenResponseMixin, ChooseView):
    """The folder goes into the form, as Microsoft knows it now."""

    def get(self, request: HttpRequest, pk: str) -> HttpResponseBase:  # type: ignore[override]  # Wagtail's own
        location = None
        try:
            location = Location.unsign(unquote(pk))
            folder = choose(self.connection, location)
        except M365Error as error:
            return self.show(Screen(request, error, location))
        response: HttpResponseBase = self.get_chosen_response(folder)
        return response

    def get_object_id(self, instance: Folder) -> str:
        return instance.sign()

    def get_edit_item_url(self, instance: Folder) -> None:
        return None


@method_decorator(sensitive_post_parameters(LINK), name="dispatch")
class OpenLinkView(_Browsing, ChooseView):
    """The folder behind a pasted link is the next step."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            location = open_folder(self.connection, taken_link(request))
        except M365Error as error:
            return self.show(Screen(request, error, of_link=True))
        query = request.GET.copy()
        query["at"] = location.sign()
        request.GET = query  # type: ignore[assignment]  # a copy may be changed
        return self.show(Screen(request))


class NewFolderView(_Own, CreateView):
    """Makes a folder, which is then the chosen one."""

    creation_form_class = NewFolderForm
    creation_form_template_name = "wagtail_m365/folders/creation_form.html"
    create_action_label = gettext_lazy("Make and choose this folder")
    create_action_clicked_label = gettext_lazy("Making the folder…")

    def can_create(self) -> bool:
        """Microsoft decides, folder by folder."""
        return True

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.form = self.get_creation_form()
        folder = self.make() if self.form.is_valid() else None
        response: HttpResponseBase = (
            self.get_chosen_response(folder)
            if folder
            else self.get_reshow_creation_form_response()
        )
        return response

    def make(self) -> Folder | None:
        """The new folder; ``None``: the form tells why there is none."""
        given = self.form.cleaned_data
        try:
            return make_folder(
                self.connection, Location.unsign(given["at"]), given["name"]
            )
        except NameTaken:
            taken = _("Something of that name is here already. Choose another name.")
            self.form.add_error("name", taken)
        except M365Error as error:
            self.form.add_error(None, _told(error, page_behind(self.request)))
        return None

    def get_object_id(self, instance: Folder) -> str:
        return instance.sign()

    def get_edit_item_url(self, instance: Folder) -> None:
        return None


def _told(error: M365Error, come_back: str) -> str:
    trouble = Trouble.of(error, come_back)
    text = f"{trouble.explanation.what} {trouble.explanation.next_step}"
    if not trouble.sign_in:
        return text
    label = _("Sign in to Microsoft 365")
    return format_html('{} <a href="{}">{}</a>', text, trouble.sign_in, label)


class FolderChooserViewSet(ChooserViewSet):
    """Registers the addresses of the browser."""

    model = Folder
    register_widget = False
    icon = "folder-open-inverse"
    choose_one_text = gettext_lazy("Choose a folder")
    create_action_label = NewFolderView.create_action_label
    create_action_clicked_label = NewFolderView.create_action_clicked_label
    creation_form_class = NewFolderForm
    creation_tab_label = _Browsing.creation_tab_label
    search_tab_label = _Browsing.search_tab_label
    per_page = _Browsing.per_page
    preserve_url_parameters = ["collection", ACCOUNT]
    choose_view_class = ChooseFolderView
    choose_results_view_class = FolderResultsView
    chosen_view_class = FolderChosenView
    create_view_class = NewFolderView

    def get_urlpatterns(self) -> list[Any]:
        """With links to open; without many at once: there is one folder to choose."""
        patterns = super().get_urlpatterns()
        patterns.append(path("open-link/", self.open_link_view, name="open_link"))
        return in_words([each for each in patterns if each.name != "chosen_multiple"])

    @property
    def open_link_view(self) -> Any:
        """It answers with the whole window, as the one that opens it."""
        return self.construct_view(
            OpenLinkView,
            icon=self.icon,
            page_title=self.page_title,
            search_tab_label=self.search_tab_label,
            creation_tab_label=self.creation_tab_label,
        )


folders = FolderChooserViewSet("m365_folders", url_prefix="m365/folders")
