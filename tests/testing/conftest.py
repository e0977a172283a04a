from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from wagtail_m365.testing.fake.drives import DriveSeam, seam
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from . import openapi
from .caller import Caller
from .entra import CALLBACK, Application, loopback_session

CallerOf = Callable[..., Caller]


@pytest.fixture(scope="session")
def running() -> Iterator[FakeMicrosoft]:
    """One server for all tests of the fake; each test begins with a new world."""
    with FakeMicrosoft() as server:
        yield server
        server.reset()


@pytest.fixture
def fake(running: FakeMicrosoft) -> Iterator[FakeMicrosoft]:
    running.reset()
    yield running
    crashes = running.world.crashes
    assert crashes == [], "The fake itself broke"


@pytest.fixture(scope="session")
def description() -> openapi.Description | None:
    path = openapi.find()
    return openapi.Description(path) if path else None


@pytest.fixture
def caller_of(
    fake: FakeMicrosoft, description: openapi.Description | None
) -> Iterator[CallerOf]:
    """Callers of Graph: `caller_of(account, *scopes)`."""
    callers: list[Caller] = []

    def make(account: Account | None, *scopes: str) -> Caller:
        callers.append(Caller(fake, account, scopes, description))
        return callers[-1]

    yield make
    for caller in callers:
        caller.close()


@pytest.fixture
def ada(fake: FakeMicrosoft) -> Account:
    return fake.add_account("ada@contoso.onmicrosoft.com", "Ada Example")


@pytest.fixture
def ben(fake: FakeMicrosoft) -> Account:
    return fake.add_account("ben@contoso.onmicrosoft.com", "Ben Example")


@pytest.fixture
def pia(fake: FakeMicrosoft) -> Account:
    """Somebody with a personal account."""
    return fake.add_account("pia@outlook.example", "Pia Example", personal=True)


@pytest.fixture
def graph(caller_of: CallerOf, ada: Account) -> Caller:
    """Ada, who may do everything with her files."""
    return caller_of(ada, "Files.ReadWrite.All", "Sites.ReadWrite.All", "User.Read")


@pytest.fixture
def personal(caller_of: CallerOf, pia: Account) -> Caller:
    return caller_of(pia, "Files.ReadWrite.All", "User.Read")


@pytest.fixture
def drive(fake: FakeMicrosoft, ada: Account) -> DriveSeam:
    return seam(fake.world, ada)


@pytest.fixture
def personal_drive(fake: FakeMicrosoft, pia: Account) -> DriveSeam:
    return seam(fake.world, pia)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Asks the fake over http, also where MSAL wants https."""
    with loopback_session() as session:
        yield session


@pytest.fixture
def entra(fake: FakeMicrosoft, http: requests.Session) -> Application:
    """An application with a registered callback."""
    fake.app.add_redirect_uri(CALLBACK)
    return Application(fake, http, fake.app)
