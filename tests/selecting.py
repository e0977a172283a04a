"""Graph is asked for the members that are read, and for no others (``$select``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

#: A page that goes on, and what came since the last time: addresses that Microsoft made.
_MICROSOFTS_OWN = {"$skiptoken", "token"}


def readings_of_everything(requests: Any) -> list[str]:
    """Requests that read things from Graph without naming the members they want."""
    return [
        f"{one.path}?{one.query}"
        for one in requests
        if one.service == "graph"
        and one.method == "GET"
        and not one.path.endswith("/content")
        and "$select" not in (asked := parse_qs(one.query))
        and not _MICROSOFTS_OWN & asked.keys()
    ]


@pytest.fixture(autouse=True)
def _only_what_is_read(request: pytest.FixtureRequest) -> Iterator[None]:
    """Holds for every journey that a test of these makes."""
    if "microsoft" not in request.fixturenames:
        yield
        return
    microsoft = request.getfixturevalue("microsoft")
    yield
    assert readings_of_everything(microsoft.requests) == []
