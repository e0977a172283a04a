"""*Reports → Use of Microsoft tokens*: which purpose used whose connection, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, DateColumn
from wagtail.admin.utils import get_user_display_name

from wagtail_m365.hooks import Purpose
from wagtail_m365.models import TokenUse
from wagtail_m365.tokens.purposes import declared
from wagtail_m365.tokens.service_connections import may_manage

from .access import ManagesConnections
from .exports import SafeReportView
from .people_filter import PersonFilter


def _people(request: HttpRequest | None) -> QuerySet[Any]:
    """Those who stand in the log."""
    known = TokenUse.objects.order_by().values("user")
    people = get_user_model()._default_manager.filter(pk__in=known)
    return people.order_by(get_user_model().USERNAME_FIELD)


def _purposes() -> list[tuple[str, str]]:
    """Those that are declared or were."""
    used = TokenUse.objects.order_by().values_list("purpose", flat=True).distinct()
    titles = {name: str(purpose.title) for name, purpose in declared().items()}
    names = sorted({*titles, *used})
    return [
        (name, f"{titles[name]} ({name})" if name in titles else name) for name in names
    ]


class UseLogFilterSet(WagtailFilterSet):
    """By purpose, person and day."""

    purpose = django_filters.ChoiceFilter(
        label=gettext_lazy("Purpose"),
        choices=_purposes,
        empty_label=gettext_lazy("Any"),
    )
    user = PersonFilter(
        label=gettext_lazy("Person"),
        empty_label=gettext_lazy("Anyone"),
        queryset=_people,
    )
    day = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Day"), widget=DateRangePickerWidget
    )

    class Meta:
        model = TokenUse
        fields = ["purpose", "user", "day"]


class _PurposeColumn(BaseColumn):
    """What the plugin calls it, and the name under which code does."""

    cell_template_name = "wagtail_m365/purposes/purpose_cell.html"

    @cached_property
    def declared(self) -> Mapping[str, Purpose]:
        """Asked of the plugins once for all rows."""
        return declared()

    def get_cell_context_data(
        self, instance: TokenUse, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        known = self.declared.get(instance.purpose)
        return {**context, "title": known.title if known else ""}


class UseLogView(ManagesConnections, SafeReportView):
    """The listing, with filters and exports."""

    model = TokenUse
    page_title = gettext_lazy("Use of Microsoft tokens")
    header_icon = "m365"
    index_url_name = "wagtail_m365:use_log"
    index_results_url_name = "wagtail_m365:use_log_results"
    results_template_name = "wagtail_m365/purposes/use_log_results.html"
    filterset_class = UseLogFilterSet
    filename = "microsoft-token-uses"
    list_export = ["day", "purpose", "user", "account", "uses", "last_used_at"]
    export_headings = {
        "day": gettext_lazy("Day"),
        "user": gettext_lazy("Person"),
        "account": gettext_lazy("Microsoft account"),
    }

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a use."""
        return [
            Column("day", label=_("Day"), sort_key="day"),
            _PurposeColumn("purpose", label=_("Purpose"), sort_key="purpose"),
            Column("user", label=_("Person"), accessor=_person_of),
            Column("account", label=_("Microsoft account"), sort_key="account"),
            Column("uses", label=_("Uses"), sort_key="uses"),
            DateColumn("last_used_at", label=_("Last used"), sort_key="last_used_at"),
        ]

    def get_base_queryset(self) -> QuerySet[TokenUse]:
        uses = TokenUse.objects.select_related("user")
        return uses.order_by("-day", "-last_used_at", "pk")


def _person_of(use: TokenUse) -> str:
    return str(get_user_display_name(use.user)) if use.user else _("The site")


class UseLogMenuItem(MenuItem):
    """*Reports → Use of Microsoft tokens*, for people who manage connections."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_manage(request.user)


def menu_item() -> UseLogMenuItem:
    """For the hook ``register_reports_menu_item``."""
    return UseLogMenuItem(
        _("Use of Microsoft tokens"),
        reverse("wagtail_m365:use_log"),
        name="m365-use-log",
        icon_name="m365",
        order=1102,
    )
