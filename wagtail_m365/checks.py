"""System checks: what is wrong with this site's set-up, before anybody finds out.

Errors:

* ``wagtail_m365.E001`` – ``WAGTAIL_M365`` has a name that nobody reads.
* ``wagtail_m365.E002`` – a value of ``WAGTAIL_M365`` is of the wrong type.
* ``wagtail_m365.E003`` – ``CLOUD`` names no cloud, or an address that cannot be used.
* ``wagtail_m365.E004`` – an encryption key is empty, or the same twice.
* ``wagtail_m365.E005`` – ``wagtail.contrib.settings`` is not installed.
* ``wagtail_m365.E006`` – ``TENANT``, ``CLIENT_ID`` or the credential is not usable.
* ``wagtail_m365.E007`` – a purpose of a plugin is declared twice or wrongly.

Warnings:
* ``wagtail_m365.W001`` – no dedicated encryption key.
* ``wagtail_m365.W002`` – plain http to this machine is allowed (``--deploy``).
* ``wagtail_m365.W003`` – the session cookie does not come back from Microsoft.
* ``wagtail_m365.W004`` – the address of the callback leads to another view.
* ``wagtail_m365.W005`` – the site's own document views hide ours.
* ``wagtail_m365.W006`` – the session cookie also travels unencrypted (``--deploy``).
* ``wagtail_m365.W007`` – values are sealed with an old key, or with one that is gone
  (``check --database default``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core import checks
from django.db import DatabaseError
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from . import conf
from .conf import settings
from .errors import Misconfigured

Messages = list[checks.CheckMessage]

_DOCUMENT_VIEWS = "wagtail_m365.views.documents"


def register_checks() -> None:
    """Make the checks known to Django; called once, at start."""
    for check in (
        check_names,
        check_types,
        check_cloud,
        check_keys,
        check_apps,
        check_registration,
        check_purposes,
        check_session_cookie,
        check_addresses,
    ):
        checks.register(check, "wagtail_m365")
    for check in (check_insecure_loopback, check_secure_cookie):
        checks.register(check, "wagtail_m365", deploy=True)
    checks.register(check_sealed_values, checks.Tags.database)


def check_names(**kwargs: Any) -> Messages:
    """E001: a misspelt name would be silence."""
    return [
        checks.Error(
            f"WAGTAIL_M365 has no setting {name!r}.",
            hint=f"Did you mean {nearest!r}?" if nearest else "Remove it.",
            id="wagtail_m365.E001",
        )
        for name, nearest in conf.unknown_names().items()
    ]


def check_types(**kwargs: Any) -> Messages:
    """E002: a wrong type would fail in the middle of somebody's work."""
    value = getattr(django_settings, "WAGTAIL_M365", {})
    if not isinstance(value, dict):
        return [_error("E002", "WAGTAIL_M365 must be a dictionary.")]
    return [
        _error("E002", f"WAGTAIL_M365[{name!r}] must be: {expected}.")
        for name, expected in conf.wrong_types().items()
    ]


def check_cloud(**kwargs: Any) -> Messages:
    """E003: tokens would be sent to the wrong place, or nowhere."""
    if not conf.is_set("CLOUD") or "CLOUD" in conf.wrong_types():
        return []
    # Not at the top: start-up does not need what it imports.
    from .identity.clouds import resolve as resolve_cloud

    insecure = bool(settings.ALLOW_INSECURE_LOOPBACK)
    return _complaints(
        "E003",
        lambda: resolve_cloud(settings.CLOUD or "", allow_insecure_loopback=insecure),
    )


def check_keys(**kwargs: Any) -> Messages:
    """E004, W001: what seals the tokens."""
    if "ENCRYPTION_KEYS" in conf.wrong_types():
        return []
    keys = list(settings.ENCRYPTION_KEYS)
    if not keys:
        return [
            checks.Warning(
                "Tokens are sealed with a key made of SECRET_KEY: when that changes, "
                "every editor has to connect again.",
                hint=(
                    "Set WAGTAIL_M365['ENCRYPTION_KEYS'] to a list of long random "
                    'texts, such as python -c "import secrets; '
                    'print(secrets.token_urlsafe(32))" prints.'
                ),
                id="wagtail_m365.W001",
            )
        ]
    if any(not key.strip() for key in keys):
        return [_error("E004", "An encryption key is empty.")]
    if any(count > 1 for count in Counter(keys).values()):
        return [_error("E004", "The same encryption key is there twice.")]
    return []


def check_apps(
    is_installed: Callable[[str], bool] = apps.is_installed, **kwargs: Any
) -> Messages:
    """E005: without it, there is no settings page."""
    if is_installed("wagtail.contrib.settings"):
        return []
    return [_error("E005", "Add 'wagtail.contrib.settings' to INSTALLED_APPS.")]


