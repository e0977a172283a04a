"""Tables and code in Markdown, as the pages of the reference have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def code(value: object) -> str:
    return f"`{value}`"


def markdown(text: str) -> str:
    """Our comments are written for Sphinx."""
    return text.replace("``", "`")
