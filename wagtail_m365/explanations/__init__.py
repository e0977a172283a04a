"""Words for people: what happened, who must act, and the next step, for every code.

Found by the error's ``code``; an error whose code has no words of its own is
explained by its class, and that by the class above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from wagtail_m365.errors import Actor, Explanation, GraphError, M365Error

from . import (
    account_codes,
    documents,
    graph,
    health,
    importing,
    joining,
    links,
    registration_codes,
    set_up,
    sign_in,
    tokens,
)
from .wording import Words

__all__ = ["TABLE", "Words", "explain", "in_one_line"]

#: Code → words. Codes of Graph begin with ``graph.`` and are in lower case.
TABLE: Mapping[str, Words] = MappingProxyType(
    tokens.WORDS
    | set_up.WORDS
    | sign_in.WORDS
    | registration_codes.WORDS
    | account_codes.WORDS
    | graph.WORDS
    | documents.WORDS
    | joining.WORDS
    | health.WORDS
    | importing.WORDS
    | links.WORDS
)


def explain(error: M365Error) -> Explanation:
    """What happened, who must act and the next step, in the active language."""
    words = next(TABLE[code] for code in _codes(error) if code in TABLE)
    facts = {**error.facts, "scopes": ", ".join(getattr(error, "scopes", ()))}
    actor, next_step = words.actor, str(words.next_step)
    if actor == Actor.EDITOR and facts.get("service"):
        # The account is the site's: whoever meets the error cannot sign in with it.
        actor, next_step = Actor.SITE_ADMIN, str(tokens.SERVICE_STEP) % facts
    return Explanation(
        code=error.code,
        what=words.sentence(facts),
        actor=actor,
        next_step=next_step,
        reference=_reference(error),
    )


def in_one_line(error: M365Error | str) -> str:
    """What happened, the next step, and the code to look up, for a terminal.

    Args:
        error: The error, or its code where no more was kept of it.
    """
    if isinstance(error, str):
        error = M365Error(code=error)
    told = error.explanation
    return f"{told.what} {told.next_step} ({told.code})"


def _codes(error: M365Error) -> Iterator[str]:
    """The codes to look for, the finest first; the last one is always known."""
    classes = [kind for kind in type(error).__mro__ if issubclass(kind, M365Error)]
    if error.code != type(error).code:
        yield error.code
    if isinstance(error, GraphError):
        # The innermost code is the exact one; the outer ones only name its family.
        yield f"graph.{error.graph_code.rpartition('.')[2].lower()}"
    for kind in classes:
        yield kind.code


def _reference(error: M365Error) -> str:
    """What Microsoft's support asks for; empty where Microsoft was not involved."""
    code = error.facts.get("microsoft_code") or getattr(error, "graph_code", "")
    if not code and not error.correlation_id:
        return ""
    moment = datetime.fromtimestamp(error.occurred_at, UTC)
    parts = (code, error.correlation_id, f"{moment:%Y-%m-%d %H:%M:%S} UTC")
    return " · ".join(filter(None, parts))
