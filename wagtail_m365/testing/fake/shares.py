"""Items by the link with which they were shared, or by their web address.

Source: "Access shared items" for the encoding, the rights and the header ``Prefer``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from .calls import Call
from .expanding import expanded
from .graph_errors import (
    GraphError,
    access_denied,
    invalid_request,
    item_not_found,
    not_supported,
)
from .item_json import identity_set, web_url
from .items import Grant, Item
from .links import link_address
from .rights import Need, check_item
from .tree import Drive

_ENCODED = re.compile(r"[A-Za-z0-9_-]+")
#: Who opens a share with this keeps the right to the item, as by following the link.
_FOR_GOOD = "redeemsharinglink"
#: Who opens it with this sees it once.
_THIS_TIME = "redeemsharinglinkifnecessary"


def show_share(call: Call, share: str) -> Response:
    """``GET /shares/{id}``: what is shared, without its content."""
    call.options()
    drive, item = _shared(call, share)
    entity = {"id": share, "name": item.name, "owner": identity_set(drive.owner)}
    return call.answer(entity, "shares")


def show_shared_item(call: Call, share: str) -> Response:
    """``GET /shares/{id}/driveItem``."""
    call.options(("$select", "$expand"))
    told = expanded(call)
    drive, item = _shared(call, share)
    call.found_drive = drive
    return call.answer(told(item), "shares")


def _shared(call: Call, share: str) -> tuple[Drive, Item]:
    """What a share id leads to: ``u!`` and an address in unpadded base64url."""
    address = _address(share)
    for drive, item, grant in _everything_shared(call):
        if grant is not None and address == link_address(call.origin, grant):
            _open(call, drive, item, grant)
            return drive, item
        own_page = web_url(call.origin, drive, item)
        if grant is None and own_page == address.partition("?")[0]:
            check_item(call.in_drive(drive), item, Need.READ_FILES)
            return drive, item
    raise item_not_found("The sharing link no longer exists, or you do not have access")


def _address(share: str) -> str:
    """The address in a share id.

    Raises:
        GraphError: 400: it is not encoded as it has to be; 501: another kind of id.
    """
    if not share.startswith("u!"):
        raise not_supported("shares by another id than an encoded address")
    text = share[2:]
    if not _ENCODED.fullmatch(text):
        raise invalid_request("The sharing token is not valid")
    try:
        padded = text + "=" * (-len(text) % 4)
        address = base64.urlsafe_b64decode(padded).decode()
        usable = urlsplit(address).hostname
    except ValueError as error:
        raise invalid_request("The sharing token is not valid") from error
    if not usable:
        raise invalid_request("The sharing token is not valid")
    return address


def _everything_shared(call: Call) -> Iterator[tuple[Drive, Item, Grant | None]]:
    """Every item once by itself, and once for each of its links."""
    for drive in call.state.drives.values():
        for item in tuple(drive.items.values()):
            yield drive, item, None
            links = [grant for grant in item.grants if grant.link]
            yield from ((drive, item, grant) for grant in links)


def _open(call: Call, drive: Drive, item: Item, grant: Grant) -> None:
    """Follow a sharing link, as far as ``Prefer`` asks for that.

    Raises:
        GraphError: 404 for a link that has expired, 403 for one that is not for this
            account, or that it has not followed yet and does not ask to.
    """
    _check_open_to(call, drive, grant)
    prefers = call.request.headers.get("Prefer", "").strip().casefold()
    if prefers == _FOR_GOOD:
        call.state.redeemed.setdefault(grant.token, set()).add(call.by.id)
    elif prefers != _THIS_TIME:
        check_item(call.in_drive(drive), item, Need.READ_FILES)


def _check_open_to(call: Call, drive: Drive, grant: Grant) -> None:
    if grant.expires_at is not None and grant.expires_at <= call.now:
        raise GraphError(
            status=404, code="itemNotFound", message="The sharing link has expired"
        )
    if grant.has_password or _is_of_another_kind(call, drive):
        raise access_denied()
    own_tenant = {
        one.tenant_id
        for one in call.world.accounts.values()
        if one.object_id in {drive.owner.id, call.by.id}
    }
    outside = grant.scope == "organization" and len(own_tenant) > 1
    not_invited = grant.scope == "users" and call.by.id not in grant.people
    if outside or not_invited:
        raise access_denied()


def _is_of_another_kind(call: Call, drive: Drive) -> bool:
    """Private accounts and those of organisations do not reach each other's drives."""
    account = call.token.account if call.token else None
    return account is not None and account.personal != drive.is_personal
