"""*Reports → Transfers*: what goes to Microsoft 365 and comes from there.

Everybody sees their own; whoever manages edit sessions sees all.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, DateColumn, TitleColumn

from wagtail_m365.models import Transfer

from .access import UsesMicrosoft365
from .buttons import shown_to
from .exports import SafeReportView
from .people_filter import PersonFilter
from .session_report import owner_of
from .transfers import Row, visible_transfers


def _owners(request: HttpRequest) -> QuerySet[Any]:
    """People of whom this person sees transfers, and nobody else."""
    from django.contrib.auth import get_user_model

    shown = visible_transfers(request.user).order_by().values("owner")
    people = get_user_model()._default_manager.filter(pk__in=shown)
    return people.order_by(get_user_model().USERNAME_FIELD)


class TransferFilterSet(WagtailFilterSet):
    """By state, kind and person."""

    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"),
        choices=Transfer.State.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=Transfer.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    owner = PersonFilter(
        label=gettext_lazy("Started by"),
        empty_label=gettext_lazy("Anyone"),
        queryset=_owners,
    )

    class Meta:
        model = Transfer
        fields = ["state", "kind", "owner"]


class _StateColumn(BaseColumn):
    """How it stands, with the reason where it failed."""

    cell_template_name = "wagtail_m365/transfers/state_cell.html"

    def get_cell_context_data(
        self, instance: Transfer, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(
            instance, parent_context
        )
        here = parent_context["request"].get_full_path()
        return {**context, "row": Row(instance, here)}


class TransfersView(UsesMicrosoft365, SafeReportView):
    """The listing, with filters and exports."""

    model = Transfer
    page_title = gettext_lazy("Transfers")
    header_icon = "m365"
    index_url_name = "wagtail_m365:transfers"
    index_results_url_name = "wagtail_m365:transfers_results"
    results_template_name = "wagtail_m365/transfers/report_results.html"
    filterset_class = TransferFilterSet
    default_ordering = "-created_at"
    filename = "transfers"
    list_export = [
        "title",
        "original_name",
        "name",
        "get_kind_display",
        "owner",
        "connection",
        "get_state_display",
        "error_code",
        "size",
        "created_at",
        "finished_at",
    ]
    export_headings = {
        "title": gettext_lazy("Document"),
        "original_name": gettext_lazy("Name on this site"),
        "name": gettext_lazy("Name in Microsoft 365"),
        "get_kind_display": gettext_lazy("Kind"),
        "owner": gettext_lazy("Started by"),
        "connection": gettext_lazy("Microsoft account"),
        "get_state_display": gettext_lazy("State"),
        "error_code": gettext_lazy("Error"),
        "size": gettext_lazy("Bytes"),
        "created_at": gettext_lazy("Started"),
        "finished_at": gettext_lazy("Ended"),
    }

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a transfer."""
        return [
            TitleColumn(
                "title",
                label=_("Document"),
                get_url=_batch_url,
                classname="m365-cell",
                sort_key="title",
            ),
            # Second, so that it is in sight on a phone, too.
            _StateColumn("state", label=_("State"), sort_key="state"),
            Column("kind", label=_("Kind"), accessor="get_kind_display"),
            Column("owner", label=_("Started by"), accessor=owner_of),
            DateColumn("created_at", label=_("Started"), sort_key="created_at"),
        ]

    def get_base_queryset(self) -> QuerySet[Transfer]:
        return visible_transfers(self.request.user)


def _batch_url(transfer: Transfer) -> str:
    return reverse("wagtail_m365:transfer_batch", args=[transfer.batch_id])


class TransfersMenuItem(MenuItem):
    """*Reports → Transfers*, for whoever uses Microsoft 365 here."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(shown_to(request.user))


def menu_item() -> TransfersMenuItem:
    """For the hook ``register_reports_menu_item``."""
    return TransfersMenuItem(
        _("Transfers"),
        reverse("wagtail_m365:transfers"),
        name="m365-transfers",
        icon_name="m365",
        order=1110,
    )
