from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.transport import GraphTransport
from wagtail_m365.http import HttpOptions, new_session
from wagtail_m365.testing import FakeMicrosoft
from wagtail_m365.testing.fake.calls import state_of
from wagtail_m365.testing.fake.drives import DriveSeam, author_of
from wagtail_m365.testing.fake.graph_state import Site
from wagtail_m365.testing.fake.state import Account

from .wire import Asked, Reply, Wire


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


@pytest.fixture(scope="session")
def running_microsoft() -> Iterator[FakeMicrosoft]:
    with FakeMicrosoft() as microsoft:
        yield microsoft


@pytest.fixture
def microsoft(running_microsoft: FakeMicrosoft) -> FakeMicrosoft:
    """A Microsoft with nothing in it."""
    running_microsoft.reset()
    return running_microsoft


@pytest.fixture
def ada(microsoft: FakeMicrosoft) -> Account:
    """Somebody with a work account."""
    return microsoft.add_account("ada@contoso.onmicrosoft.com", "Ada")


@dataclass
class Desk:
    """Makes clients that act for somebody."""

    microsoft: FakeMicrosoft
    session: requests.Session
    naps: list[float]

    def client(self, account: Account, *scopes: str) -> GraphClient:
        world = self.microsoft.world
        scopes = scopes or ("Files.ReadWrite.All", "Sites.Read.All", "User.Read")

        def token(*, rejected: str | None = None, claims: str | None = None) -> str:
            return world.issue_access_token(account, self.microsoft.app, scopes)

        transport = GraphTransport(
            self.session,
            self.microsoft.graph,
            token,
            allow_insecure_loopback=True,
            sleep=self.naps.append,
            clock=lambda: time.time() + sum(self.naps),
        )
        return GraphClient(transport)


@pytest.fixture
def desk(microsoft: FakeMicrosoft, naps: list[float]) -> Iterator[Desk]:
    with new_session(HttpOptions(timeout=(2, 10))) as session:
        yield Desk(microsoft, session, naps)


@pytest.fixture
def client(desk: Desk, ada: Account) -> GraphClient:
    """A client that acts for Ada."""
    return desk.client(ada)


@pytest.fixture
def drive(microsoft: FakeMicrosoft, ada: Account) -> DriveSeam:
    """Ada's OneDrive, seen from the other side."""
    return microsoft.drive(ada)


@pytest.fixture
def site(microsoft: FakeMicrosoft, ada: Account) -> Site:
    """A SharePoint site that Ada has made."""
    state = state_of(microsoft.world)
    return state.add_site("Marketing", "sites/marketing", ada.tenant_id, author_of(ada))


@pytest.fixture
def notified(wire: Wire) -> str:
    """An address of ours that answers Microsoft's validation."""

    def answer(asked: Asked) -> Reply:
        token = parse_qs(urlsplit(asked.path).query).get("validationToken", [""])[0]
        return Reply(200, body=token.encode(), headers={"Content-Type": "text/plain"})

    wire.on("POST", "/notifications", answer)
    return wire.storage.replace("/storage", "/notifications")


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
                clock=lambda: 1_790_000_000.0 + sum(naps),
                jitter=lambda: 0.0,
            )
        )
