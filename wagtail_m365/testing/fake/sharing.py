"""Links, invitations, permissions, previews, and what was shared with somebody.

Source: driveItem: createLink, invite, preview; drive: sharedWithMe.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from .calls import Call, json_response, no_content
from .changing import parse_time
from .drives import author_of
from .graph_errors import (
    access_denied,
    invalid_request,
    item_not_found,
)
from .item_json import identity_set, item_json, timestamp, web_url
from .items import Author, Grant, Item
from .links import link_address
from .odata import Json, body
from .tree import Drive

_ROLES = {"view": ("read",), "edit": ("write",), "embed": ("read",)}
_LINK = {
    "type",
    "scope",
    "expirationDateTime",
    "password",
    "message",
    "recipients",
    "retainInheritedPermissions",
    "sendNotification",
}
_INVITATION = {
    "recipients",
    "message",
    "requireSignIn",
    "sendInvitation",
    "roles",
    "expirationDateTime",
    "password",
    "retainInheritedPermissions",
}


def create_link(call: Call) -> Response:
    """``POST …/createLink``: 201, or 200 with the link that is there already."""
    call.options(())
    sent = body(call.request, _LINK, "microsoft.graph.createLink")
    kind = sent.get("type")
    scope = sent.get("scope") or (
        "anonymous" if call.drive.is_personal else "organization"
    )
    _check_link(call.drive, kind, scope)
    if call.fault("sharing_refused"):
        raise access_denied()
    for grant in call.item.grants:
        same_app = grant.application_id == call.by.application_id
        if (grant.link, grant.scope) == (kind, scope) and same_app:
            return call.answer(_json(call, grant), "permission", 200)
    grant = Grant(
        roles=_ROLES[str(kind)],
        link=str(kind),
        scope=scope,
        expires_at=parse_time(sent.get("expirationDateTime")),
        has_password=bool(sent.get("password")),
        application_id=call.by.application_id,
        people=_recipients(call, sent.get("recipients") or []),
    )
    call.drive.grant(call.item, grant, call.by)
    return call.answer(_json(call, grant), "permission", 201)


def invite(call: Call) -> Response:
    """``POST …/invite``: rights for people."""
    call.options(())
    sent = body(call.request, _INVITATION, "microsoft.graph.invite")
    roles = tuple(sent.get("roles") or ())
    if not roles or set(roles) - {"read", "write"}:
        raise invalid_request("roles must be 'read' or 'write'")
    people = _recipients(call, sent.get("recipients") or [])
    if not people:
        raise invalid_request("At least one recipient is needed")
    grants = [
        Grant(roles=roles, people={one.id: one}, expires_at=None)
        for one in people.values()
    ]
    for grant in grants:
        call.drive.grant(call.item, grant, call.by)
    context = call.context("Collection(permission)")
    value = [_json(call, grant) for grant in grants]
    return json_response({"@odata.context": context, "value": value})


def list_permissions(call: Call) -> Response:
    """``GET …/permissions``: the owner, and all grants from the item upwards."""
    grants = [_owner(call.drive)]
    grants += [grant for one in call.item.lineage() for grant in one.grants]
    return call.answer_list(grants, lambda one: _json(call, one), "permissions")


def show_permission(call: Call, permission: str) -> Response:
    """``GET …/permissions/{id}``."""
    return call.answer(_json(call, _grant(call, permission)), "permissions")


def delete_permission(call: Call, permission: str) -> Response:
    """``DELETE …/permissions/{id}``."""
    grant = _grant(call, permission)
    call.item.grants.remove(grant)
    call.drive.changed(call.item, "updated", call.by)
    return no_content()


def preview(call: Call) -> Response:
    """``POST …/preview``: an address that can be embedded for a short while."""
    call.options(())
    body(
        call.request,
        {"page", "zoom", "viewer", "chromeless"},
        "microsoft.graph.preview",
    )
    if call.item.is_folder:
        raise invalid_request("A folder has no preview")
    if call.fault("preview_refused"):
        raise access_denied()
    address = web_url(call.origin, call.drive, call.item)
    return json_response(
        {
            "@odata.context": call.context("microsoft.graph.itemPreviewInfo"),
            "getUrl": f"{address}?preview=1",
            "postParameters": None,
            "postUrl": None,
        }
    )


def shared_with_me(call: Call) -> Response:
    """``GET /me/drive/sharedWithMe``: others' items that were shared with the account."""
    if call.fault("lists_ended"):
        return call.answer_list([], call.item_json)
    rows = [
        (drive, item)
        for drive in call.state.drives.values()
        for item in tuple(drive.items.values())
        if any(call.by.id in grant.people for grant in item.grants)
    ]
    return call.answer_list(rows, lambda row: _remote(call, *row))


def _check_link(drive: Drive, kind: Any, scope: Any) -> None:
    if kind not in _ROLES:
        raise invalid_request("type must be 'view', 'edit' or 'embed'")
    if scope not in {"anonymous", "organization", "users"}:
        raise invalid_request("scope must be 'anonymous', 'organization' or 'users'")
    if kind == "embed" and not drive.is_personal:
        raise invalid_request("embed is for personal OneDrives only")
    if scope == "organization" and drive.is_personal:
        raise invalid_request("organization is not for personal OneDrives")


def _recipients(call: Call, recipients: list[Any]) -> dict[str, Author]:
    """The people by account id; who has no account gets the address as id."""
    people = {}
    for one in recipients:
        wanted = str(one.get("email") or one.get("alias") or one.get("objectId") or "")
        if not wanted:
            raise invalid_request("A recipient needs an email address or object id")
        account = call.world.find_account(wanted)
        person = Author(id=wanted, email=wanted, name=wanted)
        if account is not None:
            person = author_of(account)
        people[person.id] = person
    return people


def _owner(drive: Drive) -> Grant:
    return Grant(id="owner", roles=("owner",), people={drive.owner.id: drive.owner})


def _grant(call: Call, permission: str) -> Grant:
    for grant in call.item.grants:
        if grant.id == permission:
            return grant
    raise item_not_found("The permission does not exist")


def _json(call: Call, grant: Grant) -> Json:
    result: Json = {
        "id": grant.id,
        "roles": list(grant.roles),
        "hasPassword": grant.has_password,
    }
    if grant.expires_at is not None:
        result["expirationDateTime"] = timestamp(grant.expires_at)
    people = [identity_set(one) for one in grant.people.values()]
    if grant.link:
        result["link"] = {
            "type": grant.link,
            "scope": grant.scope,
            "webUrl": link_address(call.origin, grant),
            "preventsDownload": False,
        }
        result["grantedToIdentitiesV2"] = people
    else:
        result["grantedToV2"] = people[0]
    return result


def _remote(call: Call, drive: Drive, item: Item) -> Json:
    entity = item_json(call.origin, drive, item)
    remote = {
        key: entity[key]
        for key in ("id", "name", "size", "webUrl", "parentReference", "fileSystemInfo")
    }
    remote |= {key: entity[key] for key in ("file", "folder") if key in entity}
    shown = ("id", "name", "size", "webUrl", "lastModifiedDateTime", "createdBy")
    return {key: entity[key] for key in shown} | {"remoteItem": remote}
