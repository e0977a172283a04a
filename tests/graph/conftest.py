from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.transport import GraphTransport
from wagtail_m365.http import HttpOptions, new_session

from .wire import Wire


@dataclass
class Tokens:
    """A token source that remembers what it was asked."""

    asked: list[dict[str, str | None]] = field(default_factory=list)

    def __call__(
        self, *, rejected: str | None = None, claims: str | None = None
    ) -> str:
        self.asked.append({"rejected": rejected, "claims": claims})
        return f"token-{len([each for each in self.asked if each['rejected']])}"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def naps() -> list[float]:
    """How long the client would have slept, nap by nap."""
    return []


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire().running() as running:
        yield running


@pytest.fixture
def wired(wire: Wire, tokens: Tokens, naps: list[float]) -> Iterator[GraphClient]:
    """A client whose Graph and storage are the scripted wire."""
    with new_session(HttpOptions(timeout=(2, 5))) as session:
        yield GraphClient(
            GraphTransport(
                session,
                wire.graph,
                tokens,
                allow_insecure_loopback=True,
                sleep=naps.append,
                clock=lambda: 1_790_000_000.0,
                jitter=lambda: 0.0,
            )
        )
