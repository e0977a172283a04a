"""Scopes: how they are written, compared, and what covers what.

Microsoft returns scopes with or without the resource before them, in any case, and
more than were asked for; ``openid`` and its kin are not rights to anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from .clouds import CLOUDS

#: Scopes of OpenID Connect: MSAL always asks for them itself.
RESERVED = frozenset({"openid", "profile", "email", "offline_access"})

#: Graph's application id, which may stand where its address could.
_GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"

# Scope → what it covers directly. Source: the permission tables of the Graph
# reference ("least privileged" and "higher privileged"), e.g. driveItem: get,
# createUploadSession, special folder; message: get; event: get.
_COVERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Files.ReadWrite.All": ("Files.ReadWrite", "Files.Read.All"),
        "Files.ReadWrite": ("Files.Read", "Files.ReadWrite.AppFolder"),
        "Files.Read.All": ("Files.Read",),
        "Sites.FullControl.All": ("Sites.Manage.All",),
        "Sites.Manage.All": ("Sites.ReadWrite.All",),
        "Sites.ReadWrite.All": ("Sites.Read.All",),
        "User.ReadWrite.All": ("User.ReadWrite", "User.Read.All"),
        "User.ReadWrite": ("User.Read",),
        "User.Read.All": ("User.Read", "User.ReadBasic.All"),
        "Mail.ReadWrite": ("Mail.Read",),
        "Mail.Read": ("Mail.ReadBasic",),
        "Mail.ReadWrite.Shared": ("Mail.Read.Shared",),
        "Calendars.ReadWrite": ("Calendars.Read",),
        "Calendars.Read": ("Calendars.ReadBasic",),
        "Calendars.ReadWrite.Shared": ("Calendars.Read.Shared",),
        "Contacts.ReadWrite": ("Contacts.Read",),
        "Tasks.ReadWrite": ("Tasks.Read",),
        "Notes.ReadWrite.All": ("Notes.ReadWrite", "Notes.Read.All"),
        "Notes.ReadWrite": ("Notes.Read", "Notes.Create"),
        "Notes.Read.All": ("Notes.Read",),
        "Chat.ReadWrite": ("Chat.Read",),
        "Chat.Read": ("Chat.ReadBasic",),
        "Group.ReadWrite.All": ("Group.Read.All",),
        "Directory.ReadWrite.All": ("Directory.Read.All",),
    }
)

_DISPLAY: Mapping[str, str] = MappingProxyType(
    {
        name.casefold(): name
        for covering, covered in _COVERS.items()
        for name in (covering, *covered)
    }
)


def normalise(scopes: Iterable[str], graph: str) -> frozenset[str]:
    """The scopes in their short form, each once, without those of OpenID Connect.

    Args:
        scopes: As Microsoft or a caller writes them.
        graph: Address of Graph in the configured cloud; its prefix is dropped.
    """
    short = (_short(scope, graph) for scope in scopes)
    unique = {
        scope.casefold(): _DISPLAY.get(scope.casefold(), scope)
        for scope in short
        if scope and scope.casefold() not in RESERVED
    }
    return frozenset(unique.values())


def missing(
    wanted: Iterable[str], granted: Iterable[str], graph: str
) -> frozenset[str]:
    """What is wanted and neither granted nor covered by something granted.

    ``.default`` means whatever the app registration names: it is missing only
    where nothing of that resource was granted.
    """
    held = _covered(normalise(granted, graph))
    return frozenset(
        scope for scope in normalise(wanted, graph) if not _is_held(scope, held)
    )


def as_sent(scopes: Iterable[str], graph: str, *, resource: str = "") -> list[str]:
    """The scopes as Microsoft is asked for them.

    With the address of a national cloud's Graph, so that none is taken for another
    resource. Any other server knows Graph by a name that need not be the address where
    we ask it (a gateway has its own): it is sent bare names, which stand for Graph
    (Microsoft, "Scopes and permissions": a resource that is left out is Graph).

    Args:
        scopes: As callers write them.
        graph: Address of Graph in the configured cloud.
        resource: What such a server calls Graph, where it says so: ``.default`` is never
            bare (AADSTS1002012).
    """
    root = _root(graph)
    if root in _GRAPHS:
        return sorted(_with(root, scope) for scope in normalise(scopes, graph))
    return sorted(
        _with(resource or root, scope) if scope == _DEFAULT else scope
        for scope in normalise(scopes, graph)
    )


def _is_held(scope: str, held: frozenset[str]) -> bool:
    folded = scope.casefold()
    if folded in held:
        return True
    resource, _, name = folded.rpartition("/")
    return name == _DEFAULT and any(
        other.rpartition("/")[0] == resource for other in held
    )


def _covered(scopes: Iterable[str]) -> frozenset[str]:
    """These scopes and all that they cover, casefolded."""
    found: set[str] = set()
    waiting = list(scopes)
    while waiting:
        scope = waiting.pop()
        if scope.casefold() not in found:
            found.add(scope.casefold())
            waiting.extend(_COVERS.get(scope, ()))
    return frozenset(found)


def _short(scope: str, graph: str) -> str:
    root = _root(graph)
    # A server that stands for Microsoft's may call Graph by its name there.
    known = {root} if root in _GRAPHS else {root, *_GRAPHS}
    for prefix in (f"{name}/" for name in (*known, _GRAPH_APP_ID)):
        if scope.casefold().startswith(prefix.casefold()):
            return scope[len(prefix) :].lstrip("/")
    return scope


def _with(resource: str, scope: str) -> str:
    return scope if "/" in scope else f"{resource}/{scope}"


def _root(graph: str) -> str:
    parts = urlsplit(graph)
    return f"{parts.scheme}://{parts.netloc}"


_DEFAULT = ".default"
_GRAPHS = frozenset(_root(cloud.graph) for cloud in CLOUDS.values())
