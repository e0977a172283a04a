"""Scopes: what there is to ask for, in which words, and how it is written.

Source: Microsoft, "Microsoft Graph permissions reference" (display names, admin consent,
personal accounts) and "Scopes and permissions in the Microsoft identity platform".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from .directory import AppRegistration
from .errors import refusal, to_application
from .issued import GRAPH, GRAPH_ID

OPENID = ("openid", "profile", "email", "offline_access")
DEFAULT = ".default"
_LOOPBACK = {"127.0.0.1", "localhost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A delegated permission.

    Attributes:
        title: What the consent page says.
        admin: Only an administrator can consent.
        personal: Personal accounts have it too.
    """

    name: str
    title: str
    admin: bool = False
    personal: bool = True


def _table(*rows: tuple[str, str], **more: bool) -> dict[str, Permission]:
    return {
        name.casefold(): Permission(name=name, title=title, **more)
        for name, title in rows
    }


_GRAPH = (
    _table(
        ("openid", "Sign you in"),
        ("profile", "View your basic profile"),
        ("email", "View your email address"),
        ("offline_access", "Maintain access to data you have given it access to"),
        ("User.Read", "Sign you in and read your profile"),
        ("User.ReadWrite", "Read and update your profile"),
        ("User.ReadBasic.All", "Read all users' basic profiles"),
        ("Files.Read", "Read your files"),
        ("Files.ReadWrite", "Have full access to your files"),
        ("Files.Read.All", "Read all files that you have access to"),
        ("Files.ReadWrite.All", "Have full access to all files you have access to"),
        ("Files.ReadWrite.AppFolder", "Have full access to its own folder in your OneDrive"),
        ("Files.Read.Selected", "Read files that you select"),
        ("Files.ReadWrite.Selected", "Read and write files that you select"),
        ("Mail.Read", "Read your mail"),
        ("Mail.ReadBasic", "Read your basic mail"),
        ("Mail.ReadWrite", "Read and write access to your mail"),
        ("Mail.Send", "Send mail as you"),
        ("MailboxSettings.Read", "Read your mailbox settings"),
        ("Calendars.Read", "Read your calendars"),
        ("Calendars.ReadBasic", "Read basic details of your calendars"),
        ("Calendars.ReadWrite", "Have full access to your calendars"),
        ("Contacts.Read", "Read your contacts"),
        ("Contacts.ReadWrite", "Have full access to your contacts"),
        ("People.Read", "Read your relevant people list"),
        ("Tasks.Read", "Read your tasks and task lists"),
        ("Tasks.ReadWrite", "Create, read, update, and delete your tasks and task lists"),
        ("Notes.Create", "Create your OneNote notebooks"),
        ("Notes.Read", "Read your OneNote notebooks"),
        ("Notes.ReadWrite", "Read and write your OneNote notebooks"),
    )
    | _table(
        ("Sites.Read.All", "Read items in all site collections"),
        ("Sites.ReadWrite.All", "Edit or delete items in all site collections"),
        ("Sites.Manage.All", "Create, edit, and delete items and lists in all your site collections"),
        ("Mail.Read.Shared", "Read mail you can access"),
        ("Mail.ReadWrite.Shared", "Read and write mail you can access"),
        ("Mail.Send.Shared", "Send mail on behalf of others or yourself"),
        ("Calendars.Read.Shared", "Read calendars you can access"),
        ("Calendars.ReadWrite.Shared", "Read and write to your and shared calendars"),
        ("Chat.Read", "Read your chat messages"),
        ("Chat.ReadWrite", "Read and write your chat messages"),
        ("Team.ReadBasic.All", "Read the names and descriptions of teams"),
        ("Channel.ReadBasic.All", "Read the names and descriptions of channels"),
        ("ChannelMessage.Send", "Send channel messages"),
        ("OnlineMeetings.ReadWrite", "Read and create your online meetings"),
        ("Presence.Read", "Read your presence information"),
        ("Notes.Read.All", "Read all OneNote notebooks that you can access"),
        ("Notes.ReadWrite.All", "Read and write all OneNote notebooks that you can access"),
        personal=False,
    )
    | _table(
        ("User.Read.All", "Read all users' full profiles"),
        ("User.ReadWrite.All", "Read and write all users' full profiles"),
        ("User.RevokeSessions.All", "Revoke all sign in sessions for a user"),
        ("Sites.FullControl.All", "Have full control of all your site collections"),
        ("Sites.Selected", "Access selected Sites, on behalf of the signed-in user"),
        ("Group.Read.All", "Read all groups"),
        ("Group.ReadWrite.All", "Read and write all groups"),
        ("Directory.Read.All", "Read directory data"),
        ("Directory.ReadWrite.All", "Read and write directory data"),
        ("DelegatedPermissionGrant.ReadWrite.All", "Manage all delegated permission grants"),
        ("Application.Read.All", "Read applications"),
        ("AuditLog.Read.All", "Read audit log data"),
        admin=True,
        personal=False,
    )
)  # fmt: skip
_SHAREPOINT = _table(
    ("AllSites.Read", "Read items in all site collections"),
    ("AllSites.Write", "Read and write items in all site collections"),
    ("AllSites.Manage", "Read and write items and lists in all site collections"),
    ("MyFiles.Read", "Read your files"),
    ("MyFiles.Write", "Read and write your files"),
    ("Sites.Search.All", "Run search queries as a user"),
    personal=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One scope that was asked for.

    Attributes:
        resource: Whose it is, as tokens name their audience.
        prefix: What stood before the name; empty when it stood alone.
    """

    resource: str
    name: str
    prefix: str
    permission: Permission | None = None

    @property
    def key(self) -> str:
        """How consents name it."""
        return self.name if self.resource == GRAPH else f"{self.resource}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A ``scope`` parameter, understood."""

    scopes: tuple[Scope, ...]

    @cached_property
    def openid(self) -> frozenset[str]:
        """Those of OpenID Connect."""
        return frozenset(s.name for s in self.scopes if s.name in OPENID)

    @cached_property
    def rights(self) -> tuple[Scope, ...]:
        """The others."""
        return tuple(s for s in self.scopes if s.name not in OPENID)

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """Whose rights are asked for, in order."""
        return tuple(dict.fromkeys(scope.resource for scope in self.rights))

    def keys(self, app: AppRegistration) -> frozenset[str]:
        """What must be consented to; ``.default`` means what is registered."""
        named = {scope.key for scope in self.scopes if scope.name != DEFAULT}
        for scope in self.rights:
            if scope.name == DEFAULT:
                named |= registered(app, scope.resource)
        return frozenset(named)


def registered(app: AppRegistration, resource: str) -> set[str]:
    """Keys of the delegated permissions that stand in the registration."""
    return {key for key in app.permissions if resource_of(key) == resource}


def resource_of(key: str) -> str:
    """The resource of a consent's key."""
    return key.rpartition("/")[0] or GRAPH


def understand(
    text: str, app: AppRegistration, host: str, apps: Iterable[AppRegistration]
) -> Asked:
    """Read a ``scope`` parameter.

    Args:
        text: Words between blanks.
        app: Who asks.
        host: Host and port of this server, which is Graph too.
        apps: All applications, whose own API may be meant.

    Raises:
        IdentityError: 70011, 650053 or 500011.
    """
    reader = _Reader(app=app, host=host, apps={one.client_id: one for one in apps})
    scopes = tuple(reader.read(word) for word in text.split())
    if not scopes:
        raise refusal(70011, detail="The scope is empty.")
    asked = Asked(scopes=scopes)
    named = {scope.resource for scope in asked.rights if scope.name != DEFAULT}
    if any(s.name == DEFAULT and s.resource in named for s in asked.rights):
        raise refusal(
            70011,
            detail=f"The scope {text} is not valid. .default scope can't be combined "
            "with resource-specific scopes.",
        )
    return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    app: AppRegistration
    host: str
    apps: dict[str, AppRegistration]

    def read(self, word: str) -> Scope:
        """One word of the parameter."""
        prefix, slash, name = word.rpartition("/")
        resource, known = self._resource(prefix.rstrip("/"))
        if name == DEFAULT:
            return Scope(resource=resource, name=name, prefix=prefix + slash)
        permission = known.get(name.casefold())
        if permission is None:
            named = GRAPH_ID if resource == GRAPH else resource
            unknown = refusal(650053, app=self.app.name, scope=name, resource=named)
            raise to_application(unknown)
        return Scope(
            resource=resource,
            name=permission.name,
            prefix=prefix + slash,
            permission=permission,
        )

    def _resource(self, prefix: str) -> tuple[str, dict[str, Permission]]:
        if self._is_graph(prefix):
            return GRAPH, _GRAPH
        host = urlsplit(prefix).hostname or ""
        if prefix.startswith("https://") and host.endswith(".sharepoint.com"):
            return f"https://{host}", _SHAREPOINT
        api = self.apps.get(prefix.removeprefix("api://"))
        if api is not None:
            return f"api://{api.client_id}", _table(*api.exposes.items())
        raise refusal(500011, resource=prefix, tenant="the organisation")

    def _is_graph(self, prefix: str) -> bool:
        if prefix in {"", GRAPH, GRAPH_ID}:
            return True
        parts = urlsplit(prefix)
        port = self.host.rpartition(":")[2]
        here = parts.hostname in _LOOPBACK and parts.netloc.endswith(f":{port}")
        # The API version is part of the address of Graph that clients configure.
        return (here or parts.netloc == self.host) and parts.path in {"", "/v1.0"}


def title_of(key: str, apps: Iterable[AppRegistration]) -> str:
    """What the consent page says of a permission."""
    resource, name = resource_of(key), key.rpartition("/")[2]
    tables = dict(_SHAREPOINT if resource != GRAPH else _GRAPH)
    for app in apps:
        if resource == f"api://{app.client_id}":
            tables = _table(*app.exposes.items())
    found = tables.get(name.casefold())
    return found.title if found else name


def permission_of(key: str) -> Permission | None:
    """What Microsoft says of a permission of Graph or SharePoint."""
    table = _GRAPH if resource_of(key) == GRAPH else _SHAREPOINT
    return table.get(key.rpartition("/")[2].casefold())
