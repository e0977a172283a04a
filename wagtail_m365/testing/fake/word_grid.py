"""Cells of a workbook as a table of input fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import groupby

from .office_files import Field

_CELL = re.compile(r"([A-Z]+)(\d+)")
_LETTERS = 26


def grids(fields: Sequence[Field]) -> str:
    """One table a sheet, with column letters and row numbers."""
    cells = [field for field in fields if not field.is_long]
    return "".join(
        _grid(list(sheet))
        for _, sheet in groupby(cells, key=lambda one: one.key.partition("!")[0])
    )


def _grid(cells: Sequence[Field]) -> str:
    title = cells[0].label.partition(",")[0]
    placed = {_place(one): one for one in cells}
    columns = range(1, max(column for _, column in placed) + 1)
    heads = "".join(f'<th scope="col">{_letters(column)}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{row}</th>'
        f"{''.join(_cell(placed.get((row, column))) for column in columns)}</tr>"
        for row in sorted({row for row, _ in placed})
    )
    return (
        f'<div class="sheet cells"><table><caption>{escape(title)}</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(field: Field | None) -> str:
    if field is None:
        return "<td></td>"
    fixed = ' readonly title="A formula"' if field.is_fixed else ""
    return (
        f'<td><input name="{escape(field.key)}" value="{escape(field.text)}" '
        f'aria-label="{escape(field.label)}"{fixed}></td>'
    )


def _place(field: Field) -> tuple[int, int]:
    """Row and column, from 1."""
    found = _CELL.fullmatch(field.key.rpartition("!")[2])
    if found is None:
        return 1, 1
    column = 0
    for letter in found[1]:
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return int(found[2]), column


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        text = chr(ord("A") + rest) + text
    return text
