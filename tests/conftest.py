from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.settings import VAR

pytest_plugins = ["wagtail_m365.testing.pytest_plugin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="Only the tests that use a database: the others cannot tell one from another.",
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    if config.getoption("--database-only"):
        others = [item for item in items if not tells_databases_apart(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if tells_databases_apart(item)]


def tells_databases_apart(item: pytest.Item) -> bool:
    """Does it use a database, and judge the product?"""
    fixtures = getattr(item, "fixturenames", ())
    uses = {"db", "transactional_db"} & set(fixtures)
    marked = item.get_closest_marker("django_db") is not None
    return bool(uses or marked) and item.get_closest_marker("once") is None


@pytest.fixture(autouse=True, scope="session")
def _no_files_left() -> Iterator[None]:
    yield
    shutil.rmtree(VAR, ignore_errors=True)
