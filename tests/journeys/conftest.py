from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from . import story
from .demo import Demo, running


# Each story begins where nobody has connected an account yet.
@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = story.browser(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def log_in(chromium: Browser, demo: Demo) -> Iterator[Callable[..., story.Person]]:
    """``log_in("press", account="…")``: a person who stays until the story has ended."""
    with ExitStack() as people:
        yield lambda name, **how: people.enter_context(
            story.somebody(chromium, demo, name, **how)
        )
