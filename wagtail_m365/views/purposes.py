"""*Settings → Purposes*: what plugins use Microsoft accounts for; refuse and allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Max, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365.models import RefusedPurpose, TokenUse
from wagtail_m365.tokens import purposes
from wagtail_m365.tokens.service_connections import may_manage

from .access import ManagesConnections
from .history import entries_about
from .rights import Right, rights

#: Days over which uses are counted.
_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One purpose as the page shows it."""

    name: str
    title: str
    #: Why the plugin says that it needs it; empty where no plugin declares it now.
    reason: str
    rights: list[Right]
    uses: int
    last_used_at: datetime | None
    refused: RefusedPurpose | None

    @property
    def log_address(self) -> str:
        """The use log, for this purpose alone."""
        address = reverse("wagtail_m365:use_log")
        return f"{address}?{urlencode({'purpose': self.name})}"


def purpose_rows() -> list[Row]:
    """Every purpose that is declared or refused; the same few queries for any number."""
    declared = purposes.declared()
    refused = {
        each.name: each for each in RefusedPurpose.objects.select_related("refused_by")
    }
    last = dict(_last_uses())
    uses = dict(_uses_since(timezone.now() - timedelta(days=_DAYS)))
    rows = []
    for name in sorted({*declared, *refused}):
        purpose = declared.get(name)
        rows.append(
            Row(
                name=name,
                title=str(purpose.title) if purpose else name,
                reason=str(purpose.reason) if purpose else "",
                rights=rights(purpose.scopes) if purpose else [],
                uses=uses.get(name, 0),
                last_used_at=last.get(name),
                refused=refused.get(name),
            )
        )
    return rows


def _last_uses() -> Iterable[tuple[str, datetime]]:
    uses = TokenUse.objects.order_by().values("purpose")
    return uses.annotate(last=Max("last_used_at")).values_list("purpose", "last")


def _uses_since(moment: datetime) -> Iterable[tuple[str, int]]:
    uses = TokenUse.objects.filter(day__gte=moment.date()).order_by()
    counted = uses.values("purpose").annotate(number=Sum("uses"))
    return counted.values_list("purpose", "number")


class PurposesPage(ManagesConnections, WagtailAdminTemplateMixin):
    """A page about purposes."""

    header_icon = "m365"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, *self.crumbs()]

    def crumbs(self) -> list[dict[str, Any]]:
        """The list; pages below it add their own."""
        return [{"url": "", "label": _("Purposes")}]


class PurposesView(PurposesPage, TemplateView):
    """The list."""

    template_name = "wagtail_m365/purposes/list.html"
    page_title = gettext_lazy("What Microsoft 365 is used for")
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            rows=purpose_rows(),
            days=_DAYS,
            entries=entries_about(RefusedPurpose),
            **kwargs,
        )


class RefuseForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For the other administrators of this site."),
    )


class DecisionView(PurposesPage, FormView):  # type: ignore[type-arg]  # not at runtime
    """A decision about one purpose."""

    http_method_names = ["get", "head", "post"]

    @cached_property
    def row(self) -> Row:
        """The purpose of the address; 404 where nobody declares or refused it."""
        found = (each for each in purpose_rows() if each.name == self.kwargs["name"])
        row = next(found, None)
        if row is None:
            raise Http404
        return row

    def crumbs(self) -> list[dict[str, Any]]:
        listing = reverse("wagtail_m365:purposes")
        return [
            {"url": listing, "label": _("Purposes")},
            {"url": "", "label": self.row.title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=self.row, days=_DAYS, **kwargs)


class RefuseView(DecisionView):
    """Ask why, and with POST let nobody have a token for it."""

    form_class = RefuseForm
    template_name = "wagtail_m365/purposes/refuse.html"

    def get_page_title(self) -> str:
        return _("Refuse “%(title)s”?") % {"title": self.row.title}

    def form_valid(self, form: RefuseForm) -> HttpResponse:
        purposes.refuse(
            self.row.name, user=self.request.user, reason=form.cleaned_data["reason"]
        )
        text = _("“%(title)s” is refused: nobody gets a token for it from now on.")
        messages.success(self.request, text % {"title": self.row.title})
        return redirect("wagtail_m365:purposes")


class AllowView(DecisionView):
    """Ask, and with POST take the refusal back."""

    form_class = forms.Form
    template_name = "wagtail_m365/purposes/allow.html"

    def get_page_title(self) -> str:
        return _("Allow “%(title)s” again?") % {"title": self.row.title}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        purposes.allow(self.row.name, user=self.request.user)
        text = _("“%(title)s” is allowed again.") % {"title": self.row.title}
        messages.success(self.request, text)
        return redirect("wagtail_m365:purposes")


class PurposesMenuItem(MenuItem):
    """*Settings → Purposes*, for people who manage connections."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_manage(request.user)


def menu_item() -> PurposesMenuItem:
    """For the hook ``register_settings_menu_item``."""
    return PurposesMenuItem(
        _("Microsoft 365 purposes"),
        reverse("wagtail_m365:purposes"),
        name="m365-purposes",
        icon_name="m365",
        order=803,
    )
