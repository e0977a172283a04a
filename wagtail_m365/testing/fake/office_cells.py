"""Changing cells of an Excel sheet, and nothing else of its XML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from .office_text import Splice, prefix, splice, tag_end

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(slots=True)
class Cell:
    """A cell with a value.

    Attributes:
        kind: The attribute ``t``: ``s`` for a shared text, empty for a number.
        style: The attribute ``s``, which a new value keeps.
    """

    start: int
    name: str
    kind: str
    style: str
    stop: int = 0
    value: str = ""
    has_formula: bool = False
    pieces: list[str] = field(default_factory=list)


def cells(xml: bytes, shared: Sequence[str]) -> list[Cell]:
    """The cells that have a value."""
    found = _Reader(xml).found
    for cell in found:
        cell.value = "".join(cell.pieces)
        if cell.kind == "s" and cell.value.isdigit():
            cell.value = shared[int(cell.value)]
    return [cell for cell in found if cell.value]


def shared_texts(xml: bytes) -> list[str]:
    """The texts of ``xl/sharedStrings.xml``."""
    texts: list[str] = []
    inside = False

    def start(name: str, attributes: dict[str, Any]) -> None:
        nonlocal inside
        if name == f"{SHEET} si":
            texts.append("")
        inside = name == f"{SHEET} t"

    def end(name: str) -> None:
        nonlocal inside
        inside = False

    def characters(text: str) -> None:
        if inside:
            texts[-1] += text

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.Parse(xml, True)
    return texts


def rewrite(xml: bytes, shared: Sequence[str], values: Mapping[str, str]) -> bytes:
    """The sheet with these values by cell name; formulas and other cells stay."""
    splices: list[Splice] = [
        (cell.start, cell.stop, _written(xml, cell, values[cell.name]))
        for cell in cells(xml, shared)
        if not cell.has_formula and values.get(cell.name, cell.value) != cell.value
    ]
    return splice(xml, splices)


def _written(xml: bytes, cell: Cell, value: str) -> bytes:
    before = prefix(xml, cell.start).decode()
    style = f' s="{cell.style}"' if cell.style else ""
    if _NUMBER.fullmatch(value):
        kind, inside = "", f"<{before}v>{value}</{before}v>"
    else:
        kind = ' t="inlineStr"'
        text = f'<{before}t xml:space="preserve">{escape(value)}</{before}t>'
        inside = f"<{before}is>{text}</{before}is>"
    return f'<{before}c r="{cell.name}"{style}{kind}>{inside}</{before}c>'.encode()


class _Reader:
    """Finds the cells of a sheet."""

    def __init__(self, xml: bytes) -> None:
        self.found: list[Cell] = []
        self._xml = xml
        self._cell: Cell | None = None
        self._reads = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.Parse(xml, True)

    def _start(self, name: str, attributes: dict[str, Any]) -> None:
        if name == f"{SHEET} c":
            self._cell = Cell(
                start=self._parser.CurrentByteIndex,
                name=attributes.get("r", ""),
                kind=attributes.get("t", ""),
                style=attributes.get("s", ""),
            )
        elif self._cell and name == f"{SHEET} f":
            self._cell.has_formula = True
        self._reads = name in {f"{SHEET} v", f"{SHEET} t"}

    def _end(self, name: str) -> None:
        self._reads = False
        if name == f"{SHEET} c" and self._cell:
            self._cell.stop = tag_end(self._xml, self._parser.CurrentByteIndex)
            self.found.append(self._cell)
            self._cell = None

    def _characters(self, text: str) -> None:
        if self._reads and self._cell:
            self._cell.pieces.append(text)
