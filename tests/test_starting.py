"""What a process pays for that only has the application installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
import django
from django.conf import settings

left_out = ("tests.testapp", *sys.argv[1:])
settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app not in left_out]
django.setup()
from wagtail import hooks

hooks.get_hooks("register_icons")
json.dump(sorted(sys.modules), sys.stdout)
"""

#: What `django.setup()` and reading the hooks may load of ours; nothing else is needed
#: before somebody opens a page or asks for a token.
AT_START = {
    *("apps", "conf", "errors", "redaction", "signals", "models", "wagtail_hooks"),
    *("tokens", "tokens.leaving"),
}


def modules_of_a_process(*without: str) -> set[str]:
    environment = dict(os.environ, DJANGO_SETTINGS_MODULE="tests.settings")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *without],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """What the application adds to a site of Django and Wagtail."""
    return modules_of_a_process() - modules_of_a_process("wagtail_m365")


def test_nothing_is_loaded_at_start_but_modules_of_our_own(loaded):
    assert {
        name for name in loaded if name.partition(".")[0] != "wagtail_m365"
    } == set()


@pytest.mark.parametrize(
    "room",
    [
        *("views", "documents", "identity", "graph", "explanations", "http", "api"),
        *("urls", "checks", "crypto"),
    ],
)
def test_no_room_is_entered_before_somebody_asks(loaded, room):
    ours = f"wagtail_m365.{room}"
    assert not {name for name in loaded if f"{name}.".startswith(f"{ours}.")}


def test_the_list_is_what_is_loaded_at_start(loaded):
    ours = {name for name in loaded if name.startswith("wagtail_m365.")}
    rest = {name.removeprefix("wagtail_m365.") for name in ours}
    assert {name for name in rest if not name.startswith("models.")} == AT_START


def test_the_models_load_no_clients_of_microsoft(loaded):
    assert "wagtail_m365.models.connections" in loaded
    assert "wagtail_m365.models.configuration" not in loaded
