"""What a caller asks for, and what it gets: the values of the token service."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias
from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from wagtail_m365.conf import settings
from wagtail_m365.identity import clouds
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import registration
from wagtail_m365.redaction import Secret

#: A user, a connection, or the name of a service connection.
Owner: TypeAlias = AbstractBaseUser | AnonymousUser | Connection | str

#: The audience of Microsoft Graph in every cloud.
GRAPH = "graph"
#: Scopes of OpenID Connect: part of every sign-in, never of an access token.
_SIGN_IN_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
_ALL_GRANTED = ".default"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token, in the shape that azure-core uses.

    Its ``repr`` hides the secret, and it cannot be pickled.
    """

    #: The token itself: opaque, never to be parsed, stored or logged.
    token: str = field(repr=False)
    #: POSIX seconds.
    expires_on: int
    #: The rights it carries, without Graph's own address.
    scopes: frozenset[str] = frozenset()

    def __reduce__(self) -> NoReturn:
        raise TypeError("A token cannot be pickled; ask for it where it is needed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A token as somebody needs it."""

    #: ``"graph"``, or the host of another resource.
    audience: str
    #: As they are asked of Microsoft: bare for Graph, absolute for others.
    scopes: frozenset[str]
    #: Seconds that the token must still be valid.
    min_validity: int = 300
    #: Newer than what is there now.
    force: bool = False
    #: The resource refused this token.
    rejected: Secret | None = None
    #: The purpose under which the use is logged.
    purpose: str = ""
    #: Ask Microsoft even for rights that are not known to be granted.
    perhaps_granted: bool = False
    #: It is used, and not only kept alive.
    in_use: bool = True
    #: A claims challenge (JSON) that the new token must answer.
    claims: str = ""

    @property
    def wants_new(self) -> bool:
        """Is the token that is there now not wanted, however long it is valid?"""
        return self.force or bool(self.claims)


def audience_and_scopes(scopes: Iterable[str]) -> tuple[str, frozenset[str]]:
    """The audience that all these scopes belong to, and the scopes in our form.

    Raises:
        TypeError: One is no text.
        ValueError: One is not written like a scope, or they belong to several
            audiences: Microsoft gives a token for one resource at a time (AADSTS28003).
    """
    named_ones = [_named(scope) for scope in scopes]
    split = {_split(scope) for scope in named_ones if scope not in _SIGN_IN_SCOPES}
    audiences = {audience for audience, _ in split} or {GRAPH}
    if len(audiences) > 1:
        named = ", ".join(sorted(audiences))
        raise ValueError(f"One token is for one resource, but these are asked: {named}")
    wanted = (name for _, name in split if not is_all_granted(name))
    return audiences.pop(), frozenset(wanted)


def checked_claims(claims: str | None) -> str:
    """A claims challenge as it may be sent.

    Microsoft's refusal of any other text would be taken for the connection's trouble.

    Raises:
        ValueError: It is no JSON object.
    """
    if not claims:
        return ""
    try:
        readable = isinstance(json.loads(claims), dict)
    except (TypeError, ValueError, RecursionError):
        readable = False
    if not readable:
        raise ValueError(
            "claims is the decoded JSON object of a challenge, as text; Graph sends it "
            "in base64."
        )
    return claims


def is_all_granted(scope: str) -> bool:
    """Does it stand for all that was granted?"""
    return scope.rpartition("/")[2] == _ALL_GRANTED


def all_granted(audience: str) -> str:
    """The scope that stands for all that was granted for this audience."""
    return _ALL_GRANTED if audience == GRAPH else f"https://{audience}/{_ALL_GRANTED}"


def _named(scope: str) -> str:
    """The scope, if it is one: a list or several in one text would never be granted."""
    if not isinstance(scope, str):
        raise TypeError(
            f"A scope is a text, not {type(scope).__name__}: name each as an argument "
            "of its own."
        )
    if not scope or not scope.isprintable() or " " in scope:
        raise ValueError(
            f"{scope!r} is no scope: name each as an argument of its own, as "
            '"User.Read", "Mail.Send".'
        )
    return scope


def _split(scope: str) -> tuple[str, str]:
    """``https://graph.microsoft.com/Mail.Send`` → ``("graph", "Mail.Send")``."""
    resource, slash, name = scope.rpartition("/")
    if not slash:
        return GRAPH, scope
    host = urlsplit(resource).netloc.lower()
    if host in _graph_hosts() or host == _graph_host_of_this_site():
        return GRAPH, name
    return host or resource, scope


def _graph_hosts() -> set[str]:
    return {urlsplit(cloud.graph).netloc for cloud in clouds.CLOUDS.values()}


def _graph_host_of_this_site() -> str:
    cloud = settings.CLOUD
    graph = cloud.get("graph", "") if isinstance(cloud, dict) else ""
    return urlsplit(graph or registration().cloud.graph).netloc.lower()
