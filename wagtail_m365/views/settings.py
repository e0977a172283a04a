"""*Test connection*: asks Microsoft with what is saved, and explains each answer."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365 import health
from wagtail_m365.health import Finding, Outcome

from .addresses import callback_address, settings_address
from .errors import actor_name


# It waits for Microsoft: no transaction of ours may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ConnectionTestView(WagtailAdminTemplateMixin, TemplateView):
    """GET offers the test, POST runs it."""

    template_name = "wagtail_m365/settings/test.html"
    page_title = gettext_lazy("Test connection")
    page_subtitle = gettext_lazy("Microsoft 365")
    header_icon = "m365"
    http_method_names = ["get", "head", "post"]

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if not request.user.has_perm("wagtail_m365.change_m365settings"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        findings = health.examine(callback_address(request))
        return self.render_to_response(self.get_context_data(findings=findings))

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": settings_address(), "label": _("Microsoft 365")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        findings: list[Finding] = kwargs.get("findings", [])
        outcomes = [each.outcome for each in findings]
        return super().get_context_data(
            rows=[(each, _actor_of(each)) for each in findings],
            failed=outcomes.count(Outcome.FAILED),
            skipped=outcomes.count(Outcome.SKIPPED),
            settings_url=settings_address(),
            **kwargs,
        )


def _actor_of(finding: Finding) -> str:
    return actor_name(finding.explanation.actor) if finding.explanation else ""
