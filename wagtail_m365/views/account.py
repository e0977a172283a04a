"""Account → Microsoft 365: which accounts are connected, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.account import BaseSettingsPanel, SettingsTab
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365.errors import Explanation, M365Error
from wagtail_m365.hooks import Purpose
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import registration
from wagtail_m365.tokens import audit
from wagtail_m365.tokens.consents import AdminLetter
from wagtail_m365.tokens.disconnecting import disconnect
from wagtail_m365.tokens.purposes import declared
from wagtail_m365.tokens.states import error_of

from .access import UsesMicrosoft365, may_use, safe_next
from .addresses import account_address
from .errors import actor_name
from .letters import letter_for
from .own_registration import (
    connect_address,
    own_registration_of,
    own_registrations_allowed,
)
from .rights import Right, rights
from .waiting_consents import waits

TAB = SettingsTab("m365", gettext_lazy("Microsoft 365"), order=300)


class ConnectionsForm(forms.Form):
    """Labels of the person's connections, and which one is the default."""

    #: Tells a save of this tab from a save that never showed it.
    shown = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)

    def __init__(self, *args: Any, connections: list[Connection], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.connections = connections
        for connection in connections:
            self.fields[self.label_name(connection)] = self._label_field(connection)
        if len(connections) > 1:
            self.fields["default"] = self._default_field()

    @staticmethod
    def label_name(connection: Connection) -> str:
        """The field that holds this connection's label."""
        return f"label_{connection.pk.hex}"

    def label_of(self, connection: Connection) -> forms.BoundField:
        """The bound field of this connection's label."""
        return self[self.label_name(connection)]

    def _label_field(self, connection: Connection) -> forms.CharField:
        help_text = _("Your own name for this account, such as “Press office”.")
        return forms.CharField(
            label=_("Label"),
            max_length=Connection._meta.get_field("label").max_length,
            required=False,
            initial=connection.label,
            help_text=help_text,
        )

    def _default_field(self) -> forms.ChoiceField:
        default = next((each for each in self.connections if each.is_default), None)
        return forms.ChoiceField(
            label=_("Use by default"),
            choices=[(str(each.pk), str(each)) for each in self.connections],
            initial=str(default.pk) if default else None,
            required=False,
            widget=forms.RadioSelect,
            help_text=_("Documents open with this account unless another is chosen."),
        )

    def save(self) -> None:
        """Store what was changed."""
        chosen = self.cleaned_data.get("default")
        for connection in self.connections:
            name = self.label_name(connection)
            if name in self.changed_data:
                before, connection.label = connection.label, self.cleaned_data[name]
                connection.save(update_fields=["label"])
                audit.renamed(connection, connection.user, before=before)
            if str(connection.pk) == chosen and not connection.is_default:
                connection.make_default()
                audit.made_default(connection, connection.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One connection as the page shows it."""

    connection: Connection
    rights: list[Right]
    label: forms.BoundField
    #: What is wrong, if the state is not active.
    explanation: Explanation | None
    actor: str
    #: For the Entra administrator, where only that one can help.
    letter: AdminLetter | None


class ConnectionsPanel(BaseSettingsPanel):
    """The tab on the account page."""

    name = "m365"
    title = gettext_lazy("Microsoft accounts")
    tab = TAB
    order = 100
    template_name = "wagtail_m365/account/panel.html"

    def is_active(self) -> bool:
        """For those who may connect; and only when there is something to show."""
        return may_use(self.user) and (self.trouble is None or bool(self.connections))

    @cached_property
    def connections(self) -> list[Connection]:
        return list(Connection.objects.of_user(self.user))

    @cached_property
    def purposes(self) -> list[Purpose]:
        return list(declared().values())

    @cached_property
    def trouble(self) -> Explanation | None:
        """Why nobody can connect at the moment, if so."""
        try:
            registration()
        except M365Error as error:
            return error.explanation
        return None

    @cached_property
    def form(self) -> ConnectionsForm:
        posted = (
            self.request.POST if f"{self.name}-shown" in self.request.POST else None
        )
        return ConnectionsForm(posted, prefix=self.name, connections=self.connections)

    def get_form(self) -> ConnectionsForm:
        # Wagtail asks several times; a bound form is validated once.
        return self.form

    def get_context_data(self) -> dict[str, Any]:
        return {
            **super().get_context_data(),
            "rows": [self.row(each) for each in self.connections],
            "trouble": self.trouble,
            "connect_url": self.connect_url(),
            "own": own_registration_of(self.user),
            "own_allowed": own_registrations_allowed(),
            "own_connect_url": connect_address(),
            "waiting_url": self.waiting_url(),
        }

    def waiting_url(self) -> str:
        """Where the page learns what was granted meanwhile; empty: nothing waits."""
        return reverse("wagtail_m365:waiting_consents") if waits(self.user) else ""

    def connect_url(self) -> str:
        another = {"another": "1"} if self.connections else {}
        query = urlencode({**another, "next": account_address()})
        return f"{reverse('wagtail_m365:connect')}?{query}"

    def row(self, connection: Connection) -> Row:
        error = error_of(connection)
        explanation = error.explanation if error else None
        return Row(
            connection=connection,
            rights=rights(connection.scopes, self.purposes),
            label=self.form.label_of(connection),
            explanation=explanation,
            actor=actor_name(explanation.actor) if explanation else "",
            letter=self.letter(explanation, connection) if explanation else None,
        )

    def letter(
        self, explanation: Explanation, connection: Connection
    ) -> AdminLetter | None:
        missing = connection.state_details.get("scopes", ())
        wanted = {*connection.scopes, *missing}
        return letter_for(self.request, explanation, wanted, connection)


class DisconnectView(UsesMicrosoft365, WagtailAdminTemplateMixin, TemplateView):
    """Ask, and with POST forget one connection and its tokens."""

    template_name = "wagtail_m365/account/disconnect.html"
    header_icon = "m365"
    http_method_names = ["get", "head", "post"]

    @cached_property
    def connection(self) -> Connection:
        return get_object_or_404(
            Connection, pk=self.kwargs["connection_id"], user=self.request.user
        )

    def get_page_title(self) -> str:
        return _("Disconnect %(account)s?") % {"account": self.connection}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": account_address(), "label": _("Account")},
            {"url": "", "label": _("Disconnect")},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            connection=self.connection,
            open_documents=self.connection.edit_sessions.filter(closed_at=None).count(),
            next_url=safe_next(self.request, account_address()),
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        connection, consent_page = self.connection, self.connection.consent_page
        account = str(connection)
        disconnect(connection, user=request.user)
        text = _(
            "%(account)s is disconnected; its tokens are deleted. What you allowed at "
            "Microsoft stays on record there until you remove it."
        ) % {"account": account}
        button = messages.button(consent_page, _("Review at Microsoft"), True)
        messages.success(request, text, buttons=[button])
        return redirect(safe_next(request, account_address()))
