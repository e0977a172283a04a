"""Consent that an administrator of the organisation has to give: ask, remember, notice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone

from wagtail_m365.errors import M365Error, TemporarilyUnavailable
from wagtail_m365.identity import scopes as scope_names
from wagtail_m365.identity.registration import SHARED_TENANTS
from wagtail_m365.models import Connection, ConsentRequest
from wagtail_m365.models.configuration import registration

from . import bundles, purposes
from .broker import token_for
from .demands import Demand, audience_and_scopes
from .fetching import World

#: What each sign-in asks for beside its rights: where people may not consent by
#: themselves, the administrator has to grant these as well.
_SIGN_IN = ("openid", "profile", "offline_access")
#: Minutes between two looks at the same request.
_LOOK_EVERY = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminLetter:
    """What an Entra administrator needs in order to decide."""

    #: Where to grant it.
    url: str
    client_id: str
    permissions: list[bundles.Permission]


def letter(
    scopes: Iterable[str], *, redirect_uri: str, tenant: str = "", state: str = ""
) -> AdminLetter:
    """The link and the reasons for the administrator of a tenant.

    Microsoft, "Admin consent on the Microsoft identity platform" (v2.0/adminconsent).

    Args:
        scopes: The rights that are needed.
        redirect_uri: Where the administrator is sent afterwards; as registered.
        tenant: The tenant, where the registration's is ``organizations`` or the like.
        state: Comes back with the administrator.

    Raises:
        Misconfigured: There is no usable app registration.
    """
    here = registration()
    wanted = set(scopes)
    at = here.tenant
    if at in SHARED_TENANTS:
        at = tenant or "organizations"
    query = {
        "client_id": here.client_id,
        "scope": " ".join([*scope_names.as_sent(wanted, here.cloud.graph), *_SIGN_IN]),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return AdminLetter(
        url=f"{here.cloud.authority}/{at}/v2.0/adminconsent?{urlencode(query)}",
        client_id=here.client_id,
        permissions=bundles.explained(wanted, purposes.declared().values()),
    )


def request(
    scopes: Iterable[str], *, user: Any, connection: Connection | None = None
) -> ConsentRequest:
    """Remember that somebody waits for these rights; asking twice is asking once."""
    wanted = " ".join(sorted(set(scopes)))
    rows = ConsentRequest.objects.waiting().filter(user=user, connection=connection)
    known = rows.filter(scopes=wanted).first()
    if known:
        return known
    return rows.create(user=user, connection=connection, scopes=wanted)


def look_again(
    waiting: ConsentRequest, *, world: World | None = None
) -> ConsentRequest:
    """See whether it was granted meanwhile; asks Microsoft for a token.

    Nobody tells us, so Microsoft is asked; at most every half hour. A request of
    someone who could not connect at all is granted when they do.

    Raises:
        TemporarilyUnavailable: Microsoft does not answer.
    """
    if waiting.granted_at or waiting.connection is None:
        return waiting
    now = timezone.now()
    if waiting.looked_at and now - waiting.looked_at < timedelta(minutes=_LOOK_EVERY):
        return waiting
    waiting.looked_at = now
    waiting.save(update_fields=["looked_at"])
    if _can_have(waiting.connection, waiting.wanted, world):
        waiting.mark_granted()
    return waiting


def look_at_all(*, world: World | None = None) -> Iterator[ConsentRequest]:
    """Every request that waits, after another look.

    Raises:
        TemporarilyUnavailable: Microsoft does not answer.
    """
    waiting = ConsentRequest.objects.waiting().select_related("connection__user")
    for one in waiting.iterator(chunk_size=200):
        yield look_again(one, world=world)


def granted_by_sign_in(connection: Connection) -> None:
    """A sign-in may have brought what somebody waited for.

    Whoever signed in knows: perhaps they had only declined the first time, and no
    administrator has granted anything.
    """
    mine = Q(connection=connection)
    if connection.user_id is not None:
        mine |= Q(user_id=connection.user_id)
    for one in ConsentRequest.objects.waiting().filter(mine):
        if not scope_names.missing(one.wanted, connection.scopes, ""):
            one.mark_granted()
            if connection.user_id is not None and one.user_id == connection.user_id:
                one.mark_told()


def _can_have(
    connection: Connection, wanted: tuple[str, ...], world: World | None
) -> bool:
    audience, scopes = audience_and_scopes(wanted)
    demand = Demand(
        audience=audience,
        scopes=scopes,
        force=True,
        perhaps_granted=True,
        in_use=False,
    )
    try:
        token = token_for(connection, demand, world)
    except TemporarilyUnavailable:
        raise
    except M365Error:
        return False
    return not scope_names.missing(scopes, token.scopes, "")
