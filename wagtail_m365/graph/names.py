"""Which names OneDrive and SharePoint take, and how any other is written there.

Microsoft: "Restrictions and limitations in OneDrive and SharePoint".

A refused character is written as its full-width lookalike (``:`` as ``：``), because
people read the name in Office's title bar and in their folder: ``Q3： plan.docx``
says what it is, ``Q3%3A plan.docx`` does not, and ``%`` itself still troubles older
clients. ``‛`` marks a character that stands for itself although it is one of the
lookalikes, so that every name comes back as it was. rclone writes names the same way.
"""

# ruff: noqa: RUF001, RUF002  # lookalikes are what this file is about
from __future__ import annotations

import re

from wagtail_m365.errors import NameRefused

#: Characters of one file or folder name.
MAX_NAME = 255
#: Characters of a whole path below the drive, decoded, with its slashes.
MAX_PATH = 400

_FORBIDDEN = '"*:<>?/\\|'
_QUOTE = "‛"
_CONTROL = {chr(code): chr(0x2400 + code) for code in range(32)} | {"\x7f": "\u2421"}
_LOOKALIKES = (
    {each: chr(ord(each) + 0xFEE0) for each in _FORBIDDEN + ".~"}
    | _CONTROL
    | {" ": "\u2420"}
)
_ORIGINALS = {lookalike: each for each, lookalike in _LOOKALIKES.items()}
_ALWAYS = _FORBIDDEN + "".join(_CONTROL)
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in range(10)]
)
_RESERVED = _DEVICES | {".lock", "desktop.ini"}
_VTI = re.compile(r"(?i)_(?=vti_)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def safe_name(name: str) -> str:
    """A name that OneDrive takes and :func:`original_name` turns back into this one.

    The length is not shortened: what is too long cannot come back. A lone surrogate
    (a file name that is not text) is left for :func:`check_name` to refuse.
    """
    letters = [_written(letter) for letter in name]
    if name[:1] in (" ", "~"):
        letters[0] = _LOOKALIKES[name[0]]
    if name[-1:] in (" ", "."):
        letters[-1] = _LOOKALIKES[name[-1]]
    written = _VTI.sub(f"_{_QUOTE}", "".join(letters))
    stem = written.partition(".")[0].casefold()
    reserved = written.casefold() in _RESERVED or stem in _DEVICES
    return _QUOTE + written if reserved or not written.strip() else written


def original_name(safe: str) -> str:
    """The name that :func:`safe_name` was given.

    Meant for names that this site has written itself: in others, a lookalike may
    have been meant as it stands.
    """
    letters, quoted = [], False
    for letter in safe:
        if letter == _QUOTE and not quoted:
            quoted = True
            continue
        letters.append(letter if quoted else _ORIGINALS.get(letter, letter))
        quoted = False
    return "".join(letters) + (_QUOTE if quoted else "")


def check_name(name: str) -> None:
    """Refuse a file or folder name that OneDrive would refuse.

    Raises:
        NameRefused: With ``facts["name"]`` and ``facts["reason"]``: ``"empty"``,
            ``"too_long"``, ``"character"``, ``"edge"``, ``"reserved"`` or
            ``"not_text"``.
    """
    if reason := _objection(name):
        raise NameRefused(
            f"OneDrive refuses this name ({reason}).", name=name, reason=reason
        )


def check_path(path: str) -> None:
    """Refuse a path of names of which one is refused, or that is too long as a whole.

    Raises:
        NameRefused: As :func:`check_name`; ``"path_too_long"`` for the whole.
    """
    names = [name for name in path.split("/") if name]
    for name in names:
        check_name(name)
    if len("/".join(names)) > MAX_PATH:
        raise NameRefused(
            f"OneDrive refuses paths of more than {MAX_PATH} characters.",
            name=names[-1],
            reason="path_too_long",
        )


def _written(letter: str) -> str:
    if letter == _QUOTE or letter in _ORIGINALS:
        return _QUOTE + letter
    return _LOOKALIKES[letter] if letter in _ALWAYS else letter


def _objection(name: str) -> str:
    if not name.strip():
        return "empty"
    if len(name) > MAX_NAME:
        return "too_long"
    return _objection_to_letters(name)


def _objection_to_letters(name: str) -> str:
    if _SURROGATE.search(name):
        return "not_text"
    if any(letter in _ALWAYS for letter in name):
        return "character"
    if name[0] == " " or name[-1] in " ." or name.startswith("~$"):
        return "edge"
    lower = name.casefold()
    return "reserved" if lower in _RESERVED or "_vti_" in lower else ""
