"""Writes the tables of the reference out of the code: ``python3 docs/tables.py``.

A table stands between ``<!-- begin: name -->`` and ``<!-- end: name -->``; a test fails
when one is not what the code says.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT))

from docs.markdown_tables import code, markdown, table  # noqa: E402  # needs the path above
from docs.tables_of_commands import commands, fake, faults  # noqa: E402
from docs.tables_of_errors import classes, codes, tree, words_of  # noqa: E402

_PLACE = re.compile(
    r"(?P<begin><!-- begin: (?P<name>[\w ]+) -->\n).*?(?P<end><!-- end: (?P=name) -->)",
    re.DOTALL,
)


def settings() -> str:
    """Every name of ``WAGTAIL_M365``."""
    from wagtail_m365 import conf

    meanings = dict(_comments(conf.Settings))
    rows = [
        (
            code(name),
            code(conf.Settings.__annotations__[name]),
            code(repr(vars(conf.Settings)[name])),
            markdown(meanings[name]),
        )
        for name in conf.names()
    ]
    return table(("name", "type", "default", "meaning"), rows)


def _comments(owner: type) -> Iterator[tuple[str, str]]:
    """Name → the ``#:`` comment above it."""
    lines: list[str] = []
    for line in map(str.strip, inspect.getsource(owner).splitlines()):
        if line.startswith("#:"):
            lines.append(line.removeprefix("#:").strip())
            continue
        named = re.match(r"(\w+): ", line)
        if named and lines:
            yield named[1], " ".join(lines)
        lines = []


def clouds() -> str:
    """The clouds that can be chosen, and their hosts."""
    from urllib.parse import urlsplit

    from wagtail_m365.identity.clouds import CLOUDS

    titles = {
        "global": "worldwide",
        "us_gov": "US Government (GCC High)",
        "us_dod": "US Government (DoD)",
        "china": "China, run by 21Vianet",
    }
    rows = [
        (
            code(name),
            titles[name],
            code(urlsplit(cloud.authority).netloc),
            code(urlsplit(cloud.graph).netloc),
        )
        for name, cloud in CLOUDS.items()
    ]
    return table(("`CLOUD`", "cloud", "sign-in", "Graph"), rows)


def check_ids() -> set[str]:
    """Every id that a system check of ours gives."""
    files = sorted((ROOT / "wagtail_m365" / "checks").glob("*.py"))
    strings = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    numbers = (
        re.fullmatch(r"(?:wagtail_m365\.)?([EW]\d{3})", each) for each in strings
    )
    return {f"wagtail_m365.{number[1]}" for number in numbers if number}


def bundles() -> str:
    """What an administrator chooses from."""
    from wagtail_m365.tokens.bundles import BUNDLES

    rows = [
        (str(one.title), " ".join(map(code, one.scopes)), str(one.reason))
        for one in BUNDLES
    ]
    return table(["bundle", "scopes", "what for"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "tree": tree,
    "classes": classes,
    "token codes": codes(words_of("tokens")),
    "sign in codes": codes(words_of("sign_in")),
    "set up codes": codes(words_of("set_up")),
    "health codes": codes(words_of("health")),
    "document codes": codes(words_of("documents")),
    "joining codes": codes(words_of("joining")),
    "importing codes": codes(words_of("importing")),
    "link codes": codes(words_of("links")),
    "graph codes": codes(words_of("graph")),
    "registration codes": codes(words_of("registration_codes")),
    "account codes": codes(words_of("account_codes")),
    "bundles": bundles,
    "clouds": clouds,
    "commands": commands,
    "fake": fake,
    "faults": faults,
}


def written(page: str) -> str:
    """The page with every table as the code says."""

    def fill(place: re.Match[str]) -> str:
        return f"{place['begin']}\n{TABLES[place['name']]()}\n\n{place['end']}"

    return _PLACE.sub(fill, page)


def places(page: str) -> list[str]:
    """The tables that stand in a page."""
    return [place["name"] for place in _PLACE.finditer(page)]


def main() -> None:
    """Write all tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    for path in sorted(DOCS.glob("*/*.md")):
        before = path.read_text(encoding="utf-8")
        after = written(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
