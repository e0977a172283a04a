"""The same set-up as Django settings, for other servers; secrets stay placeholders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from wagtail_m365 import conf
from wagtail_m365.models import AppRegistration

Kind = AppRegistration.CredentialKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What to paste on another server."""

    settings: str
    environment: str


def export(row: AppRegistration | None) -> Export | None:
    """Settings and environment variables; ``None`` while there is nothing to export."""
    client_id = conf.settings.CLIENT_ID or (row.client_id if row else "")
    if not client_id:
        return None
    cloud = conf.settings.CLOUD or (row.cloud_value if row else "global")
    tenant = conf.settings.TENANT or (row.tenant if row else "organizations")
    lines = [
        "import os",
        "",
        "WAGTAIL_M365 = {",
        '    "ENABLED": True,',
        f'    "CLOUD": {json.dumps(cloud)},',
        *_insecure(cloud),
        f'    "TENANT": {json.dumps(tenant)},',
        f'    "CLIENT_ID": {json.dumps(client_id)},',
        *_credential(row),
        '    "ENCRYPTION_KEYS": [os.environ["M365_ENCRYPTION_KEY"]],',
        "}",
    ]
    return Export(settings="\n".join(lines), environment="\n".join(_variables(row)))


def _insecure(cloud: str | Mapping[str, str]) -> list[str]:
    """What a cloud on this machine cannot do without."""
    addresses = () if isinstance(cloud, str) else cloud.values()
    plain = any(address.startswith("http:") for address in addresses)
    return ['    "ALLOW_INSECURE_LOOPBACK": True,'] if plain else []


def _is_certificate(row: AppRegistration | None) -> bool:
    if conf.is_set("CLIENT_CERTIFICATE"):
        return True
    return bool(row and row.credential_kind == Kind.CERTIFICATE)


def _credential(row: AppRegistration | None) -> list[str]:
    if _is_certificate(row):
        return [
            '    "CLIENT_CERTIFICATE": {',
            '        "private_key": os.environ["M365_PRIVATE_KEY_FILE"],',
            '        "certificate": os.environ["M365_CERTIFICATE_FILE"],',
            "    },",
        ]
    if row and row.credential_kind == Kind.NONE:
        return []
    return ['    "CLIENT_SECRET": os.environ["M365_CLIENT_SECRET"],']


def _variables(row: AppRegistration | None) -> list[str]:
    key = _("a long random text, the same on every server")
    found = [_line("M365_ENCRYPTION_KEY", key)]
    if _is_certificate(row):
        return [
            *found,
            _line("M365_PRIVATE_KEY_FILE", _("path of the private key")),
            _line("M365_CERTIFICATE_FILE", _("path of the certificate")),
        ]
    if row and row.credential_kind == Kind.NONE:
        return found
    return [*found, _line("M365_CLIENT_SECRET", _("the value of the client secret"))]


def _line(name: str, what: str) -> str:
    """A variable to which somebody gives a value; until then it says what is wanted."""
    return f'{name}="<{what}>"'
