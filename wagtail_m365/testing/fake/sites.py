"""SharePoint sites, and drives as such."""

from __future__ import annotations

from werkzeug.wrappers import Response

from .calls import Call
from .graph_errors import GraphError, bad_request
from .graph_state import Site
from .item_json import identity_set, timestamp, web_url
from .locating import drive_of, find_site, person
from .odata import LARGEST_PAGE, LIST_OPTIONS, Json, check_options, reduce, selected
from .tree import Drive

_DRIVE = frozenset(
    [
        "createdBy",
        "createdDateTime",
        "description",
        "driveType",
        "eTag",
        "id",
        "items",
        "lastModifiedBy",
        "lastModifiedDateTime",
        "name",
        "owner",
        "parentReference",
        "quota",
        "root",
        "sharePointIds",
        "special",
        "system",
        "webUrl",
    ]
)
_SITE = frozenset(
    [
        "createdDateTime",
        "description",
        "displayName",
        "drive",
        "drives",
        "eTag",
        "id",
        "isPersonalSite",
        "lastModifiedDateTime",
        "name",
        "parentReference",
        "root",
        "sharepointIds",
        "siteCollection",
        "sites",
        "webUrl",
    ]
)


def show_drive(call: Call) -> Response:
    """``GET /me/drive``, ``/drives/{id}`` and the like."""
    call.options()
    return call.answer(_drive(call, call.drive), "drives")


def list_own_drives(call: Call) -> Response:
    """``GET /me/drives``."""
    return _answer_drives(call, [drive_of(call, person(call))])


def list_drives(call: Call, site: str) -> Response:
    """``GET /sites/{id}/drives``: the document libraries."""
    return _answer_drives(call, _visible(call, site).drives)


def list_drives_by_path(call: Call, host: str, q: str) -> Response:
    """``GET /sites/{host}:/{path}:/drives``."""
    return list_drives(call, f"{host}:/{q}")


def show(call: Call, site: str) -> Response:
    """``GET /sites/{id}``."""
    call.options()
    return call.answer(_site(call, _visible(call, site)), "sites")


def show_by_path(call: Call, host: str, q: str) -> Response:
    """``GET /sites/{host}:/{path}``."""
    return show(call, f"{host}:/{q}")


def search(call: Call) -> Response:
    """``GET /sites?search=``: sites of the caller by name; ``*`` for all of them."""
    check_options(call.request, (*LIST_OPTIONS, "search"))
    if person(call).personal:
        raise bad_request("This API is not supported for MSA accounts")
    text = call.request.args.get("search")
    if text is None:
        raise bad_request("The query parameter 'search' is needed.")
    wanted = text.casefold().strip("*")
    found = [
        site
        for site in call.state.sites.values()
        if wanted in site.name.casefold() and _may_see(call, site)
    ]
    return call.answer_list(
        found[:LARGEST_PAGE], lambda one: _site(call, one), "sites", ("search",)
    )


def _visible(call: Call, site_id: str) -> Site:
    site = find_site(call, site_id)
    if not _may_see(call, site):
        raise GraphError(status=403, code="accessDenied", message="Access denied")
    return site


def _may_see(call: Call, site: Site) -> bool:
    if not call.by.id:
        return True
    in_tenant = person(call).tenant_id == site.tenant_id
    return in_tenant and (site.members is None or call.by.id in site.members)


def _answer_drives(call: Call, drives: list[Drive]) -> Response:
    names = selected(call.request, _DRIVE, "drive")
    return call.answer_list(
        drives, lambda one: reduce(_drive_json(call.origin, one), names), "drives"
    )


def _drive(call: Call, drive: Drive) -> Json:
    names = selected(call.request, _DRIVE, "drive")
    return reduce(_drive_json(call.origin, drive), names)


def _drive_json(origin: str, drive: Drive) -> Json:
    """A drive with its quota."""
    remaining = max(drive.quota_total - drive.used, 0)
    nearly_full = remaining < drive.quota_total // 100
    return {
        "createdDateTime": timestamp(drive.created_at),
        "id": drive.id,
        "lastModifiedDateTime": timestamp(drive.root.modified_at),
        "name": drive.name,
        "webUrl": web_url(origin, drive, drive.root),
        "driveType": drive.kind,
        "createdBy": identity_set(drive.owner),
        "lastModifiedBy": identity_set(drive.owner),
        "owner": identity_set(drive.owner),
        "quota": {
            "deleted": sum(item.size for item in drive.recycle_bin.values()),
            "remaining": remaining,
            "state": "exceeded"
            if not remaining
            else "critical"
            if nearly_full
            else "normal",
            "total": drive.quota_total,
            "used": drive.used,
        },
    }


def _site(call: Call, site: Site) -> Json:
    entity = {
        "createdDateTime": timestamp(site.created_at),
        "id": site.id,
        "name": site.path.rpartition("/")[2] or site.host,
        "webUrl": f"{call.origin}/word/sites/{site.web_id}",
        "displayName": site.name,
        "siteCollection": {"hostname": site.host},
    }
    if not site.path:
        entity["root"] = {}
    return reduce(entity, selected(call.request, _SITE, "site"))
