"""Microsoft's ways to name a drive item in a URL.

Source: Microsoft Graph, "Addressing resources in a drive on OneDrive": by id, by the colon
path below the root, below another item, or below a special folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .graph_errors import invalid_request
from .item_names import check_path

_DRIVE = re.compile(
    r"(?P<drive>me/drive|me/drives/[^/]+|users/[^/]+/drive|users/[^/]+/drives/[^/]+"
    r"|drives/[^/]+|groups/[^/]+/drive|shares/[^/]+/(?:driveItem|root)"
    r"|sites/[^/]+/drive|sites/[^/]+/drives/[^/]+"
    r"|sites/[^/:]+:/[^:]+:/drive|sites/[^/:]+:/[^:]+:/drives/[^/]+)(?P<rest>$|/.*)",
    re.DOTALL,
)
_ITEM = re.compile(
    r"/(?P<anchor>root|items/[^/:]+|special/[^/:]+)(?P<rest>$|[:/].*)", re.DOTALL
)
_COLON = re.compile(r":/(?P<path>[^:]*)(?::(?P<rest>$|/.*))?", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a URL names.

    Attributes:
        drive: ``me/drive``, ``drives/{id}``, ``sites/{id}/drive`` and so on.
        anchor: ``root``, ``items/{id}`` or ``special/{name}``; empty for the drive itself.
        segments: Names below the anchor.
        action: What follows, such as ``children`` or ``versions/1.0/content``.
    """

    drive: str
    anchor: str
    segments: tuple[str, ...]
    action: str


def parse(resource: str) -> Address | None:
    """Take apart a decoded path below ``/v1.0/``; None if it names no drive.

    Raises:
        GraphError: 400 for a path that is broken or too long.
    """
    found = _DRIVE.fullmatch(resource)
    if found is None:
        return None
    drive, rest = found["drive"], found["rest"]
    if drive.startswith("shares/"):
        return Address(drive=drive, anchor="root", segments=(), action=rest.lstrip("/"))
    item = _ITEM.fullmatch(rest)
    if item is None:
        return Address(drive=drive, anchor="", segments=(), action=rest.lstrip("/"))
    segments, action = _below(item["rest"])
    return Address(drive=drive, anchor=item["anchor"], segments=segments, action=action)


def check_escapes(raw: str) -> None:
    """Refuse a URL with a percent sign that escapes nothing, as in ``100%.docx``.

    Raises:
        GraphError: 400.
    """
    if _BAD_ESCAPE.search(raw.partition("?")[0]):
        raise invalid_request("The URL has a '%' that must be written as '%25'")


def _below(rest: str) -> tuple[tuple[str, ...], str]:
    if not rest.startswith(":"):
        return (), rest.lstrip("/")
    colon = _COLON.fullmatch(rest)
    if colon is None:
        raise invalid_request("The path is malformed: a name cannot contain a colon")
    check_path(colon["path"])
    segments = tuple(name for name in colon["path"].split("/") if name)
    return segments, (colon["rest"] or "").lstrip("/")
