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
from .item_json import (
    identity_set,
    item_json,
    parent_reference,
    timestamp,
    web_url,
)
from .items import Author, Grant, Item
from .links import link_address, share_id
from .odata import Json, body, check_properties
from .rights import is_own
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
_PERMISSION = {
    *("expirationDateTime", "grantedTo", "grantedToV2", "link", "hasPassword"),
    *("grantedToIdentities", "grantedToIdentitiesV2", "invitation", "inheritedFrom"),
}
_RECIPIENT = {"email", "alias", "objectId"}
_LONGEST_MESSAGE = 2000


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
    roles = _roles(sent)
    if len(str(sent.get("message") or "")) > _LONGEST_MESSAGE:
        raise invalid_request("The message has at most 2000 characters")
    if call.drive.is_personal and call.item.parent is None:
        raise access_denied("The root of a personal OneDrive cannot be shared")
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
    rows = [(_owner(call.drive), call.item)]
    rows += [(grant, one) for one in call.item.lineage() for grant in one.grants]
    if call.drive.kind != "documentLibrary" and not is_own(call):
        # "For a non-owner caller, only the permissions that apply to the caller."
        rows = [row for row in rows if _applies(call, row[0])]
    return call.answer_list(rows, lambda row: _json(call, *row), "permissions")


def show_permission(call: Call, permission: str) -> Response:
    """``GET …/permissions/{id}``."""
    return call.answer(_json(call, _grant(call, permission)), "permissions")


def update_permission(call: Call, permission: str) -> Response:
    """``PATCH …/permissions/{id}``: other roles."""
    call.options(())
    sent = body(call.request, {"roles"}, "microsoft.graph.permission", _PERMISSION)
    grant = _grant(call, permission)
    grant.roles = _roles(sent)
    call.drive.changed(call.item, "updated", call.by)
    return call.answer(_json(call, grant), "permissions")


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
    external = ("allowexternal",)
    if call.fault("lists_ended"):
        return call.answer_list([], call.item_json, options=external)
    rows = [
        (drive, item)
        for drive in call.state.drives.values()
        for item in tuple(drive.items.values())
        if any(call.by.id in grant.people for grant in item.grants)
    ]
    return call.answer_list(rows, lambda row: _remote(call, *row), options=external)


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
        check_properties(one, _RECIPIENT, "microsoft.graph.driveRecipient")
        wanted = str(one.get("email") or one.get("alias") or one.get("objectId") or "")
        if not wanted:
            raise invalid_request("A recipient needs an email address or object id")
        account = call.world.find_account(wanted)
        person = Author(id=wanted, email=wanted, name=wanted)
        if account is not None:
            person = author_of(account)
        people[person.id] = person
    return people


def _roles(sent: Json) -> tuple[str, ...]:
    roles = tuple(map(str, sent.get("roles") or ()))
    if not roles or set(roles) - {"read", "write"}:
        raise invalid_request("roles must be 'read' or 'write'")
    return roles


def _applies(call: Call, grant: Grant) -> bool:
    redeemed = call.state.redeemed.get(grant.token, set())
    return call.by.id in redeemed or call.by.id in grant.people


def _owner(drive: Drive) -> Grant:
    return Grant(id="owner", roles=("owner",), people={drive.owner.id: drive.owner})


def _grant(call: Call, permission: str) -> Grant:
    for grant in call.item.grants:
        if grant.id == permission:
            return grant
    raise item_not_found("The permission does not exist")


def _json(call: Call, grant: Grant, holder: Item | None = None) -> Json:
    """A permission of the call's item; ``holder`` is the item that was shared."""
    result: Json = {
        "id": grant.id,
        "roles": list(grant.roles),
        "hasPassword": grant.has_password,
    }
    if grant.expires_at is not None:
        result["expirationDateTime"] = timestamp(grant.expires_at)
    people = [identity_set(one) for one in grant.people.values()]
    if grant.link:
        address = link_address(call.origin, grant)
        result["shareId"] = share_id(address)
        result["link"] = _link(call, grant, address)
        result["grantedToIdentitiesV2"] = people
        result["grantedToIdentities"] = people
    else:
        result["grantedToV2"] = people[0]
        result["grantedTo"] = people[0]
    if holder is not None and holder is not call.item:
        reference = parent_reference(call.drive, holder)
        result["inheritedFrom"] = {
            "driveId": call.drive.id,
            "id": holder.id,
            "path": f"{reference.get('path', '')}/{holder.name}",
        }
    return result


def _link(call: Call, grant: Grant, address: str) -> Json:
    link: Json = {
        "type": grant.link,
        "scope": grant.scope,
        "webUrl": address,
        "preventsDownload": False,
    }
    application = next(
        (
            {"id": app.client_id, "displayName": app.name}
            for app in call.world.apps.values()
            if app.client_id == grant.application_id
        ),
        None,
    )
    link |= {"application": application} if application else {}
    if grant.link == "embed":
        link["webHtml"] = f'<iframe src="{address}" width="98" height="120"></iframe>'
    return link


def _remote(call: Call, drive: Drive, item: Item) -> Json:
    entity = item_json(call.origin, drive, item)
    remote = {
        key: entity[key]
        for key in ("id", "name", "size", "webUrl", "parentReference", "fileSystemInfo")
    }
    remote |= {key: entity[key] for key in ("file", "folder") if key in entity}
    shown = ("id", "name", "size", "webUrl", "lastModifiedDateTime", "createdBy")
    return {key: entity[key] for key in shown} | {"remoteItem": remote}