def check_registration(**kwargs: Any) -> Messages:
    """E006: what Django's settings say of the app registration."""
    if conf.wrong_types() or not settings.CLIENT_ID:
        return []
    from .models.configuration import merged

    if check_cloud():
        return []
    return _complaints("E006", lambda: merged(None))


def check_purposes(**kwargs: Any) -> Messages:
    """E007: editors and admins must know what a plugin takes tokens for."""
    from .hooks import Purpose, register_m365_purposes

    found: list[Any] = list(register_m365_purposes())
    wrong = [purpose for purpose in found if not isinstance(purpose, Purpose)]
    if wrong:
        return [_error("E007", f"This is no Purpose: {wrong[0]!r}.")]
    twice = [name for name, n in Counter(p.name for p in found).items() if n > 1]
    bare = [purpose.name for purpose in found if not purpose.scopes]
    return [
        *(_error("E007", f"The purpose {name!r} is declared twice.") for name in twice),
        *(_error("E007", f"The purpose {name!r} names no scopes.") for name in bare),
    ]


def check_session_cookie(**kwargs: Any) -> Messages:
    """W003: who comes back from Microsoft would be logged out."""
    if str(django_settings.SESSION_COOKIE_SAMESITE).lower() != "strict":
        return []
    return [
        checks.Warning(
            "With SESSION_COOKIE_SAMESITE = 'Strict' the browser sends no session "
            "when Microsoft sends it back, and no sign-in can end.",
            hint="Set it to 'Lax', Django's default.",
            id="wagtail_m365.W003",
        )
    ]


def check_addresses(**kwargs: Any) -> Messages:
    """W004, W005: somebody else answers at an address that we need."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    messages: Messages = []
    callback = _view_at("wagtail_m365:callback")
    if callback and not _is_ours(callback, "wagtail_m365."):
        messages.append(
            checks.Warning(
                "The address of our callback leads to another view: no sign-in can end.",
                hint="Another pattern under Wagtail's admin hides m365/.",
                id="wagtail_m365.W004",
            )
        )
    documents = _view_at("wagtaildocs:index")
    hidden = documents and not _is_ours(documents, _DOCUMENT_VIEWS)
    if hidden and settings.EXTEND_DOCUMENT_VIEWS:
        messages.append(
            checks.Warning(
                "Wagtail's document listing is replaced by views that do not know "
                "Microsoft 365.",
                hint=(
                    f"Mix the classes of {_DOCUMENT_VIEWS} into your own views and set "
                    "WAGTAIL_M365['EXTEND_DOCUMENT_VIEWS'] = False."
                ),
                id="wagtail_m365.W005",
            )
        )
    return messages


def check_insecure_loopback(**kwargs: Any) -> Messages:
    """W002: secrets over plain http are for development."""
    if not settings.ALLOW_INSECURE_LOOPBACK:
        return []
    return [
        checks.Warning(
            "WAGTAIL_M365['ALLOW_INSECURE_LOOPBACK'] allows plain http to this machine.",
            hint="Leave it out in production.",
            id="wagtail_m365.W002",
        )
    ]


def check_secure_cookie(**kwargs: Any) -> Messages:
    """W006: a sign-in under way is kept in the session."""
    if django_settings.SESSION_COOKIE_SECURE:
        return []
    return [
        checks.Warning(
            "The session cookie, which ends a sign-in, also travels unencrypted.",
            hint="Set SESSION_COOKIE_SECURE = True.",
            id="wagtail_m365.W006",
        )
    ]


def check_sealed_values(
    databases: Iterable[str] | None = None, **kwargs: Any
) -> Messages:
    """W007: a key may only go when nothing is sealed with it any more."""
    if not databases or conf.wrong_types() or check_keys_are_unusable():
        return []
    from .tokens.key_rotation import count_stale

    try:
        stale = count_stale()
    except DatabaseError:
        # Not migrated yet.
        return []
    if not stale:
        return []
    return [
        checks.Warning(
            f"{stale} sealed values are not on the newest encryption key.",
            hint="Run: manage.py m365_rotate_keys",
            id="wagtail_m365.W007",
        )
    ]


def check_keys_are_unusable() -> bool:
    """Would making a vault fail?"""
    return any(message.id == "wagtail_m365.E004" for message in check_keys())


def _error(number: str, message: str) -> checks.Error:
    return checks.Error(message, id=f"wagtail_m365.{number}")


def _complaints(number: str, attempt: Callable[[], Any]) -> Messages:
    try:
        attempt()
    except Misconfigured as error:
        return [_error(number, str(error))]
    return []


def _view_at(name: str) -> Any:
    """The view that answers at the address of that name; ``None`` without one."""
    try:
        return resolve(reverse(name)).func
    except (NoReverseMatch, Resolver404):
        return None


def _is_ours(view: Any, module: str) -> bool:
    view_class = getattr(view, "view_class", None)
    known_by = getattr(view_class, "__mro__", (view,))
    return any(each.__module__.startswith(module) for each in known_by)
