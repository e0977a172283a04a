from __future__ import annotations

from collections.abc import Iterator

import pytest

from wagtail_m365.graph.transport import GraphTransport
from wagtail_m365.testing.server import FakeMicrosoft

from .machine import Histories
from .steps import SteppingStorage
from .worlds import Scene, Site


@pytest.fixture(scope="session")
def _server() -> Iterator[FakeMicrosoft]:
    with FakeMicrosoft() as microsoft:
        yield microsoft


@pytest.fixture
def site(_server, settings, transactional_db, monkeypatch) -> Iterator[Site]:
    """A site whose files are in a storage that can be cut short, and its Microsoft."""
    backend = f"{SteppingStorage.__module__}.{SteppingStorage.__qualname__}"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend}}
    settings.WAGTAIL_M365 = _server.settings()
    # Pauses between attempts have tests of their own; here nobody waits.
    defaults = GraphTransport.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "sleep", lambda seconds: None)
    site = Site(_server, settings)
    yield site
    SteppingStorage.steps.disarm()
    site.clear()


@pytest.fixture
def machine(site):
    """The machine for one scene; each has a memory of its own."""

    def make(scene: Scene) -> type[Histories]:
        return type(
            "Machine",
            (Histories,),
            {
                "site": site,
                "steps": SteppingStorage.steps,
                "scene": scene,
                "played": set(),
            },
        )

    return make
