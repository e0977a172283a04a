from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from tests.identity.wire import Wire, registration
from wagtail_m365.identity import memory
from wagtail_m365.identity.client import IdentityClient


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    memory.forget()
    yield
    memory.forget()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Wire(mock)


@pytest.fixture
def client() -> IdentityClient:
    return IdentityClient(registration())
