"""The pages on which a person plays Word: open a file, change it, save, keep it locked.

They need no sign-in: the account is the owner of the drive, or the one in ``?as=``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import office_files, word_pages
from .calls import state_of
from .drives import author_of
from .graph_errors import GraphError, item_not_found
from .graph_state import GraphState
from .item_json import etag, mime_type, web_url
from .items import Item
from .state import Account, World
from .tree import Drive

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
)
_MESSAGES = {
    "save": "Saved.",
    "rename": "Renamed.",
    "replace": "Replaced.",
    "lock": "The desktop app keeps the file open: it is locked.",
    "unlock": "The desktop app is closed: the file is free.",
    "same": "Nothing was changed, so nothing was saved.",
}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A person at a page."""

    request: Request
    world: World
    state: GraphState
    drive: Drive
    item: Item
    account: Account


def home(request: Request, world: World) -> Response:
    """All drives."""
    state = state_of(world)
    drives = []
    for account in world.accounts.values():
        drive = state.one_drive(author_of(account), personal=account.personal)
        drives.append((f"{account.name}: {drive.name}", account.username, drive))
    return _html(word_pages.home(drives, state.sites.values()))


def folder(visit: Visit) -> Response:
    """A folder."""
    if not visit.item.is_folder:
        return _redirect(visit)
    done = visit.request.args.get("done", "")
    message = "Moved to the recycle bin." if done == "delete" else ""
    return _html(word_pages.folder(visit.drive, visit.item, visit.account, message))


def edit(visit: Visit) -> Response:
    """A file: shown, and changed by what the form says."""
    if visit.item.is_folder:
        return _redirect(visit)
    if visit.request.method == "POST":
        action = _ACTIONS.get(visit.request.form.get("action", ""))
        if action is None:
            return _html(word_pages.problem("Unknown action", "Nothing was done."), 400)
        return action(visit)
    if "preview" not in visit.request.args:
        author = author_of(visit.account)
        visit.item.open_by[author.id] = author
    done = visit.request.args.get("done", "")
    return _show(visit, message=_MESSAGES.get(done, ""))


def download(visit: Visit) -> Response:
    """The content of a file."""
    if visit.item.is_folder:
        raise item_not_found()
    blob, name = visit.item.blob, quote(visit.item.name)
    return Response(
        blob.chunks(0, blob.size),
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Length": str(blob.size),
        },
        content_type=mime_type(visit.item.name),
        direct_passthrough=True,
    )


def shared(request: Request, world: World, token: str) -> Response:
    """A sharing link: it leads to the item."""
    state = state_of(world)
    for drive in state.drives.values():
        for item in tuple(drive.items.values()):
            if any(grant.token == token for grant in item.grants):
                address = web_url("", drive, item)
                query = request.query_string.decode("ascii", "ignore")
                return _see_other(f"{address}?{query}" if query else address)
    raise item_not_found()


def site(request: Request, world: World, web_id: str) -> Response:
    """A SharePoint site: its libraries."""
    sites = state_of(world).sites.values()
    return _html(word_pages.home([], [one for one in sites if one.web_id == web_id]))


def _save(visit: Visit) -> Response:
    item, form = visit.item, visit.request.form
    if form.get("etag") != etag(visit.drive, item):
        return _show(
            visit,
            "Somebody else saved this file since you opened it. This is their text: "
            "make your change again.",
            status=409,
        )
    old = item.blob.read()
    try:
        new = office_files.write(item.blob, item.name, form.to_dict())
        unchanged = _texts(visit, None) == _texts(visit, new)
    except office_files.NotReadable as error:
        return _html(word_pages.problem("The file cannot be read", str(error)), 422)
    if unchanged or new == old:
        return _redirect(visit, "same")
    return _store(visit, new, "save")


def _replace(visit: Visit) -> Response:
    upload = visit.request.files.get("file")
    if upload is None or not upload.filename:
        return _show(visit, "Choose a file first.", status=400)
    return _store(visit, upload.stream.read(), "replace")


def _rename(visit: Visit) -> Response:
    name, parent = visit.request.form.get("name", ""), visit.item.parent
    if parent is not None and name != visit.item.name:
        visit.drive.relocate(
            visit.item, parent, name, author_of(visit.account), in_office=True
        )
    return _redirect(visit, "rename")


