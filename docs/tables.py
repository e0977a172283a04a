"""Writes the tables of the reference out of the code: ``python3 docs/tables.py``.

A table stands between ``<!-- begin: name -->`` and ``<!-- end: name -->``; a test fails
when one is not what the code says.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_PLACE = re.compile(
    r"(?P<begin><!-- begin: (?P<name>[\w ]+) -->\n).*?(?P<end><!-- end: (?P=name) -->)",
    re.DOTALL,
)
_ACTORS = {
    "editor": "the editor",
    "site_admin": "an administrator of the site",
    "entra_admin": "an administrator in Entra",
    "nobody": "nobody: wait",
}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _code(value: object) -> str:
    return f"`{value}`"


def _markdown(text: str) -> str:
    """Our comments are written for Sphinx."""
    return text.replace("``", "`")


# Settings


def settings() -> str:
    """Every name of ``WAGTAIL_M365``."""
    from wagtail_m365 import conf

    meanings = dict(_comments(conf.Settings))
    rows = [
        (
            _code(name),
            _code(conf.Settings.__annotations__[name]),
            _code(repr(vars(conf.Settings)[name])),
            _markdown(meanings[name]),
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


# Errors


def tree() -> str:
    """The tree of error classes, as it is drawn in the code."""
    from wagtail_m365 import errors

    drawn = inspect.getdoc(errors) or ""
    lines = drawn.partition("::\n\n")[2].splitlines()
    return "\n".join(["```text", *(line.removeprefix("    ") for line in lines), "```"])


def classes() -> str:
    """Every error class with its code."""
    from wagtail_m365 import errors

    rows = [
        (
            _code(kind.__name__),
            _code(kind.code),
            _markdown((inspect.getdoc(kind) or "").splitlines()[0]),
            "yes" if kind.retryable else "",
        )
        for kind in error_classes(errors.M365Error)
    ]
    return table(("class", "code", "when", "the same call may succeed later"), rows)


def error_classes(root: Any) -> Iterator[Any]:
    """The class and everything below it."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == root.__module__:
            yield from error_classes(child)


def codes(words: Callable[[], dict[str, Any]]) -> Callable[[], str]:
    """A table of codes with what happened, who must act, and what is next."""

    def write() -> str:
        from django.utils import translation

        with translation.override("en"):
            rows = [
                (
                    ", ".join(map(_code, same)),
                    one.what,
                    _ACTORS[one.actor],
                    one.next_step,
                )
                for same, one in _grouped(words())
            ]
        return table(("code", "what happened", "who must act", "next step"), rows)

    return write


def _grouped(words: dict[str, Any]) -> Iterator[tuple[list[str], Any]]:
    """Codes that share their words stand together."""
    groups: dict[int, tuple[list[str], Any]] = {}
    for code, one in words.items():
        groups.setdefault(id(one), ([], one))[0].append(code)
    yield from groups.values()


def _words_of(*modules: str) -> Callable[[], dict[str, Any]]:
    def words() -> dict[str, Any]:
        from importlib import import_module

        found: dict[str, Any] = {}
        for module in modules:
            found |= import_module(f"wagtail_m365.explanations.{module}").WORDS
        return found

    return words


# Commands


def commands() -> str:
    """Every management command with its options."""
    return "\n\n".join(_command(name) for name in command_names())


def command_names() -> list[str]:
    """The management commands of this extension."""
    from django.core.management import find_commands

    return sorted(find_commands(str(ROOT / "wagtail_m365" / "management")))


def _command(name: str) -> str:
    from django.core.management import load_command_class

    command = load_command_class("wagtail_m365", name)
    parts = [f"### `manage.py {name}`", " ".join(str(command.help).split())]
    options = list(own_options(name))
    if options:
        parts.append(_options(options))
    return "\n\n".join(parts)


def own_options(name: str) -> Iterator[argparse.Action]:
    """The options of a command that not every command has."""
    from django.core.management import BaseCommand, load_command_class

    command = load_command_class("wagtail_m365", name)
    everybodys = BaseCommand().create_parser("manage.py", name)._option_string_actions
    parser = command.create_parser("manage.py", name)
    for action in parser._actions:
        if not set(action.option_strings) & set(everybodys):
            yield action


def fake() -> str:
    """The options of the fake Microsoft."""
    from wagtail_m365.testing.__main__ import _parser

    return _options(a for a in _parser()._actions if a.dest != "help")


def faults() -> str:
    """What can be ordered to go wrong."""
    from wagtail_m365.testing.fake.faults import KNOWN

    return table(
        ("fault", "what then happens"), ((_code(n), t) for n, t in KNOWN.items())
    )


def _options(actions: Iterable[argparse.Action]) -> str:
    rows = [
        (
            ", ".join(map(_code, action.option_strings)) or _code(action.dest),
            _default(action),
            (action.help or "").replace("%%", "%"),
        )
        for action in actions
    ]
    return table(("option", "default", "meaning"), rows)


def _default(action: argparse.Action) -> str:
    if action.default in (None, False, [], argparse.SUPPRESS):
        return ""
    return _code(action.default)


# Checks


def check_ids() -> set[str]:
    """Every id that a system check of ours gives."""
    source = (ROOT / "wagtail_m365" / "checks.py").read_text(encoding="utf-8")
    strings = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    numbers = (
        re.fullmatch(r"(?:wagtail_m365\.)?([EW]\d{3})", each) for each in strings
    )
    return {f"wagtail_m365.{number[1]}" for number in numbers if number}


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "tree": tree,
    "classes": classes,
    "token codes": codes(_words_of("tokens")),
    "sign in codes": codes(_words_of("sign_in")),
    "set up codes": codes(_words_of("set_up")),
    "document codes": codes(_words_of("documents")),
    "graph codes": codes(_words_of("graph")),
    "registration codes": codes(_words_of("registration_codes")),
    "account codes": codes(_words_of("account_codes")),
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
    sys.path.insert(0, str(ROOT))
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
