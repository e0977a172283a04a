"""The forms of the guided set-up: what an administrator decides, step by step."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_m365 import conf
from wagtail_m365.health.features import FEATURES, chosen_features
from wagtail_m365.identity.ids import GUID, TENANT
from wagtail_m365.models import AppRegistration, M365Settings

from .registration_form import RegistrationForm
from .server_addresses import check_addresses

Cloud = AppRegistration.Cloud
Kind = AppRegistration.CredentialKind

#: Who may connect → the tenant that says so; one organisation is named by its own id.
TENANTS = {"many": "organizations", "all": "common", "personal": "consumers"}
#: The same, in the words of Entra's own form ("Supported account types").
ENTRA_WORDS = {
    "single": gettext_lazy("Accounts in this organizational directory only"),
    "many": gettext_lazy("Accounts in any organizational directory"),
    "all": gettext_lazy(
        "Accounts in any organizational directory and personal Microsoft accounts"
    ),
    "personal": gettext_lazy("Personal Microsoft accounts only"),
}
_WHO = (
    ("single", gettext_lazy("People of one organisation (the usual choice)")),
    ("many", gettext_lazy("People of several organisations")),
    ("all", gettext_lazy("People of organisations, and personal accounts")),
    ("personal", gettext_lazy("Personal accounts only (outlook.com, live.com)")),
)
_CREDENTIAL_FIELDS = (
    *("credential_kind", "client_secret_input", "certificate_input"),
    *("certificate_file", "passphrase_input", "credential_expires_on"),
)
#: Fields that only count for one choice → the field it is made in, and the choice.
_ONLY_WHEN = {
    "authority_url": ("cloud", Cloud.CUSTOM.value),
    "graph_url": ("cloud", Cloud.CUSTOM.value),
    "client_secret_input": ("credential_kind", Kind.SECRET.value),
    "certificate_input": ("credential_kind", Kind.CERTIFICATE.value),
    "certificate_file": ("credential_kind", Kind.CERTIFICATE.value),
    "passphrase_input": ("credential_kind", Kind.CERTIFICATE.value),
}


def form_rows(form: forms.BaseForm) -> list[tuple[Any, tuple[str, str] | None]]:
    """The fields that a step shows, each with the choice for which m365.js shows it."""
    shown = getattr(form, "shown", None) or form.visible_fields()
    return [(field, _ONLY_WHEN.get(field.name)) for field in shown]


class AccountsForm(forms.Form):
    """Whose accounts, in which cloud, for which features."""

    who = forms.ChoiceField(
        label=gettext_lazy("Who will connect an account?"),
        choices=_WHO,
        widget=forms.RadioSelect,
    )
    cloud = forms.ChoiceField(
        label=gettext_lazy("Which Microsoft cloud?"), choices=Cloud.choices
    )
    authority_url = forms.URLField(
        label=gettext_lazy("Authority address"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Such as https://login.example.com, without a tenant."),
    )
    graph_url = forms.URLField(
        label=gettext_lazy("Graph address with version"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Such as https://graph.example.com/v1.0."),
    )
    features = forms.MultipleChoiceField(
        label=gettext_lazy("What will they do?"),
        choices=[(feature.name, feature.title) for feature in FEATURES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Decides which rights are asked for; none in advance."),
    )

    def __init__(self, row: M365Settings, data: Any = None) -> None:
        self.row = row
        known = row.registration
        initial = {
            "who": row.set_up.get("who") or _who_of(known),
            "cloud": row.set_up.get("cloud")
            or (known.cloud if known else Cloud.GLOBAL),
            "features": sorted(chosen_features()),
        }
        for name in ("authority_url", "graph_url"):
            initial[name] = row.set_up.get(name) or getattr(known, name, "")
        super().__init__(data, initial=initial)
        if conf.is_set("CLOUD"):
            for name in ("cloud", "authority_url", "graph_url"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        elsewhere = cleaned.get("cloud") not in {None, Cloud.GLOBAL, Cloud.CUSTOM}
        if elsewhere and cleaned.get("who") in {"all", "personal"}:
            self.add_error(
                "who", _("Personal accounts exist in the worldwide cloud only.")
            )
        if cleaned.get("cloud") == Cloud.CUSTOM:
            check_addresses(self, cleaned)
        elif "cloud" in cleaned:
            cleaned.update(authority_url="", graph_url="")
        return cleaned

    def keep(self) -> None:
        """Remember the answers; the row is saved."""
        self.row.set_up.update(self.cleaned_data)
        self.row.save()


class RegisterForm(forms.Form):
    """What Entra shows once the application is registered."""

    client_id = forms.CharField(
        label=gettext_lazy("Application (client) ID"), max_length=100
    )
    tenant = forms.CharField(
        label=gettext_lazy("Directory (tenant) ID"), max_length=255
    )

    def __init__(self, row: M365Settings, data: Any = None) -> None:
        self.row = row
        self.registration = row.registration or AppRegistration(name=_free_name())
        self.cloud = row.set_up.get("cloud") or self.registration.cloud
        self.fixed_tenant = TENANTS.get(row.set_up.get("who", ""), "")
        names = ("client_id", "tenant")
        initial = {name: getattr(self.registration, name) for name in names}
        if initial["tenant"] in TENANTS.values():
            initial["tenant"] = ""
        super().__init__(data, initial=initial)
        if self.fixed_tenant:
            del self.fields["tenant"]

    def clean_client_id(self) -> str:
        """At Microsoft it is a GUID; another server may have its own ways."""
        client_id = str(self.cleaned_data["client_id"]).strip()
        custom = self.cloud == Cloud.CUSTOM or conf.is_set("CLOUD")
        if not custom and not GUID.fullmatch(client_id):
            raise ValidationError(
                _("The client ID looks like 11111111-2222-3333-4444-555555555555.")
            )
        return client_id

    def clean_tenant(self) -> str:
        """The id of one organisation, or a domain of it."""
        tenant = str(self.cleaned_data["tenant"]).strip()
        if tenant in TENANTS.values():
            raise ValidationError(
                _(
                    "Enter the ID of your organisation: you said that people of one "
                    "organisation will connect."
                )
            )
        if not TENANT.fullmatch(tenant):
            raise ValidationError(_("Enter the tenant's ID or its domain."))
        return tenant

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("client_id") and cleaned["client_id"] == cleaned.get("tenant"):
            text = _("Both IDs are the same: one of them was copied twice.")
            self.add_error("tenant", text)
        return cleaned

    def keep(self) -> None:
        """Save the registration, and use it on this site."""
        found = self.registration
        before = (found.client_id, found.cloud, found.authority_url)
        found.cloud = self.cloud
        found.tenant = self.fixed_tenant
        for name in ("authority_url", "graph_url"):
            setattr(found, name, self.row.set_up.get(name, getattr(found, name)))
        for name, value in self.cleaned_data.items():
            setattr(found, name, value)
        if before != (found.client_id, found.cloud, found.authority_url):
            # Else a stored secret would be sent to another server than its own.
            found.client_secret_sealed = ""
        found.save()
        self.row.registration = found
        self.row.save()


def _who_of(registration: AppRegistration | None) -> str:
    """Whose accounts a registration takes that was made without the guide."""
    tenant = registration.tenant if registration else ""
    return next((who for who, name in TENANTS.items() if name == tenant), "single")


def _free_name() -> str:
    taken = set(AppRegistration.objects.values_list("name", flat=True))
    names = ("Microsoft 365", *(f"Microsoft 365 ({n})" for n in range(2, 1000)))
    return next(name for name in names if name not in taken)


def credential_form(row: AppRegistration, data: Any, files: Any) -> RegistrationForm:
    """The form of app registrations, asked for the credential only."""
    kept = {
        name: getattr(row, name)
        for name in RegistrationForm.Meta.fields
        if name not in _CREDENTIAL_FIELDS
    }
    if data is not None:
        entered = {name: data.get(name, "") for name in _CREDENTIAL_FIELDS}
        data = kept | entered
    form = RegistrationForm(data, files, instance=row)
    form.shown = [form[name] for name in _CREDENTIAL_FIELDS]
    return form
