"""*Revoke*: an administrator ends somebody's connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365.models import Connection
from wagtail_m365.tokens.revoking import revoke

from .access import ManagesConnections, safe_next
from .connection_states import Standing, account_of, owner_of
from .history import entries_of


class RevokeForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The owner reads it on the account page."),
    )


class RevokeView(ManagesConnections, WagtailAdminTemplateMixin, FormView):  # type: ignore[type-arg]  # not at runtime
    """Ask why, and with POST destroy the tokens; Microsoft is not asked."""

    form_class = RevokeForm
    template_name = "wagtail_m365/connections/revoke.html"
    header_icon = "m365"
    http_method_names = ["get", "head", "post"]

    @cached_property
    def connection(self) -> Connection:
        """An editor's; one of the site is deleted on its own page."""
        people = Connection.objects.filter(user__isnull=False).select_related("user")
        return get_object_or_404(people, pk=self.kwargs["connection_id"])

    @property
    def next_url(self) -> str:
        return safe_next(self.request, reverse("wagtail_m365:connection_report"))

    def get_page_title(self) -> str:
        return _("Revoke the connection of %(account)s?") % {
            "account": account_of(self.connection)
        }

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        report = reverse("wagtail_m365:connection_report")
        return [
            *self.breadcrumbs_items,
            {"url": report, "label": _("Microsoft connections")},
            {"url": "", "label": _("Revoke")},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        open_documents = self.connection.edit_sessions.filter(closed_at=None).count()
        return super().get_context_data(
            connection=self.connection,
            owner=owner_of(self.connection),
            account=account_of(self.connection),
            standing=Standing.of(self.connection),
            open_documents=open_documents,
            entries=entries_of(self.connection),
            next_url=self.next_url,
            **kwargs,
        )

    def form_valid(self, form: RevokeForm) -> HttpResponse:
        connection = self.connection
        reason = form.cleaned_data["reason"]
        revoke(connection, user=self.request.user, reason=reason)
        text = _(
            "The connection of %(owner)s is revoked and its tokens are destroyed; the "
            "account page says so."
        )
        messages.success(self.request, text % {"owner": owner_of(connection)})
        return redirect(self.next_url)
