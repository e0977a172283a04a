"""The form of an app registration; its secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_m365.conf import settings
from wagtail_m365.identity.ids import GUID, TENANT
from wagtail_m365.models import AppRegistration
from wagtail_m365.redaction import Secret

from .certificates import PastedCertificate, read_certificate, read_file
from .server_addresses import check_addresses

#: Where a secret is sent to; a stored one stays with the server it was entered for.
_ADDRESSES = frozenset({"cloud", "authority_url", "client_id"})

Kind = AppRegistration.CredentialKind

#: Bytes; a certificate with its key takes a few thousand.
_LARGEST_FILE = 100_000

#: Never to be shown in an error report.
SECRET_FIELDS = ("client_secret_input", "certificate_input", "passphrase_input")


class WriteOnlyTextarea(forms.Textarea):
    """A textarea that never shows what was typed or stored."""

    def format_value(self, value: Any) -> str:
        return ""


def _password(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(
        render_value=False, attrs={"autocomplete": "new-password"}
    )
    return forms.CharField(
        label=label, required=False, widget=widget, help_text=help_text
    )


class RegistrationForm(WagtailAdminModelForm):
    """Checks what can be checked without asking Microsoft."""

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
    client_secret_input = _password(
        gettext_lazy("Client secret"),
        gettext_lazy("The column “Value” in Entra, not the “Secret ID”."),
    )
    certificate_input = forms.CharField(
        label=gettext_lazy("Certificate and private key"),
        required=False,
        widget=WriteOnlyTextarea(attrs={"rows": 6, "autocomplete": "off"}),
        help_text=gettext_lazy("Paste both as PEM, one after the other."),
    )
    certificate_file = forms.FileField(
        label=gettext_lazy("Or a certificate file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pfx,.p12,.pem"}),
        help_text=gettext_lazy("A .pfx or .p12 file that holds the private key too."),
    )
    passphrase_input = _password(
        gettext_lazy("Passphrase of the private key or the file")
    )

    #: What was pasted or uploaded, once it is known to be good.
    pasted: PastedCertificate | None = None

    class Meta:
        model = AppRegistration
        fields = (
            *("name", "cloud", "authority_url", "graph_url", "tenant", "client_id"),
            *("credential_kind", "credential_expires_on"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.client_secret_sealed:
            self._say_stored("client_secret_input", _("A secret is stored."))
        if self.instance.certificate_sealed:
            self._say_stored("certificate_input", _("A certificate is stored."))

    def _say_stored(self, name: str, stored: str) -> None:
        if name in self.fields:
            keep = _("Leave this empty to keep it.")
            help_text = self.fields[name].help_text
            self.fields[name].help_text = f"{stored} {keep} {help_text}"

    def clean_tenant(self) -> str:
        """A tenant id, a domain, or one of Microsoft's three names."""
        tenant = str(self.cleaned_data["tenant"]).strip()
        if not TENANT.fullmatch(tenant):
            raise ValidationError(
                _("Enter the tenant's ID or domain, or “organizations”, “common” or "
                  "“consumers”.")
            )  # fmt: skip
        return tenant

    @sensitive_variables()
    def clean_client_secret_input(self) -> str:
        """Whitespace around a pasted secret is never part of it."""
        secret = str(self.cleaned_data["client_secret_input"]).strip()
        if GUID.fullmatch(secret):
            raise ValidationError(
                _("This looks like the ID of the secret. Copy the column “Value” "
                  "instead; Entra shows it only once, when the secret is made.")
            )  # fmt: skip
        return secret

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._check_cloud(cleaned)
        self._check_client_id(cleaned)
        if not self.errors:
            self._check_credential(cleaned)
        return cleaned

    def _check_cloud(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("cloud") != AppRegistration.Cloud.CUSTOM:
            cleaned.update(authority_url="", graph_url="")
            return
        check_addresses(self, cleaned)

    def _check_client_id(self, cleaned: dict[str, Any]) -> None:
        client_id = str(cleaned.get("client_id", "")).strip()
        looks_right = GUID.fullmatch(client_id) or not self._is_at_microsoft(cleaned)
        if client_id and not looks_right:
            text = _("The client ID looks like 11111111-2222-3333-4444-555555555555.")
            self.add_error("client_id", text)
        cleaned["client_id"] = client_id

    def _is_at_microsoft(self, cleaned: dict[str, Any]) -> bool:
        """Do ids look like Microsoft's there?"""
        return bool(cleaned.get("cloud") != AppRegistration.Cloud.CUSTOM)

    def _is_set_by_site(self, name: str) -> bool:
        """Do Django's settings bring this credential, so that none is needed here?"""
        return bool(getattr(settings, name))

    def _is_stored_for_others(self) -> bool:
        """Was the secret entered for another application or another server?"""
        return bool(_ADDRESSES & set(self.changed_data))

    @sensitive_variables()
    def _check_credential(self, cleaned: dict[str, Any]) -> None:
        kind = cleaned.get("credential_kind")
        if kind == Kind.SECRET:
            self._check_secret(cleaned)
        elif kind == Kind.CERTIFICATE:
            self._check_certificate(cleaned)

    @sensitive_variables()
    def _check_secret(self, cleaned: dict[str, Any]) -> None:
        given = cleaned.get("client_secret_input")
        if given or self._is_set_by_site("CLIENT_SECRET"):
            return
        if not self.instance.client_secret_sealed:
            self.add_error("client_secret_input", _("Enter the client secret."))
        elif self._is_stored_for_others():
            # Else whoever may edit this form could have the secret sent to a
            # server of their own.
            self.add_error(
                "client_secret_input",
                _("Enter the secret again: it was stored for another application "
                  "or another server."),
            )  # fmt: skip

    def clean_certificate_file(self) -> UploadedFile[Any] | None:
        """Not large: it is read as a whole."""
        upload: UploadedFile[Any] | None = self.cleaned_data["certificate_file"]
        if upload and (upload.size or 0) > _LARGEST_FILE:
            raise ValidationError(_("This is no certificate file: it is too large."))
        return upload

    @sensitive_variables()
    def _check_certificate(self, cleaned: dict[str, Any]) -> None:
        upload = cleaned.get("certificate_file")
        if upload is not None and cleaned.get("certificate_input"):
            text = _("Paste the certificate or choose a file, not both.")
            self.add_error("certificate_file", text)
        elif upload is not None:
            self._take("certificate_file", cleaned)
        elif cleaned.get("certificate_input"):
            self._take("certificate_input", cleaned)
        elif not self._has_certificate:
            text = _("Paste the certificate, or choose its file.")
            self.add_error("certificate_input", text)

    @property
    def _has_certificate(self) -> bool:
        set_by_site = self._is_set_by_site("CLIENT_CERTIFICATE")
        return bool(self.instance.certificate_sealed or set_by_site)

    @sensitive_variables()
    def _take(self, name: str, cleaned: dict[str, Any]) -> None:
        """Read what that field brought."""
        try:
            if name == "certificate_file":
                self.pasted = read_file(cleaned[name].read(), self._passphrase)
            else:
                self.pasted = read_certificate(cleaned[name], self._passphrase)
        except ValidationError as error:
            self.add_error(name, error)
        else:
            cleaned["credential_expires_on"] = self.pasted.expires_on

    @property
    def _passphrase(self) -> Secret | None:
        return Secret(self.cleaned_data.get("passphrase_input", "")) or None

    def save(self, commit: bool = True) -> AppRegistration:
        """Seal what was entered; drop what belongs to another kind of credential."""
        row: AppRegistration = self.instance
        if row.credential_kind != Kind.SECRET:
            row.client_secret_sealed = ""
        # A Secret at once: error reports show the variables of every function.
        elif secret := Secret(self.cleaned_data["client_secret_input"]):
            row.set_client_secret(secret)
        if row.credential_kind != Kind.CERTIFICATE:
            row.certificate_sealed = ""
        elif self.pasted:
            row.set_certificate(
                private_key=self.pasted.private_key,
                certificate=self.pasted.certificate,
                passphrase=self.pasted.passphrase,
            )
        saved: AppRegistration = super().save(commit)
        return saved
