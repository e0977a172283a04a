"""*Reports → Edit sessions*: who has which documents open in Microsoft 365.

Everybody sees the sessions of documents that they may change, and their own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.contrib.auth import get_user_model
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import CollectionFilter, WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import (
    BaseColumn,
    ButtonsColumnMixin,
    Column,
    DateColumn,
    TitleColumn,
)
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.widgets.button import Button, ButtonWithDropdown

from wagtail_m365.documents.permissions import may_manage
from wagtail_m365.documents.wagtail_compat import document_policy
from wagtail_m365.models import EditSession

from .access import UsesMicrosoft365
from .buttons import page_url, shown_to
from .document_page import edit_url
from .edit_sessions import SessionFacts
from .exports import SafeReportView
from .people_filter import PersonFilter

_AGES = (
    ("1", gettext_lazy("More than a day ago")),
    ("7", gettext_lazy("More than a week ago")),
    ("30", gettext_lazy("More than 30 days ago")),
)


def visible_sessions(user: Any) -> QuerySet[EditSession]:
    """The edit sessions that this person may know of, unfinished ones first."""
    sessions = EditSession.objects.select_related(
        "owner", "connection", "document__collection"
    ).order_by(F("open_for").asc(nulls_last=True), "-opened_at")
    if user.is_superuser:
        return sessions
    documents = document_policy().instances_user_has_permission_for(user, "change")
    return sessions.filter(Q(document__in=documents.values("pk")) | Q(owner=user))


def _owners(request: HttpRequest) -> QuerySet[Any]:
    """People of whom this person sees sessions, and nobody else."""
    shown = visible_sessions(request.user).order_by().values("owner")
    people = get_user_model()._default_manager.filter(pk__in=shown)
    return people.order_by(get_user_model().USERNAME_FIELD)


def _collections(request: HttpRequest) -> QuerySet[Any]:
    found: QuerySet[Any] = document_policy().collections_user_has_permission_for(
        request.user, "change"
    )
    return found


class EditSessionFilterSet(WagtailFilterSet):
    """By state, owner, age and collection."""

    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"),
        choices=EditSession.State.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    owner = PersonFilter(
        label=gettext_lazy("Opened by"),
        empty_label=gettext_lazy("Anyone"),
        queryset=_owners,
    )
    age = django_filters.ChoiceFilter(
        label=gettext_lazy("Opened"),
        choices=_AGES,
        empty_label=gettext_lazy("Any time"),
        widget=forms.RadioSelect,
        method="filter_age",
    )
    collection = CollectionFilter(
        label=gettext_lazy("Collection"),
        field_name="document__collection",
        queryset=_collections,
    )

    class Meta:
        model = EditSession
        fields = ["state", "owner", "age", "collection"]

    def filter_age(
        self, queryset: QuerySet[EditSession], name: str, days: str
    ) -> QuerySet[EditSession]:
        return queryset.filter(opened_at__lt=timezone.now() - timedelta(days=int(days)))


class _StateColumn(BaseColumn):
    """How it stands, and what that rests on."""

    cell_template_name = "wagtail_m365/edit_sessions/state_cell.html"

    def get_cell_context_data(
        self, instance: EditSession, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(
            instance, parent_context
        )
        user = parent_context["request"].user
        return {**context, "facts": SessionFacts(session=instance, user=user)}


class _DocumentColumn(ButtonsColumnMixin, TitleColumn):
    """The document's title and what can be done with the session."""

    def get_link_url(
        self, instance: EditSession, parent_context: dict[str, Any]
    ) -> str | None:
        return edit_url(instance.document) if instance.document else None

    def get_buttons(
        self, instance: EditSession, parent_context: dict[str, Any]
    ) -> list[Button]:
        buttons = session_buttons(instance, parent_context["request"])
        if not buttons:
            return []
        name = _("More options for '%(title)s'") % {"title": instance}
        menu = ButtonWithDropdown(
            buttons=buttons, icon_name="dots-horizontal", attrs={"aria-label": name}
        )
        return [menu]


