"""The Django setting ``WAGTAIL_M365``: every name, type, default and unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

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
    #: Days for which the use log is kept.
    USE_LOG_DAYS: int = 365
    #: Newest versions of a document that are always kept; ``None``: all.
    KEEP_VERSIONS: int | None = None
    #: Days for which every version is kept; ``None``: for ever. With both set, a
    #: version is deleted only when it is beyond both.
    KEEP_VERSIONS_DAYS: int | None = None
    #: May documents of private collections be sent to Microsoft 365:
    #: ``"allow"``, ``"warn"`` or ``"forbid"``.
    PRIVATE_COLLECTIONS: str = "warn"
    #: Hours without a change after which an edit session counts as forgotten.
    FORGOTTEN_AFTER_HOURS: int = 7 * 24
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


def wrong_types() -> dict[str, str]:
    """Names whose value is of another type than this file says → what is expected."""
    expected = types()
    return {
        name: _described(expected[name])
        for name, value in configured().items()
        if name in expected and value is not None and not _is_a(value, expected[name])
    }


def _is_a(value: Any, expected: Any) -> bool:
    """Is the value of that type, as deep as settings go?"""
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in {Union, UnionType}:
        return any(_is_a(value, one) for one in arguments)
    if origin is None:
        return isinstance(value, expected) and (
            expected is bool or not isinstance(value, bool)
        )
    if origin is tuple:
        # A list will do: settings come from JSON and YAML too.
        right_size = isinstance(value, tuple | list) and len(value) == len(arguments)
        return right_size and all(map(_is_number, value))
    return isinstance(value, origin) and _holds_texts(value)


def _holds_texts(value: Any) -> bool:
    """Is it a sequence or a mapping of texts, and not one text?"""
    if isinstance(value, Mapping):
        return all(isinstance(text, str) for pair in value.items() for text in pair)
    return not isinstance(value, str) and all(isinstance(one, str) for one in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _described(expected: Any) -> str:
    """The type in words, for a message."""
    if isinstance(expected, type) and not get_args(expected):
        return expected.__name__
    return re.sub(r"(collections\.abc|typing)\.", "", str(expected))


def types() -> dict[str, Any]:
    """Name → annotated type, for checks and documentation."""
    return get_type_hints(Settings)
