"""A new connection of the site: by a sign-in, from a refresh token, or without a person."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365.errors import M365Error
from wagtail_m365.models import Connection
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens import service_connections

from .access import ManagesConnections
from .addresses import service_address
from .connect import Wish, leave_for_microsoft
from .errors import ExplainsErrors, actor_name, status_of
from .service_connection_forms import SECRET_FIELDS, NameForm, NewTokenForm, SignInForm

hide_secrets = method_decorator(
    sensitive_post_parameters(*SECRET_FIELDS), name="dispatch"
)
#: It waits for Microsoft: with ATOMIC_REQUESTS, no transaction may wait with it.
without_transaction = method_decorator(transaction.non_atomic_requests, name="dispatch")


#: Microsoft's own words are about what the site asked, which is the pasted token here.
TOKEN_HINT = gettext_lazy(
    "Nothing was kept. Check that the token was copied whole, that it was issued to this "
    "site's app registration, and in which tenant."
)


class ServicePage(ManagesConnections, ExplainsErrors, WagtailAdminTemplateMixin):
    """A page under *Settings → Service connections*."""

    header_icon = "m365"
    error_title = gettext_lazy("The service connection could not be changed")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Home, the list, the pages between, this page."""
        listing = reverse("wagtail_m365:service_connections")
        return [
            *self.breadcrumbs_items,
            {"url": listing, "label": _("Service connections")},
            *self.crumbs_between(),
            {"url": "", "label": self.get_page_title()},
        ]

    def crumbs_between(self) -> list[dict[str, Any]]:
        """Pages between the list and this one."""
        return []


class ServiceAddView(ServicePage, TemplateView):
    """Which way?"""

    template_name = "wagtail_m365/services/add.html"
    page_title = gettext_lazy("Add a service connection")
    http_method_names = ["get", "head"]


class _AddingView(ServicePage, FormView):  # type: ignore[type-arg]  # not at runtime
    """One way to add one."""

    template_name = "wagtail_m365/services/form.html"
    http_method_names = ["get", "head", "post"]
    #: What to look at when Microsoft refuses.
    hint: Any = gettext_lazy("Nothing was kept.")
    #: What happens when the form is sent.
    lead: Any = ""
    submit_label: Any = ""

    def crumbs_between(self) -> list[dict[str, Any]]:
        """The page that offers the ways."""
        return [{"url": reverse("wagtail_m365:service_add"), "label": _("Add")}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form and its words."""
        return super().get_context_data(
            lead=self.lead,
            submit_label=self.submit_label,
            cancel_url=reverse("wagtail_m365:service_add"),
            **kwargs,
        )

    def form_valid(self, form: Form) -> HttpResponse:
        """Make it; what Microsoft refuses is explained above the form."""
        try:
            connection = self.make(form)
        except M365Error as error:
            return self.refused(form, error)
        messages.success(self.request, made_message(connection))
        return redirect(service_address(connection.service_name or ""))

    def make(self, form: Any) -> Connection:
        """The new connection."""
        raise NotImplementedError

    def refused(self, form: Form, error: M365Error) -> HttpResponse:
        """The form again, with what is wrong; secrets have to be pasted again."""
        return self.render_to_response(
            self.get_context_data(form=form, hint=self.hint, **explained_above(error)),
            status=status_of(error),
        )


@without_transaction
class AddBySignInView(_AddingView):
    """Send the administrator to Microsoft; the result belongs to the site."""

    form_class = SignInForm
    page_title = gettext_lazy("Sign in for the site")
    lead = gettext_lazy(
        "You sign in at Microsoft with the account that the site shall use, such as a "
        "shared mailbox's. The connection belongs to the site and stays when you leave."
    )
    submit_label = gettext_lazy("Sign in at Microsoft")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Filled in with what was wished for before."""
        asked = self.request.GET
        return {
            **super().get_form_kwargs(),
            "scopes": asked.get("scopes", "").split(),
            "initial": {"name": asked.get("name", "")},
        }

    def form_valid(self, form: Any) -> HttpResponse:
        """Leave for Microsoft."""
        name = form.cleaned_data["name"]
        wish = Wish(
            scopes=form.scopes, next_url=service_address(name), service_name=name
        )
        try:
            return leave_for_microsoft(self.request, wish, None)
        except M365Error as error:
            return self.refused(form, error)


@hide_secrets
@without_transaction
class AddByTokenView(_AddingView):
    """From a refresh token that somebody has, such as a script's."""

    form_class = NewTokenForm
    page_title = gettext_lazy("Paste a refresh token")
    lead = gettext_lazy(
        "For an account that nobody can sign in with here, but of which you have a "
        "refresh token that was issued to this site's app registration."
    )
    hint = TOKEN_HINT
    submit_label = gettext_lazy("Try it and keep it")

    def make(self, form: Any) -> Connection:
        """Try the token at Microsoft, and keep what comes back."""
        return service_connections.from_refresh_token(
            form.cleaned_data["name"],
            Secret(form.cleaned_data["refresh_token"]),
            self.request.user,
            tenant=form.cleaned_data["tenant"],
        )


@without_transaction
class AddAppOnlyView(_AddingView):
    """The application acts as itself."""

    form_class = NameForm
    page_title = gettext_lazy("Without a person")
    lead = gettext_lazy(
        "The application acts as itself, with the application permissions that an "
        "administrator has granted it in Microsoft Entra. It needs a client secret or "
        "a certificate, and one organisation's tenant."
    )
    submit_label = gettext_lazy("Try it and keep it")

    def make(self, form: Any) -> Connection:
        """Ask Microsoft for a token of the application's own."""
        name = form.cleaned_data["name"]
        return service_connections.app_only(name, self.request.user)


def made_message(connection: Connection) -> str:
    """That it works."""
    return _("The service connection “%(name)s” works: Microsoft gave a token.") % {
        "name": connection.service_name
    }


def explained_above(error: M365Error) -> dict[str, Any]:
    """What the template shows above a form."""
    explanation = error.explanation
    return {"explanation": explanation, "actor": actor_name(explanation.actor)}
