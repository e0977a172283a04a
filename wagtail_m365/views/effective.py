"""The configuration that holds, and where each part of it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_m365 import conf
from wagtail_m365.models import AppRegistration, M365Settings
from wagtail_m365.models.edit_locations import EditPlace

#: What may be set in both places → how it is called, and how a row answers it.
_SHOWN = {
    "CLOUD": gettext_lazy("Cloud"),
    "TENANT": gettext_lazy("Tenant"),
    "CLIENT_ID": gettext_lazy("Application (client) ID"),
}
#: Never shown, whatever their value.
_SECRET = {
    "CLIENT_SECRET": gettext_lazy("Client secret"),
    "CLIENT_CERTIFICATE": gettext_lazy("Certificate"),
    "CLIENT_ASSERTION_FILE": gettext_lazy("Federated credential"),
    "ENCRYPTION_KEYS": gettext_lazy("Encryption keys"),
}
_HAS_SEALED: dict[str, str] = {
    AppRegistration.CredentialKind.SECRET: "client_secret_sealed",
    AppRegistration.CredentialKind.CERTIFICATE: "certificate_sealed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One part of the configuration."""

    label: str | Promise
    value: str
    #: Where it is set, as a person would look for it.
    source: str
    #: Set in the Django settings: cannot be changed here.
    fixed: bool = False


def lines(row: AppRegistration | None, site: M365Settings | None = None) -> list[Line]:
    """What holds now, with this app registration chosen."""
    shown = [_line(name, label, row) for name, label in _SHOWN.items()]
    where = [] if conf.is_set("EDIT_LOCATION") or not site else [_place_line(site)]
    return [*shown, *_secret_lines(row), *where, *_other_lines()]


def _place_line(site: M365Settings) -> Line:
    """Where copies lie; of a library also whether somebody could look at it."""
    value = str(site.get_edit_place_display())
    if site.edit_place == EditPlace.ONEDRIVE:
        value = f"{value}: {site.edit_path}"
    if site.edit_place == EditPlace.LIBRARY:
        unseen = _("not looked at: your account could not")
        value = f"{value}: {site.edit_folder_name or unseen}"
    return Line(label=_("Where documents are edited"), value=value, source=_("here"))


def _line(name: str, label: Promise, row: AppRegistration | None) -> Line:
    if conf.is_set(name):
        value = _text(getattr(conf.settings, name))
        return Line(label=label, value=value, source=_in_settings(name), fixed=True)
    if row is None:
        return Line(label=label, value=_("Not set"), source="")
    values = {"CLOUD": _cloud(row), "TENANT": row.tenant, "CLIENT_ID": row.client_id}
    return Line(label=label, value=values[name], source=_in_row(row))


def _cloud(row: AppRegistration) -> str:
    if row.cloud == AppRegistration.Cloud.CUSTOM:
        return _text(row.cloud_value)
    return str(row.get_cloud_display())


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {part}" for name, part in value.items())
    return str(value)


def _secret_lines(row: AppRegistration | None) -> list[Line]:
    found = [
        Line(label=label, value=_("Set"), source=_in_settings(name), fixed=True)
        for name, label in _SECRET.items()
        if conf.configured().get(name)
    ]
    credentials = ("CLIENT_SECRET", "CLIENT_CERTIFICATE", "CLIENT_ASSERTION_FILE")
    if row is None or any(map(conf.is_set, credentials)):
        return found
    return [_credential_line(row), *found]


def _credential_line(row: AppRegistration) -> Line:
    label, source = row.get_credential_kind_display(), _in_row(row)
    column = _HAS_SEALED.get(row.credential_kind)
    if column is None:
        return Line(label=_("Credential"), value=label, source=source)
    value = _("Set") if getattr(row, column) else _("Missing")
    return Line(label=label, value=value, source=source)


def _other_lines() -> list[Line]:
    known = {*_SHOWN, *_SECRET, "ENABLED"}
    return [
        Line(
            label=name,
            value=_text(getattr(conf.settings, name)),
            source=_in_settings(name),
            fixed=True,
        )
        for name in conf.configured()
        if name in conf.names() and name not in known and name != "PROXIES"
    ]


def _in_settings(name: str) -> str:
    return f'WAGTAIL_M365["{name}"]'


def _in_row(row: AppRegistration) -> str:
    return _("app registration “%(name)s”") % {"name": row.name}
