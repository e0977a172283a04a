"""The Django setting ``WAGTAIL_M365``: every name, type, default and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_type_hints

from django.conf import settings as django_settings


class Settings:
    """What a site may set; read anew at each access, so ``override_settings`` works.

    A name that is set here wins over the value in the database and is shown
    read-only in *Settings → Microsoft 365*.
    """

    #: Switches the whole extension on or off; ``None``: as chosen in the admin.
    ENABLED: bool | None = None
    #: ``"global"``, ``"us_gov"``, ``"us_dod"``, ``"china"`` or
    #: ``{"authority": URL, "graph": URL with version}``.
    CLOUD: str | Mapping[str, str] | None = None
    #: Tenant id or domain, or ``"common"``, ``"organizations"``, ``"consumers"``.
    TENANT: str | None = None
    #: Application (client) id of the app registration.
    CLIENT_ID: str | None = None
    #: Client secret (its value, not its id).
    CLIENT_SECRET: str | None = None
    #: Certificate instead of a secret: ``{"private_key": PEM or path,
    #: "certificate": PEM or path, "passphrase": …}`` or ``{"pfx": path, "passphrase": …}``.
    CLIENT_CERTIFICATE: Mapping[str, str] | None = None
    #: Path of a file with a federated assertion instead of a secret (workload
    #: identity writes its path into ``AZURE_FEDERATED_TOKEN_FILE``).
    CLIENT_ASSERTION_FILE: str | None = None
    #: Ids of the tenants whose accounts may be connected; empty: any that
    #: ``TENANT`` lets in.
    ALLOWED_TENANTS: Sequence[str] = ()
    #: Declare that claims challenges are understood: Microsoft then gives tokens
    #: that live up to 28 hours and may be refused at any time (continuous access
    #: evaluation). Every plugin that sends tokens itself must then handle that.
    CLAIMS_CHALLENGES: bool = False
    #: Keys that seal tokens and secrets in the database, newest first.
    ENCRYPTION_KEYS: Sequence[str] = ()
    #: Allow plain http to loopback hosts of a custom cloud (development only).
    ALLOW_INSECURE_LOOPBACK: bool = False
    #: Address to which Microsoft sends the editor back, where the site cannot
    #: compute it itself; must end with the path of the callback view.
    REDIRECT_URI: str | None = None
    #: Scheme → proxy address; the environment's proxies hold where not given.
    PROXIES: Mapping[str, str] = {}
    #: Path of a CA bundle; the environment's holds where not given.
    CA_BUNDLE: str = ""
    #: Seconds to connect, and seconds between two bytes of an answer.
    TIMEOUT: tuple[float, float] = (3.05, 10.0)
    #: Add actions, column and side panel to Wagtail's own document views.
    EXTEND_DOCUMENT_VIEWS: bool = True

    if not TYPE_CHECKING:

        def __getattribute__(self, name: str) -> Any:
            default = object.__getattribute__(self, name)
            if name.startswith("_"):
                return default
            return configured().get(name, default)


settings = Settings()


def configured() -> Mapping[str, Any]:
    """The site's own ``WAGTAIL_M365``, as it stands."""
    value = getattr(django_settings, "WAGTAIL_M365", None)
    return value if isinstance(value, Mapping) else {}


def is_set(name: str) -> bool:
    """Does the site set this name in its Django settings?"""
    return configured().get(name) is not None


def names() -> list[str]:
    """Every name that ``WAGTAIL_M365`` knows, in the order of this file."""
    return list(Settings.__annotations__)


def unknown_names() -> dict[str, str]:
    """Names that the site sets and nobody reads → the nearest known name or ``""``."""
    known = names()
    return {
        name: next(iter(get_close_matches(str(name).upper(), known, n=1)), "")
        for name in configured()
        if name not in known
    }


def types() -> dict[str, Any]:
    """Name → annotated type, for checks and documentation."""
    return get_type_hints(Settings)
