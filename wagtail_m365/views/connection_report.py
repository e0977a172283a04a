"""*Reports → Microsoft connections*: who has connected which account, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import (
    BaseColumn,
    ButtonsColumnMixin,
    DateColumn,
    TitleColumn,
)
from wagtail.admin.widgets.button import Button, ButtonWithDropdown

from wagtail_m365.hooks import Purpose
from wagtail_m365.models import Connection, TokenUse
from wagtail_m365.tokens.purposes import declared
from wagtail_m365.tokens.revoking import is_revoked
from wagtail_m365.tokens.service_connections import may_manage

from .access import ManagesConnections
from .addresses import service_address
from .connection_states import (
    RightsColumn,
    Standing,
    StateColumn,
    account_of,
    owner_of,
)
from .exports import SafeReportView

_IDLE = (
    ("30", gettext_lazy("For 30 days")),
    ("60", gettext_lazy("For 60 days")),
    # Microsoft, "Refresh tokens": they end after 90 days without use.
    ("90", gettext_lazy("For 90 days")),
)
_OWNERS = (
    ("editors", gettext_lazy("People")),
    ("site", gettext_lazy("The site")),
)


def with_last_purpose() -> QuerySet[Connection]:
    """All connections, each with the purpose that used it last."""
    latest = TokenUse.objects.filter(connection=OuterRef("pk"))
    latest = latest.order_by("-last_used_at")
    return Connection.objects.select_related("user").annotate(
        last_purpose=Subquery(latest.values("purpose")[:1])
    )


def _tenants() -> list[tuple[str, str]]:
    known = Connection.objects.order_by("tenant_id").values_list("tenant_id", flat=True)
    return [(tenant, tenant) for tenant in known.distinct() if tenant]


class ConnectionFilterSet(WagtailFilterSet):
    """By state, owner, kind, tenant and idleness."""

    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"),
        choices=Connection.State.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    owner = django_filters.ChoiceFilter(
        label=gettext_lazy("Belongs to"),
        choices=_OWNERS,
        empty_label=gettext_lazy("Anyone"),
        widget=forms.RadioSelect,
        method="filter_owner",
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=Connection.Kind.choices,
        empty_label=gettext_lazy("Any"),
        widget=forms.RadioSelect,
    )
    tenant = django_filters.ChoiceFilter(
        label=gettext_lazy("Tenant"),
        field_name="tenant_id",
        choices=_tenants,
        empty_label=gettext_lazy("Any"),
    )
    idle = django_filters.ChoiceFilter(
        label=gettext_lazy("Not used"),
        choices=_IDLE,
        empty_label=gettext_lazy("Used or not"),
        widget=forms.RadioSelect,
        method="filter_idle",
    )

    class Meta:
        model = Connection
        fields = ["state", "owner", "kind", "tenant", "idle"]

    def filter_owner(
        self, queryset: QuerySet[Connection], name: str, owner: str
    ) -> QuerySet[Connection]:
        return queryset.filter(service_name__isnull=owner != "site")

    def filter_idle(
        self, queryset: QuerySet[Connection], name: str, days: str
    ) -> QuerySet[Connection]:
        since = timezone.now() - timedelta(days=int(days))
        never = Q(last_used_at=None, created_at__lt=since)
        return queryset.filter(never | Q(last_used_at__lt=since))


class _OwnerColumn(ButtonsColumnMixin, TitleColumn):
    """Whose it is, and what can be done with it."""

    def get_link_url(
        self, instance: Connection, parent_context: dict[str, Any]
    ) -> str | None:
        if instance.service_name:
            return service_address(instance.service_name)
        return None

    def get_buttons(
        self, instance: Connection, parent_context: dict[str, Any]
    ) -> list[Button]:
        if instance.service_name or is_revoked(instance):
            return []
        here = parent_context["request"].get_full_path()
        button = Button(
            _("Revoke…"), url=revoke_address(instance, here), icon_name="cross"
        )
        name = _("More options for '%(title)s'") % {"title": account_of(instance)}
        menu = ButtonWithDropdown(
            buttons=[button], icon_name="dots-horizontal", attrs={"aria-label": name}
        )
        return [menu]


class _AccountColumn(BaseColumn):
    """The account, and where it belongs."""

    cell_template_name = "wagtail_m365/connections/account_cell.html"

    def get_cell_context_data(
        self, instance: Connection, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return {
            **context,
            "account": account_of(instance),
            "is_personal": instance.is_personal,
            "tenant": instance.tenant_id,
        }


class _UsedColumn(BaseColumn):
    """When it was used last, and for which purpose."""

    cell_template_name = "wagtail_m365/connections/used_cell.html"

    @cached_property
    def declared(self) -> Mapping[str, Purpose]:
        """Asked of the plugins once for all rows."""
        return declared()

    def get_cell_context_data(
        self, instance: Connection, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        # The query adds it (`with_last_purpose`).
        name: str = getattr(instance, "last_purpose", None) or ""
        known = self.declared.get(name)
        purpose = known.title if known else name
        return {**context, "connection": instance, "purpose": purpose}


class ConnectionReportView(ManagesConnections, SafeReportView):
    """The listing, with filters and exports."""

    model = Connection
    page_title = gettext_lazy("Microsoft connections")
    header_icon = "m365"
    index_url_name = "wagtail_m365:connection_report"
    index_results_url_name = "wagtail_m365:connection_report_results"
    results_template_name = "wagtail_m365/connections/report_results.html"
    filterset_class = ConnectionFilterSet
    filename = "microsoft-connections"
    list_export = [
        *("owner", "account", "tenant_id", "get_kind_display", "get_state_display"),
        *("explained", "granted_scopes", "created_at", "last_used_at", "last_purpose"),
    ]
    export_headings = {
        "owner": gettext_lazy("Belongs to"),
        "account": gettext_lazy("Microsoft account"),
        "tenant_id": gettext_lazy("Tenant"),
        "get_kind_display": gettext_lazy("Kind"),
        "get_state_display": gettext_lazy("State"),
        "explained": gettext_lazy("What is wrong"),
        "granted_scopes": gettext_lazy("Rights"),
        "created_at": gettext_lazy("Connected on"),
        "last_used_at": gettext_lazy("Last used"),
        "last_purpose": gettext_lazy("Last used for"),
    }

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a connection."""
        return [
            _OwnerColumn(
                "owner",
                label=_("Belongs to"),
                accessor=owner_of,
                classname="m365-cell--name",
            ),
            _AccountColumn(
                "username", label=_("Microsoft account"), sort_key="username"
            ),
            StateColumn("state", label=_("State"), sort_key="state"),
            RightsColumn("granted_scopes", label=_("Rights")),
            DateColumn("created_at", label=_("Connected on"), sort_key="created_at"),
            _UsedColumn("last_used_at", label=_("Last used"), sort_key="last_used_at"),
        ]

    def get_base_queryset(self) -> QuerySet[Connection]:
        return with_last_purpose().order_by(
            F("last_used_at").desc(nulls_last=True), "pk"
        )

    def to_row_dict(self, item: Connection) -> dict[str, Any]:
        """What stands in words on the page stands in words in the file."""
        row: dict[str, Any] = super().to_row_dict(_Exported(item))
        return row


class _Exported:
    """A connection, with what the file says of it beside its columns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.owner = owner_of(connection)
        self.account = account_of(connection)
        explanation = Standing.of(connection).explanation
        self.explained = explanation.what if explanation else ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def revoke_address(connection: Connection, next_url: str) -> str:
    """The page that asks whether to end somebody's connection."""
    path = reverse("wagtail_m365:revoke", args=[connection.pk])
    return f"{path}?{urlencode({'next': next_url})}"


class ConnectionReportMenuItem(MenuItem):
    """*Reports → Microsoft connections*, for people who manage connections."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_manage(request.user)


def menu_item() -> ConnectionReportMenuItem:
    """For the hook ``register_reports_menu_item``."""
    return ConnectionReportMenuItem(
        _("Microsoft connections"),
        reverse("wagtail_m365:connection_report"),
        name="m365-connections",
        icon_name="m365",
        order=1101,
    )
