"""*Health*: what this site can tell by itself, and what Microsoft answers."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365 import health
from wagtail_m365.health import Outcome, Report, Visit, bundle
from wagtail_m365.health.findings import Finding

from .addresses import callback_address, settings_address
from .errors import actor_name

CONFIGURE = "wagtail_m365.change_m365settings"


class ConfiguresMicrosoft365:
    """A view for people who may change *Settings → Microsoft 365*, whatever the method."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse everybody else, before anything is read or done."""
        if not request.user.has_perm(CONFIGURE):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
            request, *args, **kwargs
        )
        return response


def examined(request: HttpRequest) -> Report:
    """The whole self-test, for this request and with the account of who asks."""
    visit = Visit.of(request, callback_address(request))
    return health.examine(visit, health.account_of(request.user))


def told(report: Report) -> dict[str, Any]:
    """A report for the templates ``findings.html`` and ``verdict.html``."""
    return {
        "sections": [
            (section, [(each, actor_of(each)) for each in section.findings])
            for section in report.sections
        ],
        "failed": report.count(Outcome.FAILED),
        # The most urgent first: they are linked above a long report.
        "worrying": sorted(
            (each for each in report.findings if each.explanation),
            key=lambda each: each.outcome is not Outcome.FAILED,
        ),
        "warned": report.count(Outcome.WARNED),
        "skipped": report.count(Outcome.SKIPPED),
    }


def actor_of(finding: Finding) -> str:
    """Who must act, in words; empty where nothing is wrong."""
    return actor_name(finding.explanation.actor) if finding.explanation else ""


# It waits for Microsoft: no transaction of ours may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class HealthView(ConfiguresMicrosoft365, WagtailAdminTemplateMixin, TemplateView):
    """GET tells what costs nothing, POST asks everything."""

    template_name = "wagtail_m365/settings/health.html"
    page_title = gettext_lazy("Health")
    page_subtitle = gettext_lazy("Microsoft 365")
    header_icon = "m365"
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visit = Visit.of(request, callback_address(request))
        context = told(health.look(visit)) | {"examined": False}
        return self.render_to_response(self.get_context_data(**context))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        context = told(examined(request)) | {"examined": True}
        return self.render_to_response(self.get_context_data(**context))

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": settings_address(), "label": _("Microsoft 365")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            settings_url=settings_address(),
            bundle_url=reverse("wagtail_m365:support_bundle"),
            **kwargs,
        )


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class SupportBundleView(ConfiguresMicrosoft365, View):
    """Download what helps whoever helps."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        text = bundle.written(
            examined(request), with_names=bool(request.POST.get("with_names"))
        )
        name = f"m365-support-{timezone.now():%Y-%m-%d-%H%M}.json"
        return HttpResponse(
            text,
            content_type="application/json; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )
