"""What the session keeps between Microsoft's answer and the page that follows it.

Neither code nor state nor token is kept: a callback answers with a redirect, and
only what the next page says survives it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from wagtail_m365.errors import Actor, Explanation, M365Error

_FAILURE = "m365_sign_in_failure"
_FINISHED = "m365_sign_ins_finished"
_KEEP = 5
#: Seconds for which a reload of a finished callback counts as the same sign-in.
_RELOAD = 900

Session = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A sign-in that came to nothing."""

    explanation: Explanation
    #: What was wished for, as far as it is still known.
    facts: dict[str, Any] = field(default_factory=dict)


def failed(session: Session, error: M365Error) -> None:
    """Keep the words for the next page."""
    facts = {name: value for name, value in error.facts.items() if _is_plain(value)}
    # str(): the words may still be lazy, and a session holds JSON.
    words = {name: str(word) for name, word in error.explanation._asdict().items()}
    session[_FAILURE] = {"explanation": words, "facts": facts}


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, str | int | bool)


def last_failure(session: Session) -> Failure | None:
    """What failed last, if nothing has succeeded since."""
    kept = session.get(_FAILURE)
    if not kept:
        return None
    words = dict(kept["explanation"])
    words["actor"] = Actor(words["actor"])
    return Failure(explanation=Explanation(**words), facts=kept["facts"])


def forget_failure(session: Session) -> None:
    """A success makes the last failure old news."""
    session.pop(_FAILURE, None)


def finished(session: Session, state: str, next_url: str) -> None:
    """Remember where a sign-in led, by a digest of its state."""
    latest = [*session.get(_FINISHED, ()), [_digest(state), next_url, int(time.time())]]
    session[_FINISHED] = latest[-_KEEP:]


def next_of_finished(session: Session, state: str) -> str:
    """Where the sign-in with this state led a moment ago; empty if it did not."""
    now, digest = time.time(), _digest(state)
    for known, next_url, at in session.get(_FINISHED, ()):
        if state and known == digest and at > now - _RELOAD:
            return str(next_url)
    return ""


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()[:32]
