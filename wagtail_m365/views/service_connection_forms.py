"""What is asked of whoever makes or renews one of the site's own connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_m365.errors import SignInRefused
from wagtail_m365.identity.ids import TENANT
from wagtail_m365.models import Connection
from wagtail_m365.tokens.bundles import BUNDLES, PROFILE
from wagtail_m365.tokens.purposes import declared

from .connect import checked_scopes
from .registration_form import WriteOnlyTextarea

#: Never to be shown in an error report.
SECRET_FIELDS = ("refresh_token",)


class NameForm(forms.Form):
    """The name by which code asks for the connection."""

    name = forms.SlugField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy(
            "By this name other code asks for the connection, such as “newsletter”: "
            "letters, digits, hyphens and underscores. It cannot be changed later."
        ),
    )

    def clean_name(self) -> str:
        """Nobody's newsletter begins to come from another mailbox by accident."""
        name = str(self.cleaned_data["name"])
        if Connection.objects.service(name).exists():
            text = _(
                "There is a service connection of that name. Open it to renew it, or "
                "choose another name."
            )
            raise ValidationError(text)
        return name


class RightsForm(forms.Form):
    """Which rights the sign-in asks for."""

    bundles = forms.MultipleChoiceField(
        label=gettext_lazy("What it is for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Choose no more than is needed. Microsoft shows these rights before "
            "anybody agrees to them."
        ),
    )
    others = forms.CharField(
        label=gettext_lazy("Other rights"),
        required=False,
        help_text=gettext_lazy(
            "As Microsoft names them, separated by spaces, such as “Tasks.ReadWrite”."
        ),
    )

    def __init__(self, *args: Any, scopes: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = dict(_known_sets())
        wanted = set(scopes)
        chosen = [key for key, each in self.known.items() if set(each[1]) <= wanted]
        covered = {scope for key in chosen for scope in self.known[key][1]}
        field = self.fields["bundles"]
        field.choices = [(key, label) for key, (label, _s) in self.known.items()]  # type: ignore[attr-defined]  # a choice field
        field.initial = chosen
        self.fields["others"].initial = " ".join(sorted(wanted - covered))

    def clean_others(self) -> frozenset[str]:
        """Each is written like a right of Microsoft's."""
        try:
            return checked_scopes(self.cleaned_data["others"].split())
        except SignInRefused as error:
            text = _("Write each right as Microsoft names it, such as “Mail.Send”.")
            raise ValidationError(text) from error

    @property
    def scopes(self) -> frozenset[str]:
        """All that was chosen, and who the account is."""
        chosen = (self.known[key][1] for key in self.cleaned_data["bundles"])
        named = {scope for scopes in chosen for scope in scopes}
        return frozenset({*PROFILE, *named, *self.cleaned_data["others"]})


class SignInForm(RightsForm, NameForm):
    """A new connection, by signing in at Microsoft."""

    field_order = ("name", "bundles", "others")


class TokenForm(forms.Form):
    """A refresh token that somebody has."""

    refresh_token = forms.CharField(
        label=gettext_lazy("Refresh token"),
        widget=WriteOnlyTextarea(
            attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=gettext_lazy(
            "Issued to this site's app registration. It is tried at once and then "
            "replaced by the one that Microsoft gives back; it is never shown again."
        ),
    )
    tenant = forms.CharField(
        label=gettext_lazy("Tenant"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "Where it was issued; leave empty for the app registration's own."
        ),
    )

    def clean_refresh_token(self) -> str:
        """Line breaks come from the terminal it was copied from, and are no part of it."""
        return "".join(str(self.cleaned_data["refresh_token"]).split())

    def clean_tenant(self) -> str:
        """A tenant's id or domain."""
        tenant = str(self.cleaned_data["tenant"]).strip()
        if tenant and not TENANT.fullmatch(tenant):
            raise ValidationError(_("Enter the tenant's ID or domain."))
        return tenant


class NewTokenForm(TokenForm, NameForm):
    """A new connection, from a refresh token."""

    field_order = ("name", "refresh_token", "tenant")


class OtherTokenForm(TokenForm):
    """Another refresh token for a connection that is there."""

    any_account = forms.BooleanField(
        label=gettext_lazy("It may be another account's"),
        required=False,
        help_text=gettext_lazy(
            "Everything that asks for this name then acts as the other account."
        ),
    )


class LabelForm(forms.ModelForm):  # type: ignore[type-arg]  # not at runtime
    """What people call the connection."""

    class Meta:
        model = Connection
        fields = ("label",)
        help_texts = {
            "label": gettext_lazy("For people; the name above is for code."),
        }


def _known_sets() -> Iterator[tuple[str, tuple[SafeString, tuple[str, ...]]]]:
    """Key → label and rights: our bundles, then what plugins say they need."""
    for bundle in BUNDLES[1:]:
        yield bundle.key, (_label(bundle), bundle.scopes)
    for purpose in declared().values():
        yield f"purpose:{purpose.name}", (_label(purpose), purpose.scopes)


def _label(named: Any) -> SafeString:
    return format_html(
        '<span>{} <small class="m365-meta">{} <code>{}</code></small></span>',
        named.title,
        named.reason,
        " ".join(named.scopes),
    )
