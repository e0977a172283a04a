"""*Add from OneDrive*: browse, choose files, say where they go, see what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from taggit.forms import TagField
from wagtail.admin.forms.collections import CollectionChoiceField
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminTagWidget
from wagtail.models import Collection

from wagtail_m365.documents.fetching import plan_imports
from wagtail_m365.documents.folders import Folder, Location
from wagtail_m365.documents.importing import import_files
from wagtail_m365.documents.recent_folders import remember
from wagtail_m365.documents.wagtail_compat import document_policy
from wagtail_m365.errors import InvalidRequest
from wagtail_m365.models import Connection
from wagtail_m365.tokens.broker import connection_of

from .access import UsesMicrosoft365
from .accounts import ACCOUNT, AccountChoice
from .buttons import may_import
from .errors import ExplainsErrors
from .file_screens import FileScreen
from .import_basket import MOST, Basket, keep_outcome, outcome
from .transfers import begin


class _MayImport:
    """Ask first whether this person may add documents at all."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if not may_import(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
            request, *args, **kwargs
        )
        return response


# Microsoft is waited for here: with ATOMIC_REQUESTS, no transaction may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ImportPage(
    UsesMicrosoft365, _MayImport, ExplainsErrors, WagtailAdminTemplateMixin
):
    """What all pages of an import share."""

    header_icon = "m365"
    page_title = gettext_lazy("Add from OneDrive")
    error_title = gettext_lazy("The files could not be imported")
    request: HttpRequest

    @cached_property
    def basket(self) -> Basket:
        """What was chosen so far."""
        return Basket(self.request.session)

    @cached_property
    def choice(self) -> AccountChoice:
        """The person's accounts; the one that was browsed with is chosen."""
        return AccountChoice(self.request, self._browsed_with)

    def _browsed_with(self, accounts: Sequence[Connection]) -> Connection | None:
        browsed = self.basket.account
        return next((each for each in accounts if str(each.pk) == browsed), None)

    @property
    def connection(self) -> Connection:
        """The person's own account.

        Raises:
            NotConnected: There is none.
        """
        return self.choice.chosen or connection_of(self.request.user)

    def get_back_url(self) -> str:
        return reverse("wagtaildocs:index")

    def get_try_again_url(self) -> str:
        return reverse("wagtail_m365:import")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtaildocs:index"), "label": _("Documents")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(
            basket=self.basket, most=MOST, **kwargs
        )
        return context


class ImportView(ImportPage, TemplateView):
    """The browser; with POST, what was ticked is chosen."""

    template_name = "wagtail_m365/imports/browse.html"
    results_template = "wagtail_m365/imports/results.html"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        at = request.POST.get("at", "")
        account = self.choice.chosen if self.choice.offered else None
        self.basket.use(str(account.pk) if account else "")
        try:
            self.basket.add(request.POST.getlist("file"), at)
        except InvalidRequest as error:
            raise BadRequest("This is no file of this site's browser.") from error
        if "more" in request.POST or not self.basket.files:
            here = {"at": at} | ({ACCOUNT: account.pk} if account else {})
            return redirect(f"{reverse('wagtail_m365:import')}?{urlencode(here)}")
        return redirect(_files_url(request.POST.get("collection", "")))

    @cached_property
    def screen(self) -> FileScreen:
        """What is shown."""
        return FileScreen(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        collection = self.request.GET.get("collection", "")
        return super().get_context_data(
            screen=self.screen,
            **self.choice.context(),
            collection=collection if collection.isdecimal() else "",
            files_url=_files_url(collection),
            **kwargs,
        )


class ImportForm(forms.Form):
    """Where the chosen files go."""

    collection = CollectionChoiceField(
        label=gettext_lazy("Collection"),
        queryset=Collection.objects.none(),
        empty_label=None,
    )
    tags = TagField(
        label=gettext_lazy("Tags for all of them"),
        widget=AdminTagWidget,
        required=False,
    )
    even_if_there = forms.BooleanField(
        label=gettext_lazy("Import files that this site has already"),
        help_text=gettext_lazy(
            "Otherwise a file whose content is in a document that you can see is left "
            "out, and you are shown which document that is."
        ),
        required=False,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        collections = document_policy().collections_user_has_permission_for(user, "add")
        self.fields["collection"].queryset = collections  # type: ignore[attr-defined]  # a choice of rows


class ImportFilesView(ImportPage, FormView):  # type: ignore[type-arg]  # not at runtime
    """The chosen files and where they go; with POST they are imported."""

    form_class = ImportForm
    template_name = "wagtail_m365/imports/files.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.basket.files:
            return redirect("wagtail_m365:import")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "anyway" in request.POST:  # from the result page
            self.basket.clear()
            self.basket.add(request.POST.getlist("file"))
        else:
            self.basket.keep_only(request.POST.getlist("file"))
        return super().post(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"collection": self.request.GET.get("collection") or None}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: ImportForm) -> HttpResponse:
        given, basket = form.cleaned_data, self.basket
        if not basket.files:
            form.add_error(None, _("Choose at least one file."))
            return self.form_invalid(form)
        connection, collection = self.connection, given["collection"]
        wishes = {
            "connection": connection,
            "collection": collection,
            "tags": given["tags"],
            "even_if_there": given["even_if_there"] or "anyway" in self.request.POST,
        }
        answer = self._planned(wishes) if basket.is_large else self._imported(wishes)
        _remember(connection, basket.at, collection)
        basket.clear()
        return answer

    def _planned(self, wishes: dict[str, Any]) -> HttpResponse:
        """One transfer for each file, and the page that shows how far they are."""
        return begin(plan_imports(self.basket.files, self.request.user, **wishes))

    def _imported(self, wishes: dict[str, Any]) -> HttpResponse:
        """A few small files: at once."""
        found = import_files(self.basket.files, user=self.request.user, **wishes)
        keep_outcome(self.request.session, found, wishes["collection"].pk)
        return redirect("wagtail_m365:import_result")


class ImportResultView(ImportPage, TemplateView):
    """What came of each file."""

    template_name = "wagtail_m365/imports/result.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found, collection = outcome(self.request.session, self.request.user)
        return super().get_context_data(
            imported=[one for one in found if one.document],
            duplicates=[one for one in found if one.same and not one.document],
            failed=[one for one in found if one.explanation],
            collection=collection,
            **kwargs,
        )


def _files_url(collection: str) -> str:
    url = reverse("wagtail_m365:import_files")
    return f"{url}?collection={collection}" if collection.isdecimal() else url


def _remember(connection: Connection, at: Location | None, collection: Any) -> None:
    """Begin there the next time."""
    if at is None or not (at.drive_id and at.item_id):
        return
    folder = Folder(
        drive_id=at.drive_id,
        item_id=at.item_id,
        path=at.path,
        name=at.name[:255],
        place=at.place,
        top_name=at.top_name,
        top_id=at.top_id,
    )
    remember(connection, folder, collection)
