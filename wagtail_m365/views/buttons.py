"""*Open in Microsoft 365*, *Save to OneDrive* and the like, as Wagtail's buttons."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button, HeaderButton

from wagtail_m365.documents.formats import editable
from wagtail_m365.documents.wagtail_compat import document_policy
from wagtail_m365.hooks import construct_m365_document_actions
from wagtail_m365.models import EditSession, RemoteSource
from wagtail_m365.models.configuration import is_enabled

from .access import may_use
from .go import open_url

#: Wagtail's own actions have 10 to 30.
_FIRST = 60
_NEW_TAB = {"target": "_blank", "rel": "noopener"}


def shown_to(user: Any) -> bool:
    """Does this person see anything of Microsoft 365 on Wagtail's pages?

    Asked once per row, so the answer is kept on the user, who lives as long as the
    request.
    """
    if not hasattr(user, "_m365_shown"):
        user._m365_shown = may_use(user) and is_enabled()
    return bool(user._m365_shown)


def open_session_of(document: Any) -> EditSession | None:
    """The edit session in which the document is open; no query if prefetched."""
    return getattr(document, "m365_open_session", None)


def document_buttons(
    document: Any, request: HttpRequest, *, place: str, next_url: str = ""
) -> list[Button]:
    """The actions of a document, for a menu on one of Wagtail's pages.

    Args:
        document: One that the person may change; every action's page asks again.
        request: The request of the page that shows the menu.
        place: ``"listing"``, ``"edit"`` or ``"snippet"``: told to the hook.
        next_url: Where the actions lead back to; ``""``: to that page.
    """
    if not shown_to(request.user):
        return []
    session = open_session_of(document)
    next_url = next_url or request.get_full_path()
    buttons = []
    if session or editable(document.filename):
        buttons.append(open_button(request.user, document.pk, title=str(document)))
    if session and session.owner_id == request.user.pk:
        if session.state != session.State.OPENING:
            buttons.append(bring_back_button(document, next_url))
        # Ending work is not offered where one click too many is easily made.
        if place == "edit":
            buttons.append(discard_button(document, next_url))
    if place == "edit" and RemoteSource.objects.of_document(document).exists():
        buttons.append(update_button(document, next_url))
    buttons.append(save_button(document.pk, next_url))
    construct_m365_document_actions(
        actions=buttons,
        document=document,
        request=request,
        context={"place": place, "session": session},
    )
    return buttons


def open_button(user: Any, document_pk: Any, *, title: str, label: str = "") -> Button:
    """A link to a new tab, in which the document opens by itself."""
    label = label or _("Open in Microsoft 365")
    # The name that is read out begins with the one that is seen (WCAG 2.5.3).
    name = _("%(label)s: %(title)s (new tab)") % {"label": label, "title": title}
    return Button(
        label,
        url=open_url(user, document_pk),
        icon_name="m365",
        attrs={**_NEW_TAB, "aria-label": name},
        priority=_FIRST,
    )


def bring_back_button(document: Any, next_url: str = "") -> Button:
    """Fetch the edited file."""
    return Button(
        _("Bring back from Microsoft 365"),
        url=page_url("bring_back", document.pk, next_url),
        icon_name="download",
        priority=_FIRST + 1,
    )


def discard_button(document: Any, next_url: str = "") -> Button:
    """End the edit session without its changes."""
    return Button(
        _("Discard the copy in Microsoft 365"),
        url=page_url("discard", document.pk, next_url),
        icon_name="bin",
        priority=_FIRST + 2,
    )


def update_button(document: Any, next_url: str = "") -> Button:
    """Fetch the file that an imported document came from."""
    return Button(
        _("Update from OneDrive"),
        url=page_url("update", document.pk, next_url),
        icon_name="download",
        priority=_FIRST + 2,
    )


def save_button(document_pk: Any, next_url: str = "", *, label: str = "") -> Button:
    """Write a copy to the person's OneDrive."""
    return Button(
        label or _("Save to OneDrive"),
        url=page_url("save", document_pk, next_url),
        icon_name="upload",
        priority=_FIRST + 3,
    )


def may_import(user: Any) -> bool:
    """May this person add documents anywhere?"""
    return bool(document_policy().user_has_permission(user, "add"))


class _RenderedLightly:
    """As Wagtail's template, which takes longer than twenty rows of our column."""

    label: str
    url: str
    classname: str
    icon_name: str
    base_attrs_string: str

    def render_html(self, parent_context: Any = None) -> SafeString:
        """The link."""
        return format_html(
            '<a href="{}" class="{}"{}><svg class="icon icon-{}" aria-hidden="true">'
            '<use href="#icon-{}"></use></svg> {}</a>',
            *(self.url, self.classname, self.base_attrs_string),
            *(self.icon_name, self.icon_name, self.label),
        )


class _LightHeaderButton(_RenderedLightly, HeaderButton):
    """In the header of the listing."""


class _LightButton(_RenderedLightly, Button):
    """In the menu of the header of the listing."""


def import_button(collection: str = "") -> HeaderButton:
    """Choose files in OneDrive; they are for this collection, if one is shown."""
    url = reverse("wagtail_m365:import")
    if collection.isdecimal():
        url = f"{url}?{urlencode({'collection': collection})}"
    return _LightHeaderButton(_("Add from OneDrive"), url=url, icon_name="m365")


def save_collection_button(request: HttpRequest) -> Button:
    """Write copies of all documents of a collection: asks which, if none is shown."""
    shown = request.GET.get("collection_id", "")
    known = {"collection": shown} if shown.isdecimal() else {}
    query = urlencode({**known, "next": request.get_full_path()})
    return _LightButton(
        _("Save collection to OneDrive"),
        url=f"{reverse('wagtail_m365:save_collection')}?{query}",
        icon_name="upload",
        priority=_FIRST,
    )


def page_url(name: str, document_pk: Any, next_url: str = "") -> str:
    """One of our pages about a document, and where it leads afterwards."""
    path = reverse(f"wagtail_m365:{name}", args=[document_pk])
    return f"{path}?{urlencode({'next': next_url})}" if next_url else path
