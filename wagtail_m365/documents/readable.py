"""The text of a file, line by line: what a person reads in it, without its layout.

Files come from outside, so the reader is bounded everywhere: in how a package is packed,
in bytes of its parts, in lines and in characters. What cannot be read is no error: it
has no text that could be shown. Office Open XML: ECMA-376; OpenDocument: OASIS ODF 1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import BinaryIO

from django.utils.translation import gettext as _

from .enrichment import UNREADABLE, is_package
from .formats import extension_of
from .package_parts import Handler, Package, package_in
from .sheets import read_sheets
from .text_lines import Enough, Lines, Readable

#: Bytes of a file that is nothing but text; more is not read.
_MAX_PLAIN = 4 * 1024 * 1024
_PLAIN = frozenset(
    {"txt", "csv", "tsv", "md", "rst", "json", "xml", "yaml", "yml", "html", "htm"}
    | {"css", "js", "ini", "log", "srt", "vtt"}
)


def text_of(file: BinaryIO, filename: str) -> Readable | None:
    """What can be read in a file; ``None`` where nothing can.

    Args:
        file: Seekable; left anywhere.
        filename: Its extension says how it is read.
    """
    reader = _reader_for(filename)
    lines = Lines()
    try:
        with suppress(Enough):
            if reader is None or not reader(file, lines):
                return None
    except (*UNREADABLE, KeyError):
        return None
    return Readable(lines=tuple(lines.found), truncated=lines.truncated)


def _reader_for(filename: str) -> Callable[[BinaryIO, Lines], bool] | None:
    extension = extension_of(filename)
    if extension in _PLAIN:
        return _read_plain
    read = _READERS.get(extension)
    return partial(_read_package, read) if read else None


def _read_package(
    read: Callable[[Package, Lines], None], file: BinaryIO, lines: Lines
) -> bool:
    if not is_package(file):
        # Protected by a label or a password, or not what its name says.
        return False
    with package_in(file) as package:
        read(package, lines)
    return True


def _read_plain(file: BinaryIO, lines: Lines) -> bool:
    file.seek(0)
    data = file.read(_MAX_PLAIN + 1)
    lines.truncated = len(data) > _MAX_PLAIN
    for line in _decoded(data[:_MAX_PLAIN]).splitlines():
        lines.add(line)
    return True


def _decoded(data: bytes) -> str:
    """Text as it is written today, or as Windows wrote it before.

    Raises:
        ValueError: It is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        raise ValueError("This is no text.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


class _Paragraphs(Handler):
    """Paragraphs of Word, PowerPoint and OpenDocument, each as one line."""

    #: What is not read: deleted text that is still noted, and text told twice.
    _SKIPPED = frozenset({"Fallback", "tracked-changes", "annotation", "delText"})
    _BLANKS = frozenset({"tab", "br", "cr", "s", "line-break"})

    def __init__(self, lines: Lines, *, bare: bool) -> None:
        self._lines = lines
        #: Whether text stands in the paragraph itself (ODF) or in ``t`` elements.
        self._bare = bare
        self._open: list[list[str]] = []
        self._skipping = 0
        self._in_text = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in self._SKIPPED or self._skipping:
            self._skipping += 1
        elif name in {"p", "h"}:
            self._open.append([])
        elif name == "t":
            self._in_text += 1
        elif name in self._BLANKS and self._open:
            self._open[-1].append(" ")
        elif name == "table" and self._bare:
            self._lines.add(attributes.get("name", ""), heading=True)

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif name in {"p", "h"} and self._open:
            self._lines.add("".join(self._open.pop()))
        elif name == "t":
            self._in_text -= 1

    def data(self, text: str) -> None:
        if self._open and not self._skipping and (self._bare or self._in_text):
            self._open[-1].append(text)


def _read_word(package: Package, lines: Lines) -> None:
    main = "word/document.xml"
    package.read(main, _Paragraphs(lines, bare=False))
    notes = {"footnotes", "endnotes", "header", "footer"}
    for other in package.related(main):
        if other.type in notes and other.target in package:
            package.read(other.target, _Paragraphs(lines, bare=False))


def _read_slides(package: Package, lines: Lines) -> None:
    main = "ppt/presentation.xml"
    for number, name in enumerate(package.listed(main, "sldId"), start=1):
        label = _("Slide %(number)s") % {"number": number}
        lines.add(label, heading=True, counts=False)
        package.read(name, _Paragraphs(lines, bare=False))


def _read_open_document(package: Package, lines: Lines) -> None:
    package.read("content.xml", _Paragraphs(lines, bare=True))


_READERS: Mapping[str, Callable[[Package, Lines], None]] = {
    **dict.fromkeys(("docx", "docm", "dotx"), _read_word),
    **dict.fromkeys(("xlsx", "xlsm", "xltx"), read_sheets),
    **dict.fromkeys(("pptx", "pptm", "ppsx", "ppsm"), _read_slides),
    **dict.fromkeys(("odt", "ods", "odp"), _read_open_document),
}
