"""Snippets that carry documents: row menu, edit menu, and a page to choose from.

Who may do what is asked of the document, never of the snippet alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.utils import quote, unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ForeignKey, Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button
from wagtail.documents import get_document_model
from wagtail.models import DraftStateMixin, ReferenceIndex
from wagtail.snippets.action_menu import ActionMenuItem
from wagtail.snippets.models import get_snippet_models

from wagtail_m365.documents.permissions import may_edit

from .access import UsesMicrosoft365
from .buttons import document_buttons, open_button, save_button, shown_to
from .edit_sessions import facts_of, prefetch_open_sessions


def document_fields(model: type[Model]) -> tuple[ForeignKey[Any, Any], ...]:
    """The fields of a model that name a document."""
    document = get_document_model()
    return tuple(
        field
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and issubclass(field.related_model, document)
    )


def listing_buttons(
    snippet: Any, user: Any, next_url: str | None = None
) -> Iterator[Button]:
    """Row menu items (hook ``register_snippet_listing_buttons``); no query per row.

    The document itself is not read, so that a long listing stays one query: whether
    this person may change it, and whether Office can, is said on the action's page.
    """
    if not shown_to(user):
        return
    named = [
        (field, getattr(snippet, field.attname))
        for field in document_fields(type(snippet))
    ]
    present = [(field, pk) for field, pk in named if pk]
    for field, pk in present:
        # With several documents, the field's name tells them apart.
        which = f" ({field.verbose_name})" if len(present) > 1 else ""
        label = _("Open in Microsoft 365") + which
        yield open_button(user, pk, title=str(snippet), label=label)
        yield save_button(pk, next_url or "", label=_("Save to OneDrive") + which)


def documents_of(snippet: Any, user: Any) -> list[Any]:
    """The documents that a snippet carries and this person may change, by title.

    Named by a field, or found in streams, rich text and inline models through
    Wagtail's reference index. Two queries, and one for their edit sessions.
    """
    document_model = get_document_model()
    keys = {
        str(pk)
        for field in document_fields(type(snippet))
        if (pk := getattr(snippet, field.attname))
    }
    references = ReferenceIndex.get_references_for_object(snippet).filter(
        to_content_type=ContentType.objects.get_for_model(document_model)
    )
    keys.update(references.values_list("to_object_id", flat=True))
    if not keys:
        return []
    found = document_model._default_manager.filter(pk__in=keys)
    documents = found.select_related("collection").order_by("title", "pk")
    editable = [each for each in documents if may_edit(each, user)]
    prefetch_open_sessions(editable)
    return editable


class ButtonMenuItem(ActionMenuItem):
    """One of our buttons in the menu of a snippet's edit page."""

    template_name = "wagtail_m365/snippets/menu_item.html"

    def __init__(self, button: Button) -> None:
        super().__init__(order=button.priority)
        self.button = button
        self.label = button.label
        self.icon_name = button.icon_name

    def get_url(self, parent_context: Any) -> str:
        return str(self.button.url)

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {**super().get_context_data(parent_context), "button": self.button}


def extend_action_menu(
    items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]
) -> None:
    """Menu items on a snippet's edit page (hook ``construct_snippet_action_menu``).

    This hook, and not ``register_snippet_action_menu_item``: that one gives one item
    per model for the whole life of the process, but which actions there are depends
    on the documents of this snippet. Ours come last, so none is the default action.
    """
    snippet: Any = context.get("instance")
    if context.get("view") != "edit" or not shown_to(request.user):
        return
    if not _may_carry(type(snippet)):
        return
    documents = documents_of(snippet, request.user)
    if len(documents) == 1:
        buttons = document_buttons(documents[0], request, place="snippet")
        items.extend(map(ButtonMenuItem, buttons))
    elif documents:
        items.append(ButtonMenuItem(_choice_button(snippet)))


def _may_carry(model: type[Model]) -> bool:
    """Could the model carry a document anywhere? If not, nothing is asked."""
    return bool(document_fields(model)) or ReferenceIndex.model_is_indexable(model)


def _choice_button(snippet: Any) -> Button:
    address = [snippet._meta.app_label, snippet._meta.model_name, quote(snippet.pk)]
    return Button(
        _("Documents in Microsoft 365"),
        url=reverse("wagtail_m365:snippet_documents", args=address),
        icon_name="m365",
        priority=60,
    )


class SnippetDocumentsView(UsesMicrosoft365, WagtailAdminTemplateMixin, TemplateView):
    """The documents that a snippet carries, each with its actions."""

    template_name = "wagtail_m365/snippets/documents.html"
    page_title = gettext_lazy("Documents in Microsoft 365")
    header_icon = "m365"
    http_method_names = ["get", "head"]

    @cached_property
    def model(self) -> Any:
        """The snippet's model; 404 for what is no snippet."""
        wanted = (self.kwargs["app_label"], self.kwargs["model_name"])
        for model in get_snippet_models():
            if wanted == (model._meta.app_label, model._meta.model_name):
                return model
        raise Http404

    @cached_property
    def snippet(self) -> Any:
        """The snippet; refused to people who may not change it."""
        snippet = self._found(unquote(self.kwargs["snippet_id"]))
        policy = self.model.snippet_viewset.permission_policy
        if not policy.user_has_permission_for_instance(
            self.request.user, "change", snippet
        ):
            raise PermissionDenied
        return snippet

    def _found(self, pk: str) -> Any:
        try:
            found = get_object_or_404(self.model._default_manager, pk=pk)
        except (ValueError, ValidationError) as error:
            raise Http404 from error
        # What the page shows that leads here: a draft may carry other documents.
        is_drafted = isinstance(found, DraftStateMixin)
        return found.get_latest_revision_as_object() if is_drafted else found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        documents = documents_of(self.snippet, request.user)
        rows = [
            (each, facts_of(each, request.user), self.buttons(each))
            for each in documents
        ]
        return self.render_to_response(
            self.get_context_data(rows=rows, edit_url=self.edit_url)
        )

    def buttons(self, document: Any) -> list[Button]:
        return sorted(document_buttons(document, self.request, place="snippet"))

    @property
    def edit_url(self) -> str:
        name = self.model.snippet_viewset.get_url_name("edit")
        return reverse(name, args=[quote(self.snippet.pk)])

    def get_page_subtitle(self) -> str:
        return str(self.snippet)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        index = reverse(self.model.snippet_viewset.get_url_name("list"))
        return [
            *self.breadcrumbs_items,
            {"url": index, "label": str(self.model._meta.verbose_name_plural)},
            {"url": self.edit_url, "label": str(self.snippet)},
            {"url": "", "label": self.get_page_title()},
        ]
