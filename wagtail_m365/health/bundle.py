"""The support bundle: what helps whoever helps, and nothing that must stay here.

Nothing is taken over by leaving secrets out: each line is put in by name, and values
of settings are told as their kind.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from typing import Any

from django.conf import settings as django_settings  # noqa: TID251  # what is told is Django's own
from django.core import checks
from django.db import connection as database
from django.db.models import Count
from django.utils import timezone

from wagtail_m365 import conf
from wagtail_m365.models import Connection, EditSession, Failure

from .findings import Report

_PACKAGES = (
    *("wagtail-m365", "wagtail", "Django", "msal", "requests", "cryptography"),
    *("django-tasks", "urllib3", "pillow"),
)
#: Settings of ours whose value helps, and is neither secret nor personal.
_PLAIN = {
    *("ENABLED", "ALLOW_INSECURE_LOOPBACK", "CLAIMS_CHALLENGES", "TIMEOUT"),
    *("USE_LOG_DAYS", "KEEP_VERSIONS", "KEEP_VERSIONS_DAYS", "KEEP_TRANSFERS_DAYS"),
    *("PRIVATE_COLLECTIONS", "FORGOTTEN_AFTER_HOURS", "REMIND_AFTER_DAYS"),
    "EXTEND_DOCUMENT_VIEWS",
}
#: Django's own settings that decide whether a sign-in comes back.
_DJANGO = (
    *("DEBUG", "SESSION_ENGINE", "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_SECURE"),
    *("SECURE_CROSS_ORIGIN_OPENER_POLICY", "SECURE_PROXY_SSL_HEADER"),
    *("SECURE_SSL_REDIRECT", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT", "USE_TZ"),
)
#: Probes whose details name no address, tenant, application or person.
_TELLING = frozenset(
    {
        *("switch", "secret", "end", "checks", "scheme", "session_cookie"),
        *("secure_cookie", "opener_policy", "migrations", "keys", "sealed_values"),
        *("sessions", "worker", "credential", "clock", "rights", "consent"),
        *("connections", "drive", "edit_folder"),
    }
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s\"'<>,;]+")
_GUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)


def written(report: Report, *, with_names: bool = False) -> str:
    """The bundle as JSON.

    Args:
        report: What the self-test found.
        with_names: Add user names and addresses of connected accounts.
    """
    content: dict[str, Any] = {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "versions": _versions(),
        "settings": dict(_our_settings()),
        "django_settings": dict(_django_settings()),
        "checks": list(_checks()),
        "findings": [_without_places(each.as_json()) for each in report.findings],
        "failures": list(_failures()),
        "connections": _counted(Connection, "state"),
        "edit_sessions": _counted(EditSession, "state"),
    }
    if with_names:
        content["accounts"] = list(_accounts())
    return json.dumps(content, indent=2, ensure_ascii=False)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "system": platform.system()}
    found["database"] = database.vendor
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def _our_settings() -> Iterable[tuple[str, Any]]:
    for name in conf.names():
        if not conf.is_set(name):
            continue
        value = conf.configured()[name]
        yield name, value if name in _PLAIN else _kind_of(value)


def _django_settings() -> Iterable[tuple[str, Any]]:
    for name in _DJANGO:
        yield name, getattr(django_settings, name, None)
    tasks: Any = getattr(django_settings, "TASKS", {})
    caches: Any = django_settings.CACHES
    for setting, value in (("TASKS", tasks), ("CACHES", caches)):
        yield setting, {alias: each.get("BACKEND", "") for alias, each in value.items()}


def _kind_of(value: Any) -> str:
    if isinstance(value, str):
        return "(a text)"
    if isinstance(value, Mapping):
        return f"(a mapping of {len(value)})"
    if isinstance(value, Sequence):
        return f"(a list of {len(value)})"
    return f"(a value of type {type(value).__name__})"


def _checks() -> Iterable[dict[str, str]]:
    for message in checks.run_checks(tags=["wagtail_m365"]):
        yield {"id": message.id or "", "level": str(message.level)}


def _failures() -> Iterable[dict[str, str]]:
    for failure in Failure.objects.order_by("-pk"):
        yield {
            "happened_at": failure.happened_at.isoformat(timespec="seconds"),
            "code": failure.code,
            "page": failure.place,
            # Microsoft's code, request id and time, and nothing else.
            "reference": failure.reference,
        }


def _counted(model: type[Any], column: str) -> dict[str, int]:
    rows = model.objects.values_list(column).annotate(Count("pk")).order_by(column)
    return dict(rows)


def _accounts() -> Iterable[dict[str, str]]:
    rows = Connection.objects.select_related("user").order_by("created_at")
    for row in rows.iterator(chunk_size=200):
        yield {
            "user": row.user.get_username() if row.user else row.service_name or "",
            "account": row.username,
            "state": row.state,
            "code": str(row.state_details.get("code", "")),
            "correlation_id": str(row.state_details.get("correlation_id", "")),
        }


def _without_places(finding: dict[str, Any]) -> dict[str, Any]:
    """Details name this site's address, tenant and application: not in here."""
    scrubbed = dict(finding)
    if finding["probe"] not in _TELLING:
        scrubbed.pop("detail", None)
    for name in ("detail", "what"):
        if name in scrubbed:
            scrubbed[name] = _scrubbed(str(scrubbed[name]))
    return scrubbed


def _scrubbed(text: str) -> str:
    without = _URL.sub("(an address)", _ADDRESS.sub("(an e-mail address)", text))
    return _GUID.sub("(an id)", without)
