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
    #: Last day of ``CLIENT_SECRET``, as ``"2027-03-31"``: administrators are warned
    #: before. A certificate tells its own.
    CLIENT_SECRET_ENDS_ON: str | None = None
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
    #: Addresses to which warnings are mailed; empty: everybody who may change
    #: *Settings → Microsoft 365*.
    ADMIN_EMAILS: Sequence[str] = ()
    #: Write a mail to whoever has to mend a connection, waited for rights or has
    #: forgotten an edit session; the dashboard tells it in any case.
    NOTIFY_BY_EMAIL: bool = False
    #: Days for which the use log is kept.
    USE_LOG_DAYS: int = 365
    #: Newest versions of a document that are always kept; ``None``: all.
    KEEP_VERSIONS: int | None = None
    #: Days for which every version is kept; ``None``: for ever. With both set, a
    #: version is deleted only when it is beyond both.
    KEEP_VERSIONS_DAYS: int | None = None
    #: Let files that are brought back or restored by people without the permission to
    #: publish them wait for somebody's approval.
    MODERATION: bool = False
    #: May documents of private collections be sent to Microsoft 365:
    #: ``"allow"``, ``"warn"`` or ``"forbid"``.
    PRIVATE_COLLECTIONS: str = "warn"
    #: Where copies lie while they are edited: ``"app_folder"``, ``{"onedrive": path of
    #: a folder}`` or ``{"library": drive id, "folder": folder id}``; ``None``: as
    #: chosen in the admin.
    EDIT_LOCATION: str | Mapping[str, str] | None = None
    #: The right with which a library is used: ``"Files.ReadWrite.All"``, or
    #: ``"Sites.Selected"`` where an administrator grants the site to the app.
    LIBRARY_SCOPE: str = "Files.ReadWrite.All"
    #: May a second editor join by a link for the organisation: ``"allow"`` or
    #: ``"forbid"``.
    JOIN_BY_LINK: str = "allow"
    #: What opens a document, per application: ``{"word": "browser", "excel":
    #: "desktop", "powerpoint": "ask"}``; ``"browser"`` where nothing is said.
    OPEN_WITH: Mapping[str, str] = {}
    #: Hours without a change after which an edit session counts as forgotten.
    FORGOTTEN_AFTER_HOURS: int = 7 * 24
    #: Days after which the owner of a forgotten edit session is reminded again, on the
    #: dashboard and by mail with ``NOTIFY_BY_EMAIL``; 0: nobody is reminded.
    REMIND_AFTER_DAYS: int = 7
    #: Transfers that run at once for one Microsoft account, over all workers.
    TRANSFERS_PER_CONNECTION: int = 4
    #: Days for which transfers that have ended stay in their report.
    KEEP_TRANSFERS_DAYS: int = 365
    #: Have Microsoft call this site when something changes (webhooks); mount
    #: ``wagtail_m365.urls_public`` where it can be reached from outside.
    WEBHOOKS: bool = False
    #: Address of the notifications' view, where the site cannot compute it from
    #: ``WAGTAILADMIN_BASE_URL``; https.
    WEBHOOK_URL: str | None = None
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


def documents_taken() -> tuple[frozenset[str], int]:
    """What Wagtail's own settings let into documents.

    Returns:
        Extensions in lower case (none: all), and bytes of the largest file (0: any).
    """
    extensions = getattr(django_settings, "WAGTAILDOCS_EXTENSIONS", None) or ()
    limit = getattr(django_settings, "WAGTAILDOCS_MAX_UPLOAD_SIZE", None) or 0
    return frozenset(each.lower() for each in extensions), limit


def uses_time_zones() -> bool:
    """Do moments have time zones on this site?"""
    return bool(django_settings.USE_TZ)


def removes_versions() -> bool:
    """Does the site want old versions of documents to be removed?"""
    return bool(settings.KEEP_VERSIONS or settings.KEEP_VERSIONS_DAYS)


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


#: What a text may say, where only a few words are understood.
_CHOICES = {
    "PRIVATE_COLLECTIONS": ("allow", "warn", "forbid"),
    "JOIN_BY_LINK": ("allow", "forbid"),
    "LIBRARY_SCOPE": ("Files.ReadWrite.All", "Sites.Selected"),
}
#: Places for copies → the keys that name one.
_PLACES = {"onedrive": {"onedrive"}, "library": {"library", "folder"}}
_APPLICATIONS = {"word", "excel", "powerpoint"}
_WAYS = ("browser", "desktop", "ask")


def place_of(location: Any) -> str:
    """What kind of place ``EDIT_LOCATION`` names; ``""`` when that is not understood."""
    if location == "app_folder":
        return "app_folder"
    if not isinstance(location, Mapping) or not _holds_texts(location):
        return ""
    named = (place for place in _PLACES if str(location.get(place, "")).strip(" /"))
    place = next(named, "")
    return place if set(location) <= _PLACES.get(place, set()) else ""


def wrong_choices() -> dict[str, str]:
    """Names whose value is of the right type and not understood → what would be."""
    wrong = {
        name: " or ".join(map(repr, words))
        for name, words in _CHOICES.items()
        if is_set(name) and configured()[name] not in words
    }
    if is_set("EDIT_LOCATION") and not place_of(configured()["EDIT_LOCATION"]):
        wrong["EDIT_LOCATION"] = (
            '"app_folder", {"onedrive": path} or {"library": drive id, "folder": id}'
        )
    ways = configured().get("OPEN_WITH") or {}
    understood = isinstance(ways, Mapping) and set(ways) <= _APPLICATIONS
    if not understood or any(way not in _WAYS for way in ways.values()):
        wrong["OPEN_WITH"] = (
            '"word", "excel", "powerpoint" → "browser", "desktop", "ask"'
        )
    return wrong


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
