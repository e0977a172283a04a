"""What differs between two files, for people: line by line, and within a line by words.

Only text is compared: no pictures, no layout. Reading is bounded by :mod:`readable`,
comparing by a number of steps, so that no file keeps the site busy.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, BinaryIO

from wagtail.documents.models import AbstractDocument

from wagtail_m365.models import DocumentVersion, EditSession

from . import remote
from .closing import require_owner, require_sent, session_of
from .content import opened, spooled
from .readable import text_of
from .text_lines import Line
from .versions import opened_version

#: Rows that are shown, and equal lines around a change.
MAX_ROWS = 400
_CONTEXT = 2
#: Steps that comparing may take: about a second.
_MAX_STEPS = 3_000_000
#: The same for the words of two lines, and how alike lines must be for that.
_MAX_WORD_STEPS = 30_000
_ALIKE = 0.4
#: Bytes up to which a copy is fetched only to show what differs.
_MAX_FETCHED = 32 * 1024 * 1024
# With the space behind it, or every space would be like every other.
_WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


class Kind(StrEnum):
    """What a row of a difference says."""

    SAME = "same"
    HEADING = "heading"
    REMOVED = "removed"
    ADDED = "added"
    #: Equal lines that are left out.
    GAP = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a line."""

    text: str
    #: It is what differs within the line.
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a difference."""

    kind: Kind
    pieces: tuple[Piece, ...] = ()
    #: How many lines a gap leaves out.
    left_out: int = 0

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs; without rows, nothing that can be read does."""

    rows: tuple[Row, ...]
    #: The files, or the changes, go on beyond what is shown.
    truncated: bool = False


def difference(
    before: BinaryIO, after: BinaryIO, *, before_name: str, after_name: str
) -> Difference | None:
    """What was removed and added from one file to another.

    Args:
        before: Seekable; left anywhere.
        after: The same.
        before_name: File name: its extension says how it is read.
        after_name: The same.

    Returns:
        ``None`` where one of both cannot be read as text. Never raises for content.
    """
    old, new = text_of(before, before_name), text_of(after, after_name)
    if old is None or new is None:
        return None
    rows = list(islice(_rows(old.lines, new.lines), MAX_ROWS + 1))
    truncated = old.truncated or new.truncated or len(rows) > MAX_ROWS
    return Difference(rows=tuple(rows[:MAX_ROWS]), truncated=truncated)


def since_version(version: DocumentVersion, user: Any) -> Difference | None:
    """What differs from a version to the document as it is now.

    Raises:
        NotAllowed: This person may not change the document.
        FileMissing: One of both files is not in the storage.
    """
    document: AbstractDocument = version.document
    with opened_version(version, user) as old, opened(document) as new:
        return difference(
            old, new, before_name=version.filename, after_name=document.filename
        )


def until_proposal(version: DocumentVersion, user: Any) -> Difference | None:
    """What a file that waits for approval would change of the document as it is now.

    Raises:
        NotAllowed: This person may not change the document.
        FileMissing: One of both files is not in the storage.
    """
    document: AbstractDocument = version.document
    with opened_version(version, user) as new, opened(document) as old:
        return difference(
            old, new, before_name=document.filename, after_name=version.filename
        )


def to_copy(target: Any, user: Any) -> Difference | None:
    """What differs from the site's file to the copy in Microsoft 365; nothing changes.

    Returns:
        ``None`` also where the copy is too large to be fetched for this alone.

    Raises:
        As :func:`~wagtail_m365.documents.bringing_back.bring_back`, for what keeps it
        from fetching the copy.
    """
    session: EditSession = session_of(target)
    require_owner(session, user)
    require_sent(session)
    graph = remote.graph_of(session)
    item = remote.read(graph, session)
    if item.size > _MAX_FETCHED:
        return None
    document: AbstractDocument = session.document
    with spooled() as copy, opened(document) as ours:
        remote.fetch(graph, item, copy)
        return difference(
            ours, copy, before_name=document.filename, after_name=item.name
        )


class _TooManySteps(Exception):  # the comparison answers without it
    """The files are too large, and too unlike, to be compared line by line."""


