"""Which scopes, and which rights of the account, a call needs.

Source: the permission tables of each page of the Graph reference, and "Microsoft Graph
permissions reference" for what ``Files.ReadWrite.AppFolder`` covers.
"""

from __future__ import annotations

from enum import Enum

from .calls import Call
from .graph_errors import GraphError, access_denied
from .items import Item

_ALL_WRITE = {
    "files.readwrite.all",
    "sites.readwrite.all",
    "sites.manage.all",
    "sites.fullcontrol.all",
}
_ALL_READ = _ALL_WRITE | {"files.read.all", "sites.read.all"}
_OWN_WRITE = _ALL_WRITE | {"files.readwrite"}
_OWN_READ = _ALL_READ | _OWN_WRITE | {"files.read"}
_APP_FOLDER = "files.readwrite.appfolder"
# Nothing by itself: an administrator grants the application site by site.
_SELECTED = "sites.selected"


class Need(Enum):
    """What a call asks of the token: one of these scopes."""

    NOTHING = frozenset[str]()
    READ_FILES = frozenset(_OWN_READ | {_APP_FOLDER, _SELECTED})
    WRITE_FILES = frozenset(_OWN_WRITE | {_APP_FOLDER, _SELECTED})
    OPEN_SHARES = frozenset(
        {"files.readwrite", "files.readwrite.all", "sites.readwrite.all"}
    )
    WATCH = frozenset(_ALL_WRITE)
    WATCH_PERSONAL = frozenset(_OWN_WRITE)
    PROFILE = frozenset(
        {"user.read", "user.readwrite", "user.read.all", "user.readwrite.all"}
        | {"directory.read.all", "directory.readwrite.all"}
    )
    PEOPLE = frozenset(
        {"user.readbasic.all", "user.read.all", "user.readwrite.all"}
        | {"directory.read.all", "directory.readwrite.all"}
    )
    REVOKE = frozenset(
        {"user.revokesessions.all", "user.readwrite", "user.readwrite.all"}
        | {"directory.readwrite.all"}
    )
    SITES = frozenset(_ALL_WRITE - {"files.readwrite.all"} | {"sites.read.all"})
    SEND_MAIL = frozenset({"mail.send"})
    READ_MAIL = frozenset({"mail.read", "mail.readbasic", "mail.readwrite"})
    READ_MAIL_WHOLE = frozenset({"mail.read", "mail.readwrite"})
    WRITE_MAIL = frozenset({"mail.readwrite"})
    READ_CALENDAR = frozenset(
        {"calendars.read", "calendars.readbasic", "calendars.readwrite"}
    )
    READ_CALENDAR_WHOLE = frozenset({"calendars.read", "calendars.readwrite"})
    WRITE_CALENDAR = frozenset({"calendars.readwrite"})


_OF_FILES = {
    Need.READ_FILES,
    Need.WRITE_FILES,
    Need.SITES,
    Need.OPEN_SHARES,
    Need.WATCH,
    Need.WATCH_PERSONAL,
}


def check(call: Call, need: Need) -> None:
    """Refuse a token without any of the scopes.

    Raises:
        GraphError: 403, with the code of the service that refuses.
    """
    if need.value and not has(call, need):
        raise _refusal(need)


def has(call: Call, need: Need) -> bool:
    """Whether the token has any of the scopes."""
    return bool(_scopes(call) & need.value)


def check_item(call: Call, item: Item, need: Need) -> None:
    """Refuse access to an item beyond what the token and the account allow.

    Raises:
        GraphError: 403.
    """
    write = need is Need.WRITE_FILES
    scopes = _scopes(call)
    if is_own(call):
        wanted = _OWN_WRITE if write else _OWN_READ
        in_app_folder = _APP_FOLDER in scopes and _is_in_app_folder(call, item)
        if not (scopes & wanted or in_app_folder):
            raise access_denied()
        return
    everywhere = scopes & (_ALL_WRITE if write else _ALL_READ)
    if not everywhere and not (_SELECTED in scopes and _is_selected(call)):
        raise access_denied()
    if call.by.id and not _is_shared(call, item, write=write):
        raise access_denied()


def is_own(call: Call) -> bool:
    """Whether the drive is the caller's OneDrive."""
    drive = call.drive
    return drive.kind != "documentLibrary" and drive.owner.id == call.by.id


def may_reach(call: Call, item: Item) -> bool:
    """Whether the account could read the item, whatever the token."""
    return is_own(call) or not call.by.id or _is_shared(call, item, write=False)


def _is_selected(call: Call) -> bool:
    """Whether an administrator has granted the application this drive's site."""
    site = call.state.sites.get(call.drive.site_id)
    return bool(site and call.by.application_id in site.selected_for)


def _is_shared(call: Call, item: Item, *, write: bool) -> bool:
    site = call.state.sites.get(call.drive.site_id)
    if site is not None and (site.members is None or call.by.id in site.members):
        return True
    for one in item.lineage():
        for grant in one.grants:
            if write and not {"write", "owner"} & set(grant.roles):
                continue
            redeemed = call.state.redeemed.get(grant.token, set())
            if call.by.id in redeemed or call.by.id in grant.people:
                return True
    return False


def _is_in_app_folder(call: Call, item: Item) -> bool:
    application = call.by.application_id
    return any(one.app_folder_of == application for one in item.lineage())


def _scopes(call: Call) -> set[str]:
    scopes = call.token.scopes if call.token else ()
    return {scope.rpartition("/")[2].casefold() for scope in scopes}


def _refusal(need: Need) -> GraphError:
    if need in _OF_FILES:
        return access_denied()
    if need in {Need.PROFILE, Need.PEOPLE, Need.REVOKE}:
        return GraphError(
            status=403,
            code="Authorization_RequestDenied",
            message="Insufficient privileges to complete the operation.",
        )
    return GraphError(
        status=403,
        code="ErrorAccessDenied",
        message="Access is denied. Check credentials and try again.",
    )
