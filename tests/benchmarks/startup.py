"""What ``django.setup()`` costs with the app installed, and without.

In processor time, and the best of many runs of each: what other work on the machine adds
is not ours. The clock on the wall is told beside it. All modules are compiled before, as
those of an installed package are.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

from .table import Row

TITLE = "Start of the process"
RUNS = 15

PROGRAM = """
import json, os, resource, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
from django.conf import settings
if sys.argv[1] == "without":
    kept = [app for app in settings.INSTALLED_APPS if app not in ("wagtail_m365", "tests.testapp")]
else:
    kept = [app for app in settings.INSTALLED_APPS if app != "tests.testapp"]
settings.INSTALLED_APPS = kept
begun, begun_working = time.perf_counter(), time.process_time()
django.setup()
seconds, working = time.perf_counter() - begun, time.process_time() - begun_working
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({
    "ms": working * 1000,
    "wall_ms": seconds * 1000,
    "kib": peak,
    "msal": "msal" in sys.modules,
}))
"""


def sample(mode: str, compiled: str) -> dict[str, float]:
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=compiled)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, mode],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return json.loads(done.stdout)


def samples() -> list[tuple[dict[str, float], dict[str, float]]]:
    """With and without, in turns."""
    with tempfile.TemporaryDirectory() as compiled:
        sample("with", compiled), sample("without", compiled)  # these compile
        return [
            (sample("with", compiled), sample("without", compiled)) for _ in range(RUNS)
        ]


def run() -> list[Row]:
    pairs = samples()

    def without(what: str) -> float:
        return min(bare[what] for _, bare in pairs)

    def more(what: str) -> float:
        return min(ours[what] for ours, _ in pairs) - without(what)

    def more_memory() -> float:
        return statistics.median(ours["kib"] - bare["kib"] for ours, bare in pairs)

    return [
        Row(what="django.setup() without", value=without("ms"), unit="ms"),
        Row(
            what="more time with wagtail_m365", value=more("ms"), unit="ms", at_most=15
        ),
        Row(what="the same by the clock on the wall", value=more("wall_ms"), unit="ms"),
        Row(
            what="more memory with wagtail_m365",
            value=more_memory() / 1024,
            unit="MB",
            at_most=3,
        ),
        Row(
            what="processes that imported msal",
            value=sum(ours["msal"] for ours, _ in pairs),
            unit="",
            at_most=0,
        ),
    ]