class _Matcher(difflib.SequenceMatcher[str]):
    """Gives up after a number of steps; the standard one may take cubic time."""

    def __init__(
        self, old: Sequence[str], new: Sequence[str], *, steps: int = _MAX_STEPS
    ) -> None:
        self.steps = steps
        super().__init__(None, old, new)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        known: Any = self  # its attributes are documented, but not typed
        end = len(known.a) if ahi is None else ahi
        places = (len(known.b2j.get(known.a[index], ())) for index in range(alo, end))
        self.steps -= end - alo + sum(places)
        if self.steps < 0:
            raise _TooManySteps
        return super().find_longest_match(alo, ahi, blo, bhi)


_Opcode = tuple[str, int, int, int, int]


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[_Opcode]:
    """How the one becomes the other; all at once if that is too hard to say."""
    try:
        return _Matcher(old, new).get_opcodes()
    except _TooManySteps:
        return [("replace", 0, len(old), 0, len(new))]


def _rows(old: Sequence[Line], new: Sequence[Line]) -> Iterator[Row]:
    opcodes = _opcodes([line.key for line in old], [line.key for line in new])
    last = len(opcodes) - 1
    if all(tag == "equal" for tag, *_ in opcodes):
        return
    for index, (tag, old_from, old_to, new_from, new_to) in enumerate(opcodes):
        if tag == "equal":
            lines = new[new_from:new_to]
            yield from _around(lines, first=index == 0, last=index == last)
        else:
            yield from _changed(old[old_from:old_to], new[new_from:new_to])


def _around(lines: Sequence[Line], *, first: bool, last: bool) -> Iterator[Row]:
    """Equal lines next to a change; those further away are left out."""
    before = 0 if first else _CONTEXT
    after = 0 if last else _CONTEXT
    if len(lines) <= before + after + 1:
        yield from map(_same, lines)
        return
    left_out = lines[before : len(lines) - after]
    # Which sheet or slide the next change is on.
    headings = [line for line in left_out if line.heading and not last][-1:]
    yield from map(_same, lines[:before])
    yield Row(kind=Kind.GAP, left_out=len(left_out) - len(headings))
    yield from map(_same, headings)
    yield from map(_same, lines[len(lines) - after :])


def _same(line: Line) -> Row:
    kind = Kind.HEADING if line.heading else Kind.SAME
    return Row(kind=kind, pieces=(Piece(text=line.text),))


def _changed(old: Sequence[Line], new: Sequence[Line]) -> Iterator[Row]:
    if len(old) == len(new):
        for before, after in zip(old, new, strict=True):
            yield from _changed_line(before.text, after.text)
        return
    for line in old:
        yield Row(kind=Kind.REMOVED, pieces=(Piece(text=line.text),))
    for line in new:
        yield Row(kind=Kind.ADDED, pieces=(Piece(text=line.text),))


def _changed_line(before: str, after: str) -> tuple[Row, Row]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    spans = _spans(old, new)
    removed = _pieces(old, [(tag, begin, end) for tag, begin, end, *_ in spans])
    added = _pieces(new, [(tag, begin, end) for tag, _, _, begin, end in spans])
    return (
        Row(kind=Kind.REMOVED, pieces=tuple(removed) or (Piece(text=before),)),
        Row(kind=Kind.ADDED, pieces=tuple(added) or (Piece(text=after),)),
    )


def _spans(old: Sequence[str], new: Sequence[str]) -> Sequence[_Opcode]:
    """Which words differ; nothing where nearly all of them do."""
    matcher = _Matcher(old, new, steps=_MAX_WORD_STEPS)
    try:
        return matcher.get_opcodes() if matcher.ratio() >= _ALIKE else []
    except _TooManySteps:
        return []


def _pieces(
    words: Sequence[str], spans: Sequence[tuple[str, int, int]]
) -> Iterator[Piece]:
    for tag, begin, end in spans:
        if begin < end:
            text = "".join(words[begin:end])
            yield Piece(text=text, marked=tag != "equal")
