"""Draws the house: ``python3 docs/drawing.py`` writes ``docs/images/architecture.svg``.

The floors are those that ``lint-imports`` enforces (``pyproject.toml``), so the picture
cannot promise what the code does not keep; a test compares them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "images" / "architecture.svg"
#: What each room is for, in the words of somebody who has not read it.
PURPOSES = {
    "wagtail_hooks": "wiring",
    "apps": "start-up",
    "urls": "addresses",
    "urls_public": "address for Microsoft's calls",
    "views": "what a person sees",
    "api": "what plugins call",
    "tasks": "what workers do",
    "checks": "what is wrong at start",
    "management": "what operators run",
    "documents": "open, bring back, save, import, watch",
    "health": "the self-test",
    "tokens": "a valid token, one refresh at a time",
    "models": "rows, and the questions asked of them",
    "identity": "signing in at Microsoft",
    "graph": "files at Microsoft",
    "crypto": "the vault",
    "hooks": "what plugins hook",
    "signals": "what plugins hear",
    "conf": "settings",
    "http": "sessions to the outside",
    "explanations": "who must act, and how",
    "errors": "one tree of errors",
    "redaction": "secrets that hide",
}
WIDTH, MARGIN, GAP = 960, 24, 10
FLOOR, ROOM_TOP, HEAD = 66, 8, 62
STYLE = """
text { font: 15px system-ui, "Segoe UI", Roboto, sans-serif; fill: #1f2430; }
.name { font-weight: 650; font-family: ui-monospace, Menlo, Consolas, monospace; }
.what { font-size: 12px; fill: #505868; }
.room { fill: #fff; stroke: #8b93a5; stroke-width: 1.2; }
.ground { fill: #f4f5f8; }
.pure .room, .room.pure { fill: #e6f2ee; stroke: #2c7a63; }
.outside { fill: none; stroke: #8b93a5; stroke-dasharray: 5 4; }
.arrow { stroke: #505868; stroke-width: 1.6; fill: none; marker-end: url(#tip); }
.tip { fill: #505868; }
@media (prefers-color-scheme: dark) {
  text { fill: #e8eaf0; } .what { fill: #a9b1c2; } .ground { fill: #1b1f29; }
  .room { fill: #262b38; stroke: #6d7689; }
  .room.pure { fill: #17362d; stroke: #57b394; }
  .outside { stroke: #6d7689; } .arrow { stroke: #a9b1c2; } .tip { fill: #a9b1c2; }
}
"""


def contracts() -> list[dict[str, object]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["importlinter"]["contracts"])


def floors() -> list[list[str]]:
    """The rooms of each floor, from the roof down."""
    layers = next(each for each in contracts() if each["type"] == "layers")["layers"]
    return [[room.strip() for room in floor.split("|")] for floor in layers]


def without_django() -> set[str]:
    """The rooms that may import neither Django nor our database."""
    clients = next(each for each in contracts() if "neither Django" in each["name"])
    return {name.rpartition(".")[2] for name in clients["source_modules"]}


def drawn() -> str:
    house = floors()
    bottom = HEAD + len(house) * FLOOR
    height = bottom + 122
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
            ' role="img" aria-labelledby="title">'
        ),
        "<title id='title'>The floors of wagtail_m365; imports run down only</title>",
        f"<style>{STYLE}</style>",
        (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
            ' markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8Z"/>'
            "</marker></defs>"
        ),
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="10"/>',
        *_outside(["Editors and administrators", "Other plugins"], 12),
        *(line for n, rooms in enumerate(house) for line in _floor(n, rooms)),
        f'<path class="arrow" d="M{MARGIN / 2} {HEAD + 8}V{bottom - 8}"/>',
        *_outside(["Microsoft's identity platform", "Microsoft Graph"], bottom + 22),
        _text(
            MARGIN,
            bottom + 90,
            "what",
            "Arrow: imports run down, and never within a floor.",
        ),
        _text(
            MARGIN,
            bottom + 108,
            "what",
            "Green: knows neither Django nor the database. Dashed: outside; the fake Microsoft stands where Microsoft stands.",
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _outside(names: list[str], top: int) -> Iterator[str]:
    wide = (WIDTH - 2 * MARGIN - GAP) / 2
    for n, name in enumerate(names):
        left = MARGIN + n * (wide + GAP)
        yield f'<rect class="outside" x="{left}" y="{top}" width="{wide}" height="36" rx="6"/>'
        yield _text(left + wide / 2, top + 23, "", name, middle=True)


def _floor(number: int, rooms: list[str]) -> Iterator[str]:
    top = HEAD + number * FLOOR + ROOM_TOP
    left = float(MARGIN)
    share = (WIDTH - 2 * MARGIN - GAP * (len(rooms) - 1)) / len(rooms)
    for room in rooms:
        kind = "room pure" if room in without_django() else "room"
        yield f'<rect class="{kind}" x="{left:.0f}" y="{top}" width="{share:.0f}" height="{FLOOR - ROOM_TOP}" rx="6"/>'
        yield _text(left + share / 2, top + 24, "name", room, middle=True)
        yield _text(left + share / 2, top + 43, "what", PURPOSES[room], middle=True)
        left += share + GAP


def _text(x: float, y: float, kind: str, words: str, *, middle: bool = False) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return (
        f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}"{anchor}>{escape(words)}</text>'
    )


if __name__ == "__main__":
    TARGET.write_text(drawn(), encoding="utf-8")
