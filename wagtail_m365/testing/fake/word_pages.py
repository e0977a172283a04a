"""HTML of the pages on which a person plays Word, Excel or PowerPoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from .graph_state import Site
from .item_json import ctag, etag, web_url
from .items import Item
from .office_files import Field, application
from .state import Account
from .tree import Drive
from .word_grid import grids
from .word_style import STYLE

_FAKE = (
    "This is the fake Microsoft 365 of wagtail_m365, for demos and tests. "
    "Nothing here leaves this machine."
)
_DATE = "%d %b %Y, %H:%M:%S UTC"
_KILO = 1024
_HOME = '<a href="/word/">Files</a>'


def page(
    title: str, body: str, *, header: str = "", kind: str = "", message: str = ""
) -> str:
    """A whole page."""
    note = ""
    if message:
        note = f'<div class="message" role="status">{escape(message)}</div>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – fake Microsoft 365</title><style>{STYLE}</style></head>"
        f'<body class="{kind}"><header>{header or _HOME}</header>'
        f'<div class="fake" role="note">{_FAKE}</div>{note}{body}</body></html>'
    )


def home(drives: Iterable[tuple[str, str, Drive]], sites: Iterable[Site]) -> str:
    """All drives, by account and by site."""
    rows = [_drive_row(name, owner, drive) for name, owner, drive in drives]
    rows += [
        _drive_row(f"{site.name}: {drive.name}", "SharePoint site", drive)
        for site in sites
        for drive in site.drives
    ]
    table = _table(("Drive", "Belongs to", "Files"), rows)
    panel = f'<div class="panel"><h2>Drives</h2>{table}</div>'
    return page("Drives", f'<main class="plain">{panel}</main>')


def folder(drive: Drive, item: Item, account: Account | None, message: str = "") -> str:
    """What is in a folder."""
    rows = [
        _item_row(drive, one, account)
        for one in sorted(
            (item.children or {}).values(),
            key=lambda one: (not one.is_folder, one.name.casefold()),
        )
    ]
    table = _table(("Name", "Changed", "By", "Size"), rows)
    if not rows:
        table = "<p>The folder is empty.</p>"
    panel = f'<div class="panel"><h2>{_trail(drive, item, account)}</h2>{table}</div>'
    title = item.name if item.parent else drive.name
    return page(title, f'<main class="plain">{panel}</main>', message=message)


def editor(
    drive: Drive,
    item: Item,
    fields: Sequence[Field],
    account: Account,
    accounts: Iterable[Account],
    *,
    message: str = "",
    can_edit: bool = True,
) -> str:
    """A file, with its texts to edit."""
    kind = application(item.name)
    main = _sheets(fields) if fields else _no_text(kind)
    ribbon = ""
    if can_edit:
        ribbon = _ribbon(drive, item, account, has_text=bool(fields))
        tag = f'<input type="hidden" name="etag" value="{escape(etag(drive, item))}">'
        main = f'<form method="post" id="document">{tag}{main}</form>'
    body = f'<div class="desk"><main>{main}</main>{_aside(drive, item)}</div>'
    back = web_url("", drive, item.parent or item)
    header = _header(kind or "File", f"{back}?as={quote(account.username)}")
    header += f'<h1 title="{escape(item.path)}">{escape(item.name)}</h1>'
    header += _switch(account, accounts)
    return page(item.name, ribbon + body, header=header, kind=kind, message=message)


def problem(title: str, text: str) -> str:
    """Why something cannot be shown or done."""
    body = (
        f'<main class="plain"><div class="panel" role="alert"><h2>{escape(title)}</h2>'
        f'<p>{escape(text)}</p><p><a href="/word/">All drives</a></p></div></main>'
    )
    return page(title, body)


def _header(kind: str, back: str) -> str:
    return f'<a href="{back}">Files</a><span class="kind">{escape(kind)}</span>'


def _switch(account: Account, accounts: Iterable[Account]) -> str:
    options = "".join(
        f'<option value="{escape(one.username)}"{" selected" * (one is account)}>'
        f"{escape(one.name)} ({escape(one.username)})</option>"
        for one in accounts
    )
    return (
        '<form method="get"><label for="as">You are</label>'
        f'<select id="as" name="as">{options}</select><button>Switch</button></form>'
    )


def _ribbon(drive: Drive, item: Item, account: Account, *, has_text: bool) -> str:
    """What can be done with the file."""
    parts = [_SAVE] if has_text else []
    parts += [
        _button("lock", "Keep it open in the desktop app")
        if item.held_by is None
        else _button("unlock", "Close the desktop app"),
        _RENAME.format(name=escape(item.name)),
        _REPLACE,
        f"<details><summary>Delete</summary>{_DELETE}</details>",
        f'<a class="button" href="{_address("file", drive, item)}">Download</a>',
        _button("close", "Close"),
    ]
    state = f"Version {item.versions[-1].number}.0, saved by {_by(item)}"
    return (
        f'<div class="ribbon" role="toolbar" aria-label="File">{"".join(parts)}'
        f'<span class="end" id="state">{state}</span></div>'
    )


def _button(action: str, label: str) -> str:
    return f'<form method="post"><button name="action" value="{action}">{label}</button></form>'


_SAVE = '<button class="main" form="document" name="action" value="save">Save</button>'
_RENAME = (
    '<details><summary>Rename</summary><form method="post">'
    '<label for="name">New name</label>'
    '<input id="name" name="name" value="{name}" size="34">'
    '<button name="action" value="rename">Rename</button></form></details>'
)
_REPLACE = (
    "<details><summary>Replace</summary>"
    '<form method="post" enctype="multipart/form-data">'
    '<label for="file">With the file</label><input id="file" type="file" name="file">'
    '<button name="action" value="replace">Replace</button></form></details>'
)
_DELETE = _button("delete", "Yes, move it to the recycle bin")


def _sheets(fields: Sequence[Field]) -> str:
    long = [one for one in fields if one.is_long]
    result = "".join(
        f'<div class="sheet"><label for="text{number}">{escape(one.label)}, '
        "one paragraph a line</label>"
        f'<textarea id="text{number}" name="{escape(one.key)}" spellcheck="false" '
        f'rows="{one.text.count(chr(10)) + 3}">\n{escape(one.text)}</textarea></div>'
        for number, one in enumerate(long)
    )
    return result + grids(fields)


def _no_text(kind: str) -> str:
    what = (
        f"this {kind} file has no text" if kind else "this kind of file has no editor"
    )
    return (
        f'<div class="sheet"><p>Nothing to edit here: {what}. '
        "You can download it, or replace it with another file.</p></div>"
    )


def _aside(drive: Drive, item: Item) -> str:
    """What there is to know about the file."""
    versions = "".join(
        f"<li>{one.number}.0, {one.modified_at.strftime(_DATE)}, "
        f"{escape(one.modified_by.name or one.modified_by.application_name)}, "
        f"{_size(one.blob.size)}</li>"
        for one in reversed(item.versions)
    )
    facts = (
        ("Where", f"{drive.name}: {item.path}"),
        ("Size", _size(item.size)),
        ("eTag", etag(drive, item)),
        ("cTag", ctag(drive, item)),
        ("QuickXorHash", item.blob.quick_xor),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    return (
        f'<aside aria-label="About this file">{_present(item)}'
        f'<section><h2>Versions</h2><ul id="versions">{versions}</ul></section>'
        f"<section><h2>Details</h2><dl>{rows}</dl></section></aside>"
    )


def _present(item: Item) -> str:
    """Who has the file open, and who keeps it locked."""
    people = "".join(f"<li>{escape(one.name)}</li>" for one in item.open_by.values())
    held = ""
    if item.held_by is not None:
        held = (
            f"<p><strong>{escape(item.held_by.name)}</strong> keeps it open in the desktop "
            "app: for everybody else, and for the site, it is locked.</p>"
        )
    return (
        '<section id="present"><h2>Who has it open</h2>'
        f"<ul>{people or '<li>Nobody</li>'}</ul>{held}</section>"
    )


def _drive_row(name: str, owner: str, drive: Drive) -> str:
    files = sum(not one.is_folder for one in drive.root.descendants())
    href = _address("drives", drive, drive.root)
    link = f'<a href="{href}">{escape(name)}</a>'
    return f"<tr><td>{link}</td><td>{escape(owner)}</td><td>{files}</td></tr>"


def _item_row(drive: Drive, item: Item, account: Account | None) -> str:
    query = f"?as={quote(account.username)}" if account else ""
    locked = " (locked)" if item.held_by else ""
    name = f"{item.name}/" if item.is_folder else item.name
    return (
        f'<tr><td><a href="{web_url("", drive, item)}{query}">{escape(name)}</a>{locked}'
        f"</td><td>{item.modified_at.strftime(_DATE)}</td><td>{_by(item)}</td>"
        f"<td>{_size(item.size)}</td></tr>"
    )


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _trail(drive: Drive, item: Item, account: Account | None) -> str:
    query = f"?as={quote(account.username)}" if account else ""
    steps = [
        f'<a href="{_address("drives", drive, one)}{query}">'
        f"{escape(one.name if one.parent else drive.name)}</a>"
        for one in item.lineage()
    ]
    return " / ".join(reversed(steps))


def _address(what: str, drive: Drive, item: Item) -> str:
    return f"/word/{what}/{quote(drive.id, safe='!')}/{item.id}"


def _by(item: Item) -> str:
    return escape(item.modified_by.name or item.modified_by.application_name)


def _size(size: int) -> str:
    if size < _KILO:
        return f"{size} bytes"
    if size < _KILO * _KILO:
        return f"{size / _KILO:.1f} KB"
    return f"{size / _KILO / _KILO:.1f} MB"
