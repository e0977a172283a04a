"""How an address of Graph is written: segments, queries, and whose host it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from wagtail_m365.errors import ForeignAddress, NameRefused
from wagtail_m365.http import is_loopback, origin

# What an honest address never holds, and parsers disagree about: with
# "https://a\@b/" one library asks a and another one b.
_AMBIGUOUS = re.compile(r"[\\\x00-\x20\x7f]")


def segment(text: str) -> str:
    """One part of a path, percent-encoded (RFC 3986).

    ``!`` and ``,`` stay as they are, since Microsoft writes them so in ids.

    Raises:
        NameRefused: The part is empty, or is one of the dots that lead to another path
            wherever they stand and however they are encoded (RFC 3986 §6.2.2.3).
    """
    if text in {"", ".", ".."}:
        raise NameRefused("This is no name and no id.", name=text, reason="edge")
    return quote(text, safe="!,")


def path_segments(path: str) -> str:
    """A path of names below a folder, each part percent-encoded by itself."""
    return "/".join(segment(part) for part in path.split("/") if part)


def literal(text: str) -> str:
    """A text as OData writes it between quotes in a path, percent-encoded."""
    return quote(text.replace("'", "''"), safe="")


def query(params: Mapping[str, str | int]) -> str:
    """A query as Microsoft documents it: ``$select`` and ``@microsoft.graph.…`` bare."""
    return "&".join(
        f"{quote(name, safe='$@.')}={quote(str(value), safe='@,()')}"
        for name, value in params.items()
    )


def item(drive_id: str, item_id: str) -> str:
    """Path of a drive item by its id."""
    return f"/drives/{segment(drive_id)}/items/{segment(item_id)}"


def by_path(drive_id: str, path: str, *, parent_id: str = "") -> str:
    """Path of a drive item by its names, from the root or from another folder."""
    base = (
        item(drive_id, parent_id) if parent_id else f"/drives/{segment(drive_id)}/root"
    )
    names = path_segments(path)
    return f"{base}:/{names}" if names else base


def require_same_origin(url: str, base_url: str) -> None:
    """Refuse an address that is not on the configured host.

    Raises:
        ForeignAddress: It is elsewhere, or cannot be read beyond doubt.
    """
    if not _is_plain(url) or origin(url) != origin(base_url):
        raise ForeignAddress(
            f"An address on {host(url)} was not asked: it is not the configured host."
        )


def require_storage(url: str, *, allow_insecure_loopback: bool) -> None:
    """Refuse a pre-authenticated address that is not protected by TLS.

    Raises:
        ForeignAddress: It is neither https nor loopback http where that is allowed.
    """
    secure = urlsplit(url).scheme.lower() == "https" if _is_plain(url) else False
    loopback = allow_insecure_loopback and _is_plain(url) and is_loopback(url)
    if not (secure or (loopback and url.lower().startswith("http://"))):
        raise ForeignAddress(
            f"A storage address on {host(url)} was not asked: it is not https."
        )


def host(url: str) -> str:
    """The host of an address, to name it in a message without its secrets."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return "an unreadable host"
    return name if re.fullmatch(r"[\w.:-]{1,253}", name) else "an unreadable host"


def _is_plain(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return (
        bool(parts.hostname) and "@" not in parts.netloc and not _AMBIGUOUS.search(url)
    )
