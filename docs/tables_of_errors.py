"""The tables of error classes and codes; ``tables.py`` writes them into the pages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from docs.markdown_tables import code, markdown, table

_ACTORS = {
    "editor": "the editor",
    "site_admin": "an administrator of the site",
    "entra_admin": "an administrator in Entra",
    "nobody": "nobody: wait",
}


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
            code(kind.__name__),
            code(kind.code),
            markdown((inspect.getdoc(kind) or "").splitlines()[0]),
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
                    ", ".join(map(code, same)),
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
    for name, one in words.items():
        groups.setdefault(id(one), ([], one))[0].append(name)
    yield from groups.values()


def words_of(*modules: str) -> Callable[[], dict[str, Any]]:
    def words() -> dict[str, Any]:
        from importlib import import_module

        found: dict[str, Any] = {}
        for module in modules:
            found |= import_module(f"wagtail_m365.explanations.{module}").WORDS
        return found

    return words
