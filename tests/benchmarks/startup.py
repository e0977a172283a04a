"""What ``django.setup()`` costs with the app installed, and without."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

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
begun = time.perf_counter()
django.setup()
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"ms": seconds * 1000, "kib": peak, "msal": "msal" in sys.modules}))
"""


def sample(mode: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, mode],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def run() -> list[Row]:
    sample("with"), sample("without")  # the first runs pay for the disk
    pairs = [(sample("with"), sample("without")) for _ in range(RUNS)]
    cost = statistics.median(a["ms"] for a, _ in pairs) - statistics.median(
        b["ms"] for _, b in pairs
    )
    memory = statistics.median(a["kib"] for a, _ in pairs) - statistics.median(
        b["kib"] for _, b in pairs
    )
    return [
        Row(
            what="django.setup() without",
            value=statistics.median(b["ms"] for _, b in pairs),
            unit="ms",
        ),
        Row(what="more time with wagtail_m365", value=cost, unit="ms", at_most=15),
        Row(
            what="more memory with wagtail_m365",
            value=memory / 1024,
            unit="MB",
            at_most=3,
        ),
        Row(
            what="processes that imported msal",
            value=sum(a["msal"] for a, _ in pairs),
            unit="",
            at_most=0,
        ),
    ]
