"""What else the site has: other applications and plugins, its cookies, its addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core import checks
from django.db import router
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.module_loading import import_string

from wagtail_m365.conf import settings

from .messages import Messages, error

_DOCUMENT_VIEWS = "wagtail_m365.views.documents"


def check_apps(
    is_installed: Callable[[str], bool] = apps.is_installed, **kwargs: Any
) -> Messages:
    """E005: without it, there is no settings page."""
    if is_installed("wagtail.contrib.settings"):
        return []
    return [error("E005", "Add 'wagtail.contrib.settings' to INSTALLED_APPS.")]


def check_purposes(**kwargs: Any) -> Messages:
    """E007: editors and admins must know what a plugin takes tokens for."""
    from wagtail_m365.hooks import Purpose, register_m365_purposes

    found: list[Any] = list(register_m365_purposes())
    wrong = [purpose for purpose in found if not isinstance(purpose, Purpose)]
    if wrong:
        return [error("E007", f"This is no Purpose: {wrong[0]!r}.")]
    twice = [name for name, n in Counter(p.name for p in found).items() if n > 1]
    bare = [purpose.name for purpose in found if not purpose.scopes]
    return [
        *(error("E007", f"The purpose {name!r} is declared twice.") for name in twice),
        *(error("E007", f"The purpose {name!r} names no scopes.") for name in bare),
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


def check_databases(**kwargs: Any) -> Messages:
    """W011: what was written a moment ago is not read anew."""
    from wagtail.documents import get_document_model

    ours = apps.get_app_config("wagtail_m365").get_models()
    apart = [
        model._meta.label
        for model in (*ours, get_document_model())
        if router.db_for_read(model) != router.db_for_write(model)
    ]
    if not apart:
        return []
    return [
        checks.Warning(
            "A database router reads from another database than it writes to: "
            f"{', '.join(apart)}. A copy that lags behind shows tokens that were "
            "used, and documents as they were.",
            hint="Let DATABASE_ROUTERS read these where they are written.",
            id="wagtail_m365.W011",
        )
    ]


def check_middleware(**kwargs: Any) -> Messages:
    """W012: a transaction around every request cannot be committed in between.

    That of django-reversion, which heeds no ``non_atomic_requests``.
    """
    around = [path for path in django_settings.MIDDLEWARE if _is_transaction(path)]
    return [
        checks.Warning(
            f"{path} puts a transaction around every request: documents cannot be "
            "opened in Microsoft 365 or brought back.",
            hint="Use a subclass of it with atomic = False.",
            id="wagtail_m365.W012",
        )
        for path in around
    ]


def _is_transaction(path: str) -> bool:
    try:
        middleware = import_string(path)
    except ImportError:  # the site's own fault, which Django tells where it serves
        return False
    makes_revisions = hasattr(middleware, "request_creates_revision")
    return makes_revisions and bool(getattr(middleware, "atomic", False))


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