def session_buttons(session: EditSession, request: HttpRequest) -> list[Button]:
    """What this person may do with the session; every action's page asks again."""
    user, here = request.user, request.get_full_path()
    if not session.is_unfinished or session.document is None:
        return []
    mine, manages = session.owner_id == user.pk, may_manage(user)
    buttons = []
    if (mine or manages) and session.state != EditSession.State.OPENING:
        url = session_url("hand_over", session, here)
        buttons.append(Button(_("Hand over…"), url=url, icon_name="user", priority=10))
    if mine:
        url = page_url("discard", session.document_id, here)
        buttons.append(Button(_("Discard…"), url=url, icon_name="bin", priority=20))
    elif manages:
        url = session_url("end_session", session, here)
        buttons.append(Button(_("End…"), url=url, icon_name="cross", priority=20))
    return buttons


def session_url(name: str, session: EditSession, next_url: str = "") -> str:
    """One of our pages about a session, and where it leads afterwards."""
    return page_url(name, session.pk, next_url)


class EditSessionsView(UsesMicrosoft365, SafeReportView):
    """The listing, with filters and exports."""

    model = EditSession
    page_title = gettext_lazy("Edit sessions")
    header_icon = "m365"
    index_url_name = "wagtail_m365:edit_sessions"
    index_results_url_name = "wagtail_m365:edit_sessions_results"
    results_template_name = "wagtail_m365/edit_sessions/report_results.html"
    filterset_class = EditSessionFilterSet
    # Anybody with a document of their own may look; the rows are limited instead.
    filename = "edit-sessions"
    list_export = [
        "document_title",
        "document.collection",
        "owner",
        "connection",
        "get_state_display",
        "opened_at",
        "remote_modified_at",
        "remote_modified_by",
        "closed_at",
        "get_remote_copy_display",
    ]
    export_headings = {
        "document_title": gettext_lazy("Document"),
        "document.collection": gettext_lazy("Collection"),
        "owner": gettext_lazy("Opened by"),
        "connection": gettext_lazy("Microsoft account"),
        "get_state_display": gettext_lazy("State"),
        "opened_at": gettext_lazy("Opened"),
        "remote_modified_at": gettext_lazy("Changed in Microsoft 365"),
        "remote_modified_by": gettext_lazy("Changed by"),
        "closed_at": gettext_lazy("Closed"),
        "get_remote_copy_display": gettext_lazy("Copy in Microsoft 365"),
    }

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a session."""
        return [
            _DocumentColumn(
                "document_title", label=_("Document"), classname="m365-cell"
            ),
            Column("owner", label=_("Opened by"), accessor=owner_of),
            DateColumn("opened_at", label=_("Opened"), sort_key="opened_at"),
            _StateColumn("state", label=_("State"), sort_key="state"),
            Column(
                "remote_copy",
                label=_("Copy in Microsoft 365"),
                accessor="get_remote_copy_display",
            ),
        ]

    def get_base_queryset(self) -> QuerySet[EditSession]:
        return visible_sessions(self.request.user)


def owner_of(session: Any) -> str:
    """Whose an edit session or a transfer is."""
    if session.owner is None:
        return _("Somebody who left")
    return str(get_user_display_name(session.owner))


class EditSessionsMenuItem(MenuItem):
    """*Reports → Edit sessions*, for people who may change some document."""

    def is_shown(self, request: HttpRequest) -> bool:
        policy = document_policy()
        return shown_to(request.user) and bool(
            policy.user_has_any_permission(request.user, ["add", "change"])
        )


def menu_item() -> EditSessionsMenuItem:
    """For the hook ``register_reports_menu_item``."""
    return EditSessionsMenuItem(
        _("Edit sessions"),
        reverse("wagtail_m365:edit_sessions"),
        name="m365-edit-sessions",
        icon_name="m365",
        order=1100,
    )
