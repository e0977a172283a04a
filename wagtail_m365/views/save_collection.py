"""*Save collection to OneDrive*: which one, and on to the page for many documents."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.documents import get_document_model
from wagtail.models import Collection

from wagtail_m365.documents.wagtail_compat import document_policy

from .access import UsesMicrosoft365, safe_next
from .bulk_save import SUB_COLLECTIONS, SaveToOneDriveBulkAction


class _CollectionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at runtime
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_indented_name())


class CollectionForm(forms.Form):
    """One of the collections whose documents this person may save."""

    collection = _CollectionField(
        label=gettext_lazy("Collection"), queryset=Collection.objects.none()
    )
    sub_collections = forms.BooleanField(
        label=gettext_lazy("With its sub-collections"),
        help_text=gettext_lazy("They become folders of the same names."),
        required=False,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy = document_policy()
        allowed = policy.collections_user_has_permission_for(user, "change")
        self.fields["collection"].queryset = allowed  # type: ignore[attr-defined]  # a ModelChoiceField


class SaveCollectionView(UsesMicrosoft365, WagtailAdminTemplateMixin, FormView):  # type: ignore[type-arg]  # not at runtime
    """Ask for the collection, unless the address names it; nothing is changed here."""

    form_class = CollectionForm
    template_name = "wagtail_m365/documents/save_collection.html"
    page_title = gettext_lazy("Save collection to OneDrive")
    header_icon = "m365"
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if form.is_bound and form.is_valid():
            return self.form_valid(form)
        return self.render_to_response(self.get_context_data(form=form))

    def get_form_kwargs(self) -> dict[str, Any]:
        asked = {"data": self.request.GET} if "collection" in self.request.GET else {}
        return {**super().get_form_kwargs(), **asked, "user": self.request.user}

    def form_valid(self, form: CollectionForm) -> HttpResponse:
        collection = form.cleaned_data["collection"]
        with_sub_collections = form.cleaned_data["sub_collections"]
        collections = [collection]
        if with_sub_collections:
            collections += collection.get_descendants()
        documents = get_document_model()._default_manager
        if not documents.filter(collection__in=collections).exists():
            text = _("There is no document in “%(name)s”.") % {"name": collection}
            messages.warning(self.request, text)
            return redirect(self.next_url)
        further = {SUB_COLLECTIONS: 1} if with_sub_collections else {}
        return redirect(bulk_address(collection.pk, self.next_url, **further))

    @property
    def next_url(self) -> str:
        return safe_next(self.request, reverse("wagtaildocs:index"))

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtaildocs:index"), "label": _("Documents")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next_url=self.next_url, **kwargs)


def bulk_address(collection_id: Any, next_url: str, **further: Any) -> str:
    """Our bulk action for all documents of a collection."""
    model = get_document_model()._meta
    action = SaveToOneDriveBulkAction.action_type
    path = reverse(
        "wagtail_bulk_action", args=[model.app_label, model.model_name, action]
    )
    asked = {"id": "all", "childOf": collection_id, "next": next_url, **further}
    query = urlencode(asked)
    return f"{path}?{query}"