def _delete(visit: Visit) -> Response:
    parent = visit.item.parent or visit.drive.root
    visit.drive.delete(visit.item, author_of(visit.account))
    address = web_url("", visit.drive, parent)
    return _see_other(f"{address}?done=delete&as={quote(visit.account.username)}")


def _lock(visit: Visit) -> Response:
    visit.item.held_by = author_of(visit.account)
    return _redirect(visit, "lock")


def _unlock(visit: Visit) -> Response:
    visit.item.held_by = None
    return _redirect(visit, "unlock")


def _close(visit: Visit) -> Response:
    visit.item.open_by.pop(visit.account.object_id, None)
    parent = visit.item.parent or visit.drive.root
    address = web_url("", visit.drive, parent)
    return _see_other(f"{address}?as={quote(visit.account.username)}")


_ACTIONS: dict[str, Callable[[Visit], Response]] = {
    "save": _save,
    "replace": _replace,
    "rename": _rename,
    "delete": _delete,
    "lock": _lock,
    "unlock": _unlock,
    "close": _close,
}


def _store(visit: Visit, data: bytes, done: str) -> Response:
    blob = visit.state.blobs.store(data)
    author = author_of(visit.account)
    visit.drive.replace(visit.item, blob, author, in_office=True)
    return _redirect(visit, done)


def _texts(visit: Visit, data: bytes | None) -> list[office_files.Field]:
    blob = visit.item.blob if data is None else visit.state.blobs.store(data)
    return office_files.read(blob, visit.item.name)


def _show(visit: Visit, message: str = "", status: int = 200) -> Response:
    try:
        fields = office_files.read(visit.item.blob, visit.item.name)
    except office_files.NotReadable as error:
        fields, message = [], message or str(error)
    html = word_pages.editor(
        visit.drive,
        visit.item,
        fields,
        visit.account,
        visit.world.accounts.values(),
        message=message,
        can_edit="preview" not in visit.request.args,
    )
    return _html(html, status)


def _redirect(visit: Visit, done: str = "") -> Response:
    address = web_url("", visit.drive, visit.item)
    query = f"as={quote(visit.account.username)}"
    return _see_other(f"{address}?{query}" + (f"&done={done}" if done else ""))


def _see_other(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


def _html(text: str, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return Response(
        text, status, headers=headers, content_type="text/html; charset=utf-8"
    )


def _visitor(world: World, drive: Drive, request: Request) -> Account:
    """The account of ``?as=``, else the owner, else anybody.

    Raises:
        GraphError: 404 when there is no such account.
    """
    wanted = request.args.get("as") or drive.owner.id
    account = world.find_account(wanted)
    if account is None and "as" not in request.args:
        account = next(iter(world.accounts.values()), None)
    if account is None:
        raise item_not_found(f"There is no account {wanted}")
    return account


def _page(path: str, answer: Callable[..., Response]) -> Rule:
    """A rule whose function is called under the world's lock, refusals as pages."""

    def endpoint(request: Request, world: World, **values: str) -> Response:
        try:
            with world.lock:
                return answer(request, world, **values)
        except GraphError as error:
            return _html(
                word_pages.problem("That did not work", error.message), error.status
            )
        finally:
            # Files that came with a form.
            request.close()

    return Rule(path, endpoint=endpoint)


def _of_item(answer: Callable[[Visit], Response]) -> Callable[..., Response]:
    def visiting(request: Request, world: World, **values: Any) -> Response:
        state = state_of(world)
        drive = state.drive(values["drive"])
        item = drive.get(values.get("item", "root"))
        account = _visitor(world, drive, request)
        return answer(
            Visit(
                request=request,
                world=world,
                state=state,
                drive=drive,
                item=item,
                account=account,
            )
        )

    return visiting


RULES = [
    _page("/word/", home),
    _page("/word/drives/<drive>", _of_item(folder)),
    _page("/word/drives/<drive>/<item>", _of_item(folder)),
    _page("/word/edit/<drive>/<item>", _of_item(edit)),
    _page("/word/file/<drive>/<item>", _of_item(download)),
    _page("/word/s/<token>", shared),
    _page("/word/sites/<web_id>", site),
]
