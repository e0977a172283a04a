"""Changing the text of a Word document or a slide, and nothing else of its XML.

The XML is not written anew but spliced at byte positions that expat tells, so prefixes,
``mc:Ignorable`` and all that Word is particular about stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
Splice = tuple[int, int, bytes]


@dataclass(slots=True)
class Run:
    """A text element: where it is, and what it says."""

    start: int
    stop: int = 0
    text: str = ""


@dataclass(slots=True)
class Paragraph:
    """A paragraph with its text elements.

    Attributes:
        stop: Byte behind the end of the element.
    """

    start: int
    stop: int = 0
    runs: list[Run] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a reader sees."""
        return "".join(run.text for run in self.runs)


def paragraphs(xml: bytes, namespace: str) -> list[Paragraph]:
    """The paragraphs that have text, in reading order."""
    return [one for one in _Reader(xml, namespace).found if one.text]


def rewrite(xml: bytes, namespace: str, lines: Sequence[str]) -> bytes:
    """The part with these lines as its paragraphs.

    Lines that stay keep their bytes; of a changed line only the changed letters move, so
    formatting stays. New lines become paragraphs after the one before; a line that is gone
    leaves an empty paragraph, since a table cell needs one.
    """
    reader = _Reader(xml, namespace)
    old = [one for one in reader.found if one.text]
    splices: list[Splice] = []
    matcher = SequenceMatcher(None, [one.text for one in old], lines, autojunk=False)
    for _, first, last, start, stop in matcher.get_opcodes():
        wanted = list(lines[start:stop])
        for paragraph in old[first:last]:
            splices += _changed(xml, paragraph, wanted.pop(0) if wanted else "")
        place = old[last - 1].stop if last else reader.first_place
        splices += [(place, place, _new(xml, reader, line)) for line in wanted if place]
    return splice(xml, splices)


def splice(data: bytes, splices: Sequence[Splice]) -> bytes:
    """The data with pieces replaced; pieces at one place stay in their order."""
    result, end = [], 0
    for start, stop, piece in sorted(splices, key=lambda one: one[:2]):
        result += [data[end:start], piece]
        end = stop
    return b"".join([*result, data[end:]])


def tag_end(data: bytes, start: int) -> int:
    """The byte behind the tag that begins at ``start``."""
    quote = b""
    for position in range(start, len(data)):
        letter = data[position : position + 1]
        if quote:
            quote = b"" if letter == quote else quote
        elif letter in {b'"', b"'"}:
            quote = letter
        elif letter == b">":
            return position + 1
    return len(data)


def prefix(data: bytes, start: int) -> bytes:
    """The namespace prefix of the tag at ``start``, with its colon."""
    name = data[start + 1 : start + 40].split(b">")[0].split()[0]
    before, colon, _ = name.rpartition(b":")
    return before + colon


class _Reader:
    """Finds paragraphs, their text, and where new ones can begin."""

    def __init__(self, xml: bytes, namespace: str) -> None:
        self.found: list[Paragraph] = []
        self._body = 0
        self._xml, self._space = xml, namespace
        self._open: list[Paragraph] = []
        self._run: Run | None = None
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.Parse(xml, True)

    @property
    def first_place(self) -> int:
        """Where a paragraph can be put before all others; 0: nowhere."""
        return self.found[0].start if self.found else self._body

    def _start(self, name: str, attributes: dict[str, Any]) -> None:
        here = self._parser.CurrentByteIndex
        if name == f"{WORD} body":
            self._body = tag_end(self._xml, here)
        elif name == f"{self._space} p":
            self._open.append(Paragraph(here))
            self.found.append(self._open[-1])
        elif name == f"{self._space} t" and self._open:
            self._run = Run(here)

    def _end(self, name: str) -> None:
        here = self._parser.CurrentByteIndex
        if name == f"{self._space} p":
            self._open.pop().stop = tag_end(self._xml, here)
        elif name == f"{self._space} t" and self._run and self._open:
            self._run.stop = tag_end(self._xml, here)
            self._open[-1].runs.append(self._run)
            self._run = None

    def _characters(self, text: str) -> None:
        if self._run is not None:
            self._run.text += text


def _changed(xml: bytes, paragraph: Paragraph, text: str) -> list[Splice]:
    """Only the runs in which letters change."""
    old = paragraph.text
    if text == old:
        return []
    head = _common(old, text)
    tail = _common(old[head:][::-1], text[head:][::-1])
    middle = text[head : len(text) - tail]
    splices, start = [], 0
    for run in paragraph.runs:
        stop = start + len(run.text)
        before = run.text[: max(head - start, 0)]
        after = run.text[max(len(old) - tail - start, 0) :]
        holds = start <= head < stop or (head == stop and run is paragraph.runs[-1])
        new = before + (middle if holds else "") + after
        if head >= stop and not holds:
            new = run.text
        if new != run.text:
            splices.append((run.start, run.stop, _text(xml, run.start, new)))
        start = stop
    return splices


def _common(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    differing = (place for place, (a, b) in pairs if a != b)
    return next(differing, min(len(one), len(other)))


def _text(xml: bytes, start: int, text: str) -> bytes:
    """A text element in the prefix of the one at ``start``."""
    before = prefix(xml, start)
    keep = b' xml:space="preserve"' if text != text.strip() else b""
    inside = escape(text).encode()
    return b"<%bt%b>%b</%bt>" % (before, keep, inside, before)


def _new(xml: bytes, reader: _Reader, text: str) -> bytes:
    start = reader.found[0].start if reader.found else 0
    before = prefix(xml, start) if reader.found else b"w:"
    inside = escape(text).encode()
    keep = b' xml:space="preserve"' if text != text.strip() else b""
    parts = (before, before, before, keep, inside, before, before, before)
    return b"<%bp><%br><%bt%b>%b</%bt></%br></%bp>" % parts
