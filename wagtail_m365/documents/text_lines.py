"""Lines of text that are read from a file, up to a limit."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Lines of one file, characters of one line, and of all lines together.
MAX_LINES = 4_000
MAX_LINE = 2_000
MAX_CHARACTERS = 1_000_000
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One paragraph, row or line."""

    text: str
    #: A sheet's name or a slide's number rather than content.
    heading: bool = False
    #: A slide's number does not count when lines are compared.
    counts: bool = True

    @property
    def key(self) -> str:
        """Lines with one key are taken for the same."""
        return self.text if self.counts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """What can be read in a file."""

    lines: tuple[Line, ...]
    #: It goes on beyond what is read.
    truncated: bool = False


class Enough(Exception):  # not an error: it ends the reading
    """More would not be shown."""


class Lines:
    """Collects lines until there are enough."""

    def __init__(self) -> None:
        self.found: list[Line] = []
        self.truncated = False
        self._left = MAX_CHARACTERS

    def add(self, text: str, *, heading: bool = False, counts: bool = True) -> None:
        """Take one line more; empty ones are left out.

        Raises:
            Enough: There are too many already.
        """
        text = _BLANK.sub(" ", text[: MAX_LINE * 2]).strip()
        if not text:
            return
        if len(self.found) >= MAX_LINES or self._left <= 0:
            self.truncated = True
            raise Enough
        if len(text) > MAX_LINE:
            self.truncated = True
            text = text[:MAX_LINE]
        self._left -= len(text)
        self.found.append(Line(text=text, heading=heading, counts=counts))
