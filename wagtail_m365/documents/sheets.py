"""Rows of a workbook as lines of text (SpreadsheetML, ECMA-376-1 §18)."""

from __future__ import annotations

import re

from .package_parts import Handler, Package
from .text_lines import MAX_LINE, Lines

#: Columns of a sheet up to which an empty cell keeps its place.
_MAX_GAP = 50
_COLUMN = re.compile(r"[A-Z]{1,3}")


def read_sheets(package: Package, lines: Lines) -> None:
    """Every sheet: its name, then its rows as ``Jan | 120 | =SUM(B1:B3)``."""
    strings, main = _SharedStrings(), "xl/workbook.xml"
    if "xl/sharedStrings.xml" in package:
        package.read("xl/sharedStrings.xml", strings)
    for part, name in package.listed(main, "sheet").items():
        lines.add(name, heading=True)
        package.read(part, _Rows(lines, strings.found))


class _SharedStrings(Handler):
    """The texts that cells name by number, without their phonetic reading."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._reading = self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._reading = name == "t" and not self._phonetic
        self._phonetic |= name == "rPh"

    def end(self, name: str) -> None:
        self._reading = False
        if name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.found.append("".join(self._pieces))
            self._pieces = []

    def data(self, text: str) -> None:
        if self._reading:
            self._pieces.append(text)


class _Rows(Handler):
    """Rows of a sheet, each as one line."""

    def __init__(self, lines: Lines, shared: list[str]) -> None:
        self._lines = lines
        self._shared = shared
        self._cells: list[str] = []
        self._texts: dict[str, str] = {}
        self._type = self._reading = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._type, self._texts = attributes.get("t", "n"), {}
            self._keep_place(attributes.get("r", ""))
        elif name in {"v", "f", "t"}:
            self._reading = name

    def end(self, name: str) -> None:
        if name in {"v", "f", "t"}:
            self._reading = ""
        elif name == "c":
            self._cells.append(self._value())
        elif name == "row":
            text = " | ".join(self._cells).rstrip(" |")
            self._lines.add(text.removeprefix("| "))
            self._cells = []

    def data(self, text: str) -> None:
        if self._reading:
            before = self._texts.get(self._reading, "")
            self._texts[self._reading] = (before + text)[:MAX_LINE]

    def _keep_place(self, reference: str) -> None:
        column = _column_of(reference)
        if len(self._cells) < column <= _MAX_GAP:
            self._cells += [""] * (column - len(self._cells))

    def _value(self) -> str:
        value = self._texts.get("v", "")
        if self._texts.get("f"):
            return f"={self._texts['f']}"
        if self._type == "s" and value.isdecimal():
            return self._shared[int(value)] if int(value) < len(self._shared) else ""
        return self._texts.get("t", "") or value


def _column_of(reference: str) -> int:
    """``"C7"`` → 2: how many columns stand before it."""
    found = _COLUMN.match(reference)
    number = 0
    for letter in found[0] if found else "A":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
