"""*Settings → Service connections*: the accounts that belong to the site itself."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import IndexView

from wagtail_m365.models import Connection
from wagtail_m365.tokens.service_connections import may_manage

from .access import ManagesConnections
from .addresses import service_address
from .connection_states import RightsColumn, StateColumn, account_of


class _NameColumn(TitleColumn):
    def get_link_url(
        self, instance: Connection, parent_context: dict[str, Any]
    ) -> str | None:
        return service_address(instance.service_name or "")


class ServiceConnectionsView(ManagesConnections, IndexView):
    """The listing."""

    model = Connection
    page_title = gettext_lazy("Service connections")
    header_icon = "m365"
    index_url_name = "wagtail_m365:service_connections"
    index_results_url_name = "wagtail_m365:service_connections_results"
    add_url_name = "wagtail_m365:service_add"
    add_item_label = gettext_lazy("Add a service connection")
    results_template_name = "wagtail_m365/services/list_results.html"
    # One permission for all of them, asked for by ManagesConnections.
    permission_policy = None
    default_ordering = "service_name"
    is_searchable = False
    list_export: list[str] = []

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a connection."""
        return [
            _NameColumn(
                "service_name",
                label=_("Name"),
                classname="m365-cell",
                sort_key="service_name",
            ),
            Column("label", label=_("Label"), sort_key="label"),
            Column("username", label=_("Acts as"), accessor=account_of),
            StateColumn("state", label=_("State"), sort_key="state"),
            RightsColumn("granted_scopes", label=_("Rights")),
            DateColumn("last_used_at", label=_("Last used"), sort_key="last_used_at"),
        ]

    def get_base_queryset(self) -> QuerySet[Connection]:
        """The site's own; those of editors are in the report."""
        return Connection.objects.service()

    def get_add_url(self) -> str:
        """Whoever sees the list may add."""
        return reverse(self.add_url_name)


class ServiceConnectionsMenuItem(MenuItem):
    """*Settings → Service connections*, for people who manage connections."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Only where the page behind it opens."""
        return may_manage(request.user)


def menu_item() -> ServiceConnectionsMenuItem:
    """For the hook ``register_settings_menu_item``."""
    return ServiceConnectionsMenuItem(
        _("Service connections"),
        reverse("wagtail_m365:service_connections"),
        name="m365-service-connections",
        icon_name="m365",
        order=802,
    )
