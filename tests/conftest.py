from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.settings import VAR

pytest_plugins = ["wagtail_m365.testing.pytest_plugin"]


@pytest.fixture(autouse=True, scope="session")
def _no_files_left() -> Iterator[None]:
    yield
    shutil.rmtree(VAR, ignore_errors=True)
