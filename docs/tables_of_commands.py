"""The tables of commands and their options; ``tables.py`` writes them into the pages."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from docs.markdown_tables import code, table

ROOT = Path(__file__).resolve().parent.parent


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
        ("fault", "what then happens"), ((code(n), t) for n, t in KNOWN.items())
    )


def _options(actions: Iterable[argparse.Action]) -> str:
    rows = [
        (
            ", ".join(map(code, action.option_strings)) or code(action.dest),
            _default(action),
            (action.help or "").replace("%%", "%"),
        )
        for action in actions
    ]
    return table(("option", "default", "meaning"), rows)


def _default(action: argparse.Action) -> str:
    if action.default in (None, False, [], argparse.SUPPRESS):
        return ""
    return code(action.default)
