"""*Save to OneDrive* for many documents: a bulk action of Wagtail's listing.

Loaded with Wagtail's own bulk actions, while Django starts: nothing but them is
imported here before the page is asked for. The action does its work in
``prepare_action``, since Wagtail wraps ``execute_action`` in a transaction.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.documents.views.bulk_actions.document_bulk_action import (
    DocumentBulkAction,
)

from wagtail_m365.errors import M365Error

#: In the address: the collections below the chosen one are saved, too.
SUB_COLLECTIONS = "sub_collections"


class SaveToOneDriveBulkAction(DocumentBulkAction):
    """Copies of the selected documents go to one folder."""

    display_name = _("Save to OneDrive")
    aria_label = _("Save selected documents to OneDrive")
    action_type = "m365_save"
    # After Wagtail's own: four are shown, and Delete stays where people look for it.
    action_priority = 110
    template_name = "wagtail_m365/documents/save_many.html"

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        from .access import may_use

        if not may_use(request.user):
            raise PermissionDenied
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except M365Error as error:
            from .errors import explained

            title = str(_("The copies could not be saved to OneDrive"))
            return explained(request, error, title=title, back_url=self.next_url)
        return response

    @cached_property
    def folders(self) -> dict[Any, str]:
        """Where documents of the collection's sub-collections go; none: left out."""
        from wagtail.models import Collection

        from wagtail_m365.documents.collection_folders import folders_of_collections

        if SUB_COLLECTIONS not in self.request.GET or self.collection_id is None:
            return {}
        top = get_object_or_404(Collection, pk=self.collection_id)
        return folders_of_collections(top)

    def get_all_objects_in_listing_query(self, parent_id: Any) -> Any:
        if not self.folders:
            return super().get_all_objects_in_listing_query(parent_id)
        everything = super().get_all_objects_in_listing_query(None)
        return everything.filter(collection_id__in=self.folders)

    @classmethod
    def get_queryset(cls, model: Any, object_ids: Any) -> list[Any]:
        """The documents, with their collections: each is asked for its permission."""
        from django.db.models import prefetch_related_objects

        documents: list[Any] = super().get_queryset(model, object_ids)
        prefetch_related_objects(documents, "collection")
        return documents

    def check_perm(self, obj: Any) -> bool:
        from wagtail_m365.documents.permissions import may_read

        return may_read(obj, self.request.user)

    def get_form_class(self) -> Any:
        from .save_forms import SaveManyForm

        return SaveManyForm

    def get_form_kwargs(self) -> dict[str, Any]:
        from .save import folder_of_site

        return {
            **super().get_form_kwargs(),
            "default_folder": folder_of_site(self.request),
            "collection_id": self.collection_id,
            "account": self.choice.chosen if self.choice.offered else None,
        }

    @property
    def collection_id(self) -> int | None:
        """The collection whose documents were chosen, if it is one."""
        collection_id = self.request.GET.get("childOf", "")
        return int(collection_id) if collection_id.isdecimal() else None

    @cached_property
    def choice(self) -> Any:
        """The person's accounts; the one that this collection's copies went to last."""
        from .accounts import AccountChoice, account_of_collection

        remembered = partial(account_of_collection, self.collection_id)
        return AccountChoice(self.request, remembered if self.collection_id else None)

    def prepare_action(
        self, objects: list[Any], objects_without_access: dict[str, Any]
    ) -> HttpResponseBase:
        """Write down what goes where, and show how far it is."""
        from .save import plan_many

        return plan_many(
            self.request,
            objects,
            objects_without_access["items_with_no_access"],
            connection=self.choice.chosen,
            folders=self.folders,
            **self.cleaned_form.cleaned_data,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        from wagtail_m365.conf import settings
        from wagtail_m365.documents.preflight import private_among
        from wagtail_m365.tokens import bundles
        from wagtail_m365.tokens.connect_urls import connect_url

        context: dict[str, Any] = super().get_context_data(**kwargs)
        private = private_among(each["item"] for each in context["items"])
        policy = settings.PRIVATE_COLLECTIONS
        here = self.request.get_full_path()
        return context | {
            **self.choice.context(),
            "with_sub_collections": len(self.folders) > 1,
            "sign_in_url": connect_url(*bundles.SAVE, next=here),
            "held_back": private if policy == "forbid" else [],
            "private": private if policy == "warn" else [],
        }
