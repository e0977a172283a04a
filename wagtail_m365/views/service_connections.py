"""One of the site's own connections: how it stands, renew it, rename it, delete it."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages

from wagtail_m365.errors import M365Error
from wagtail_m365.models import Connection, TokenUse
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens import service_connections
from wagtail_m365.tokens.bundles import PROFILE
from wagtail_m365.tokens.disconnecting import disconnect
from wagtail_m365.tokens.purposes import declared

from .addresses import service_address
from .connect import Wish, leave_for_microsoft
from .connection_states import Standing, account_of
from .errors import status_of
from .history import entries_of
from .rights import rights
from .service_connection_adding import (
    TOKEN_HINT,
    ServicePage,
    explained_above,
    hide_secrets,
    made_message,
    without_transaction,
)
from .service_connection_forms import LabelForm, OtherTokenForm, RightsForm

#: Uses shown on the page of a connection; the report has all.
_USES = 5


class _OfOne(ServicePage):
    """A page about one service connection."""

    @cached_property
    def connection(self) -> Connection:
        """The connection of the address."""
        services = Connection.objects.service(self.kwargs["name"])
        return get_object_or_404(services)

    @property
    def address(self) -> str:
        """Its page."""
        return service_address(self.kwargs["name"])

    def get_back_url(self) -> str:
        """Its page, from an explained error."""
        return self.address

    def crumbs_between(self) -> list[dict[str, Any]]:
        """The connection's page, on the pages below it."""
        return [{"url": self.address, "label": self.kwargs["name"]}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What every page about it shows."""
        context: dict[str, Any] = super().get_context_data(
            connection=self.connection,
            account=account_of(self.connection),
            standing=Standing.of(self.connection),
            address=self.address,
            **kwargs,
        )
        return context


class ServiceConnectionView(_OfOne, FormView):  # type: ignore[type-arg]  # not at runtime
    """How it stands, the line of code that asks for it, and its label."""

    form_class = LabelForm
    template_name = "wagtail_m365/services/connection.html"
    http_method_names = ["get", "head", "post"]

    def get_page_title(self) -> str:
        """Its name."""
        return str(self.kwargs["name"])

    def crumbs_between(self) -> list[dict[str, Any]]:
        """It stands right below the list."""
        return []

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form is about a row of its own: a wrong label must not reach the page."""
        instance = Connection(label=self.connection.label)
        return {**super().get_form_kwargs(), "instance": instance}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """All that is known of it."""
        return super().get_context_data(
            code=code_line(self.connection),
            rights=rights(self.connection.scopes, declared().values()),
            uses=TokenUse.objects.filter(connection=self.connection)[:_USES],
            entries=entries_of(self.connection),
            is_app_only=self.connection.kind == Connection.Kind.APP_ONLY,
            **kwargs,
        )

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the label."""
        service_connections.rename(
            self.connection, form.cleaned_data["label"], self.request.user
        )
        messages.success(self.request, _("The label is saved."))
        return redirect(self.address)


@hide_secrets
@without_transaction
class ServiceRenewView(_OfOne, TemplateView):
    """Authorise it again: by a sign-in, from another token, or by asking again."""

    template_name = "wagtail_m365/services/renew.html"
    http_method_names = ["get", "head", "post"]
    page_title = gettext_lazy("Authorise again")

    @property
    def is_app_only(self) -> bool:
        """Does the application act as itself?"""
        return self.connection.kind == Connection.Kind.APP_ONLY

    @cached_property
    def way(self) -> str:
        """Which of the page's forms was sent; empty when it is only shown."""
        return str(self.request.POST.get("way", ""))

    @cached_property
    def rights_form(self) -> RightsForm:
        """The rights that it has, or that were wished for."""
        asked = self.request.GET.get("scopes", "").split()
        lacking = self.connection.state_details.get("scopes", ())
        posted = self.request.POST if self.way == "sign-in" else None
        return RightsForm(posted, scopes={*self.connection.scopes, *asked, *lacking})

    @cached_property
    def token_form(self) -> OtherTokenForm:
        """Another refresh token."""
        return OtherTokenForm(self.request.POST if self.way == "token" else None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Both forms."""
        return super().get_context_data(
            is_app_only=self.is_app_only,
            rights_form=self.rights_form,
            token_form=self.token_form,
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Do what was asked for; what Microsoft refuses is explained above the forms."""
        form: Form = self.token_form if self.way == "token" else self.rights_form
        if not self.is_app_only and not form.is_valid():
            return self.render_to_response(self.get_context_data())
        try:
            return self.renew()
        except M365Error as error:
            hint = TOKEN_HINT if self.way == "token" else ""
            context = self.get_context_data(hint=hint, **explained_above(error))
            return self.render_to_response(context, status=status_of(error))

    def renew(self) -> HttpResponse:
        """Leave for Microsoft, or have it renewed at once."""
        if not self.is_app_only and self.way != "token":
            return self.leave()
        renewed = self.renewed()
        messages.success(self.request, made_message(renewed))
        return redirect(self.address)

    def leave(self) -> HttpResponse:
        """To the sign-in; another account takes the place only when asked."""
        wish = Wish(
            scopes=self.rights_form.scopes,
            next_url=self.address,
            service_name=self.kwargs["name"],
        )
        return leave_for_microsoft(self.request, wish, self.connection)

    def renewed(self) -> Connection:
        """By what Microsoft gives without a sign-in."""
        name, user = self.kwargs["name"], self.request.user
        if self.is_app_only:
            return service_connections.app_only(name, user)
        given = self.token_form.cleaned_data
        return service_connections.from_refresh_token(
            name,
            Secret(given["refresh_token"]),
            user,
            tenant=given["tenant"],
            any_account=given["any_account"],
        )


class ServiceDeleteView(_OfOne, TemplateView):
    """Ask, and with POST forget it and its tokens; Microsoft is not asked."""

    template_name = "wagtail_m365/services/delete.html"
    http_method_names = ["get", "head", "post"]

    def get_page_title(self) -> str:
        """The question."""
        return _("Delete “%(name)s”?") % {"name": self.kwargs["name"]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What may still ask for it."""
        uses = TokenUse.objects.filter(connection=self.connection)
        return super().get_context_data(last=uses.order_by("-day").first(), **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Destroy the tokens."""
        disconnect(self.connection, user=request.user)
        text = _("The service connection “%(name)s” is deleted, with its tokens.")
        messages.success(request, text % {"name": self.kwargs["name"]})
        return redirect(reverse("wagtail_m365:service_connections"))


def code_line(connection: Connection) -> str:
    """The line with which code asks for a token of this connection."""
    granted = sorted(connection.scopes - {*PROFILE, ".default"})
    asked = [f'"{connection.service_name}"', *(f'"{each}"' for each in granted[:2])]
    return f"api.get_token({', '.join(asked)})"
