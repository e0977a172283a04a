"""*Reports → Followed drives*: whose changes are noticed, and whether Microsoft calls."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, DateColumn
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.generic import IndexView

from wagtail_m365 import tasks
from wagtail_m365.conf import settings
from wagtail_m365.documents.subscribing import renew_now
from wagtail_m365.errors import Explanation, M365Error
from wagtail_m365.models import FollowedDrive
from wagtail_m365.tokens.service_connections import may_manage

from .access import ManagesConnections
from .errors import explain_in_message


class _Cell(BaseColumn):
    """A column whose cells are a template of ours."""

    def __init__(self, name: str, *, label: str) -> None:
        self.cell_template_name = f"wagtail_m365/webhooks/{name}_cell.html"
        super().__init__(name, label=label)

    def get_cell_context_data(
        self, instance: FollowedDrive, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        """The context of one cell."""
        context: dict[str, Any] = super().get_cell_context_data(
            instance, parent_context
        )
        subscription = getattr(instance, "subscription", None)
        return context | {
            "owner": _owner_of(instance),
            "subscription": subscription,
            "webhooks": settings.WEBHOOKS,
            "troubles": [
                each
                for each in (
                    _explained(subscription.last_error if subscription else ""),
                    _explained(instance.last_error),
                )
                if each
            ],
        }


class _EndColumn(Column):
    """A moment that is still to come: Wagtail's own column would say “just now”."""

    cell_template_name = "wagtail_m365/webhooks/end_cell.html"


class FollowedDrivesView(ManagesConnections, IndexView):
    """The listing."""

    model = FollowedDrive
    page_title = gettext_lazy("Followed drives")
    header_icon = "m365"
    index_url_name = "wagtail_m365:followed_drives"
    index_results_url_name = "wagtail_m365:followed_drives_results"
    results_template_name = "wagtail_m365/webhooks/list_results.html"
    # One permission for all of them, asked for by ManagesConnections.
    permission_policy = None
    # Many have no end: those stay in one order, so that no page misses any.
    default_ordering = ("subscription__expires_at", "pk")
    paginate_by = 50
    is_searchable = False
    list_export: list[str] = []

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a drive."""
        call, end = "subscription.last_notified_at", "subscription.expires_at"
        return [
            _Cell("drive", label=_("Drive")),
            _Cell("state", label=_("Microsoft calls")),
            _EndColumn("expires", label=_("Until"), accessor=end),
            DateColumn("called", label=_("Last call"), accessor=call),
            DateColumn("read_at", label=_("Last looked at")),
            _Cell("actions", label=_("Actions")),
        ]

    def get_base_queryset(self) -> QuerySet[FollowedDrive]:
        """All of them, with what their rows tell."""
        rows = FollowedDrive.objects.with_libraries()
        return rows.select_related("connection__user", "subscription")


class _OfOne(ManagesConnections, View):
    """A button of the listing; it leads back there."""

    http_method_names = ["post"]

    @cached_property
    def drive(self) -> FollowedDrive:
        """The one of the address."""
        rows = FollowedDrive.objects.select_related("connection")
        return get_object_or_404(rows, pk=self.kwargs["drive_id"])

    def done(self, text: str) -> HttpResponse:
        """Say what was done."""
        messages.success(self.request, text % {"account": self.drive.connection})
        return redirect("wagtail_m365:followed_drives")


# Microsoft is asked, and asks our site back: no transaction may be open meanwhile.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class RenewSubscriptionView(_OfOne):
    """Have Microsoft go on calling, or call again."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Ask Microsoft now."""
        drive = self.drive
        if not settings.WEBHOOKS:
            messages.error(request, _("Webhooks are off (WEBHOOKS); nobody calls."))
            return redirect("wagtail_m365:followed_drives")
        try:
            row = renew_now(drive)
        except M365Error as error:
            explain_in_message(request, error)
            return redirect("wagtail_m365:followed_drives")
        if row is None or not row.is_alive:
            text = _(
                "Microsoft was not asked: this account has no right that allows it to be "
                "called, or somebody else is asking just now."
            )
            messages.warning(request, text)
            return redirect("wagtail_m365:followed_drives")
        return self.done(_("Microsoft calls when the drive of %(account)s changes."))


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ReadChangesView(_OfOne):
    """Read now what has changed; at once, or by the site's worker."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Hand it to the worker."""
        tasks.notice_drive.enqueue(str(self.drive.pk))
        return self.done(_("The changes of the drive of %(account)s are being read."))


def _owner_of(drive: FollowedDrive) -> str:
    connection = drive.connection
    if connection.user is None:
        return str(connection.service_name or "")
    return str(get_user_display_name(connection.user))


def _explained(code: str) -> Explanation | None:
    return M365Error(code=code).explanation if code else None


class FollowedDrivesMenuItem(MenuItem):
    """For people who manage connections, where there is something to see."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Only where webhooks are on or some drive is followed."""
        if not may_manage(request.user):
            return False
        return bool(settings.WEBHOOKS) or FollowedDrive.objects.exists()


def menu_item() -> FollowedDrivesMenuItem:
    """For the hook ``register_reports_menu_item``."""
    return FollowedDrivesMenuItem(
        _("Followed drives"),
        reverse("wagtail_m365:followed_drives"),
        name="m365-followed-drives",
        icon_name="m365",
        order=1112,
    )
