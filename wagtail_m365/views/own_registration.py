"""Account → Microsoft 365: an app registration of the editor's own, where allowed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365.errors import Misconfigured
from wagtail_m365.identity.clouds import Cloud
from wagtail_m365.models import AppRegistration, Connection, M365Settings
from wagtail_m365.models.configuration import site_cloud
from wagtail_m365.tokens.disconnecting import disconnect

from . import records
from .access import UsesMicrosoft365
from .addresses import account_address, callback_address
from .errors import ExplainsErrors
from .registration_form import SECRET_FIELDS, RegistrationForm
from .set_up_forms import form_rows


class OwnRegistrationForm(RegistrationForm):
    """What an editor enters; the servers are the site's."""

    # How a form says that it has no such field.
    authority_url = None  # type: ignore[assignment]
    graph_url = None  # type: ignore[assignment]

    class Meta:
        model = AppRegistration
        fields = ("tenant", "client_id", "credential_kind", "credential_expires_on")

    field_order = (
        *("tenant", "client_id", "credential_kind", "client_secret_input"),
        *("certificate_input", "certificate_file", "passphrase_input"),
        "credential_expires_on",
    )

    def __init__(self, *args: Any, cloud: Cloud, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cloud = cloud

    def _check_cloud(self, cleaned: dict[str, Any]) -> None:
        """There is nothing to choose."""

    def _is_at_microsoft(self, cleaned: dict[str, Any]) -> bool:
        return self.cloud.name != "custom"

    def _is_set_by_site(self, name: str) -> bool:
        """The site's own secret is not the editor's."""
        return False

    def _is_stored_for_others(self) -> bool:
        elsewhere = self.instance.authority_url != self.cloud.authority
        return elsewhere or super()._is_stored_for_others()

    def save(self, commit: bool = True) -> AppRegistration:
        """Store it together with the servers that it was entered for."""
        row: AppRegistration = self.instance
        row.cloud = AppRegistration.Cloud.CUSTOM
        row.authority_url, row.graph_url = self.cloud.authority, self.cloud.graph
        return super().save(commit)


def own_registrations_allowed() -> bool:
    """May editors bring app registrations of their own?"""
    return M365Settings.current().own_registrations_allowed


def own_registration_of(user: Any) -> AppRegistration | None:
    """The one that this person has entered."""
    return AppRegistration.objects.filter(owner_id=user.pk).first()


class _OwnRegistration(UsesMicrosoft365, ExplainsErrors, WagtailAdminTemplateMixin):
    """What the two pages have in common."""

    error_title = gettext_lazy("Your own app registration cannot be used")
    header_icon = "m365"

    @cached_property
    def registration(self) -> AppRegistration | None:
        return own_registration_of(self.request.user)

    @cached_property
    def connections(self) -> list[Connection]:
        """The accounts that are connected through it."""
        if self.registration is None:
            return []
        rows = self.registration.connections.filter(user_id=self.request.user.pk)
        return list(rows.order_by("created_at"))

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": account_address(), "label": _("Account")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_back_url(self) -> str:
        return account_address()


@method_decorator(sensitive_post_parameters(*SECRET_FIELDS), name="dispatch")
class OwnRegistrationView(_OwnRegistration, FormView[OwnRegistrationForm]):
    """Enter it or change it; its secrets go in and never come out."""

    template_name = "wagtail_m365/account/own_registration.html"
    page_title = gettext_lazy("Your own app registration")
    form_class = OwnRegistrationForm
    http_method_names = ["get", "head", "post"]

    @cached_property
    def cloud(self) -> Cloud:
        """The site's servers; refused where the site wants no registrations."""
        if not own_registrations_allowed():
            raise Misconfigured(
                "App registrations of editors are not allowed on this site.",
                code="own_registration_refused",
            )
        return site_cloud()

    def get_form_kwargs(self) -> dict[str, Any]:
        cloud = self.cloud
        row = self.registration or self.new_registration()
        return {**super().get_form_kwargs(), "instance": row, "cloud": cloud}

    def new_registration(self) -> AppRegistration:
        row = AppRegistration(owner_id=self.request.user.pk)
        # Unique, and telling for whoever reads a log: people never see it.
        row.name = f"{self.request.user.get_username()[:60]} {row.pk.hex[:12]}"
        return row

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.setdefault("form", self.get_form())
        return super().get_context_data(
            rows=form_rows(form),
            registration=self.registration,
            redirect_uri=callback_address(self.request),
            account_url=account_address(),
            **kwargs,
        )

    def form_valid(self, form: OwnRegistrationForm) -> HttpResponse:
        note = records.changed if self.registration else records.made
        note(form.save(), self.request.user)
        text = _("Your app registration is stored. Connect your account with it now.")
        button = messages.button(connect_address(), _("Connect"), False)
        messages.success(self.request, text, buttons=[button])
        return redirect(account_address())


class RemoveOwnRegistrationView(_OwnRegistration, TemplateView):
    """Ask, and with POST forget it and every connection that was made with it.

    Allowed also when editors may bring none any more: what is stored must be removable.
    """

    template_name = "wagtail_m365/account/remove_own_registration.html"
    page_title = gettext_lazy("Remove your own app registration?")
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.registration is None:
            return redirect(account_address())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            connections=self.connections, account_url=account_address(), **kwargs
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        for connection in self.connections:
            disconnect(connection, user=request.user)
        for row in AppRegistration.objects.filter(owner_id=request.user.pk):
            records.given_up(row, request.user)
            row.delete()
        text = _("Your app registration and its secret are removed from this site.")
        messages.success(request, text)
        return redirect(account_address())


def connect_address() -> str:
    """Where an account is connected with the editor's own app registration."""
    return f"{reverse('wagtail_m365:connect')}?own=1"
