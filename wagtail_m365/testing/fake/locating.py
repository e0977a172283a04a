"""From the names in a URL to drives, sites, accounts and folders."""

from __future__ import annotations

import re

from .calls import Call
from .drives import author_of
from .graph_errors import (
    GraphError,
    invalid_request,
    item_not_found,
    not_supported,
)
from .graph_state import TENANT_HOST, Site
from .items import SPECIAL, Author, Item, is_drive_id
from .state import Account
from .tree import Drive

APPS = "Apps"
_BY_PATH = re.compile(r"(?P<host>[^/:]+):/(?P<path>[^:]+):?")


def person(call: Call) -> Account:
    """The account that calls.

    Raises:
        GraphError: 400 for a token that an application has for itself.
    """
    if call.token is None or call.token.account is None:
        raise GraphError(
            status=400,
            code="BadRequest",
            message="/me request is only valid with delegated authentication flow.",
        )
    return call.token.account


def find_account(call: Call, user_id: str) -> Account:
    """The account of this object id or user principal name.

    Raises:
        GraphError: 404.
    """
    account = call.world.find_account(user_id)
    if account is not None:
        return account
    raise GraphError(
        status=404,
        code="Request_ResourceNotFound",
        message=f"Resource '{user_id}' does not exist or one of its queried "
        "reference-property objects are not present.",
    )


def drive_of(call: Call, account: Account) -> Drive:
    """The OneDrive of an account."""
    return call.state.one_drive(author_of(account), personal=account.personal)


def find_drive(call: Call, where: str) -> Drive:
    """The drive that the beginning of a URL names.

    Raises:
        GraphError: 400 for what is no id at all, 404, or 501 for what the fake does not
            know.
    """
    kind, _, rest = where.partition("/")
    if kind == "drives" and not is_drive_id(rest):
        raise invalid_request(
            "The provided drive id appears to be malformed, or does not represent a "
            "valid drive."
        )
    if kind == "me":
        own = drive_of(call, person(call))
        return own if rest == "drive" else _same(own, rest.removeprefix("drives/"))
    if kind == "drives":
        return call.state.drive(rest)
    if kind == "users":
        user_id, _, drive_id = rest.partition("/drive")
        own = drive_of(call, find_account(call, user_id))
        return _same(own, drive_id.removeprefix("s/")) if drive_id else own
    if kind == "sites":
        return _drive_of_site(call, rest)
    raise not_supported(f"/{where}")


def find_site(call: Call, site_id: str) -> Site:
    """The site of a composite id, ``root``, or ``host:/path``.

    Raises:
        GraphError: 404, or 400 on personal accounts, which have no sites.
    """
    if call.token and call.token.account and call.token.account.personal:
        raise GraphError(
            status=400,
            code="BadRequest",
            message="This API is not supported for MSA accounts",
        )
    path = _BY_PATH.fullmatch(site_id)
    host = path["host"] if path else site_id.partition(",")[0]
    if site_id != "root" and host != TENANT_HOST:
        raise invalid_request("Invalid hostname for this tenancy")
    for site in call.state.sites.values():
        by_path = path and (site.host, site.path) == (
            path["host"],
            path["path"].strip("/"),
        )
        by_id = site_id in {site.id, site.host if not site.path else None}
        if by_path or by_id or (site_id == "root" and not site.path):
            return site
    raise item_not_found("Requested site could not be found")


def find_anchor(call: Call, anchor: str) -> Item:
    """The item from which an address goes on."""
    if anchor == "root":
        return call.drive.root
    kind, _, name = anchor.partition("/")
    if kind == "items":
        return call.drive.get(name)
    return _special_folder(call, name)


def app_folder(drive: Drive, by: Author) -> Item:
    """The folder ``Apps/<application>``; it stays the app's when it is renamed."""
    for item in drive.items.values():
        if item.app_folder_of and item.app_folder_of == by.application_id:
            return item
    apps = drive.root.child(APPS) or drive.create_folder(drive.root, APPS, by)
    name = by.application_name or by.application_id
    folder = drive.create_folder(apps, name, by, "rename")
    folder.app_folder_of = by.application_id
    return folder


def _special_folder(call: Call, name: str) -> Item:
    drive = call.drive
    if name == "approot":
        return app_folder(drive, call.by)
    title = SPECIAL.get(name)
    if title is None:
        raise item_not_found("The special folder identifier isn't valid")
    return drive.root.child(title) or drive.create_folder(drive.root, title, call.by)


def _drive_of_site(call: Call, rest: str) -> Drive:
    site_id, _, drive_id = rest.rpartition("/drive")
    site = find_site(call, site_id)
    if not drive_id:
        return site.drives[0]
    for drive in site.drives:
        if drive.id == drive_id.removeprefix("s/"):
            return drive
    raise item_not_found()


def _same(drive: Drive, drive_id: str) -> Drive:
    if drive.id.casefold() != drive_id.casefold():
        raise item_not_found()
    return drive
