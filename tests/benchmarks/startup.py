"""What ``django.setup()`` costs with the app installed, and without.

In processor time, and the best of several runs of each: what other work on the machine
adds is not ours. The clock on the wall is told beside it. All modules are compiled before,
as those of an installed package are.

Where a whole pass of Python's garbage collector falls, which takes longer than all of ours,
depends on how many objects the site has besides. So both are measured for sites of
different sizes, and the median site counts.
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
#: Runs of each for each site, of which the best counts.
RUNS = 3
#: Objects that a site has already when it starts.
SITES = range(0, 60_000, 4_000)

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
site = [[] for _ in range(int(sys.argv[2]))]
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


Sample = dict[str, float]


def sample(mode: str, site: int, compiled: str) -> Sample:
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=compiled)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, mode, str(site)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return json.loads(done.stdout)


def best(samples: list[Sample]) -> Sample:
    return {name: min(one[name] for one in samples) for name in samples[0]}


def pairs() -> list[tuple[Sample, Sample]]:
    """With and without, in turns, for each site."""
    with tempfile.TemporaryDirectory() as compiled:
        sample("with", 0, compiled), sample("without", 0, compiled)  # these compile
        return [pair(site, compiled) for site in SITES]


def pair(site: int, compiled: str) -> tuple[Sample, Sample]:
    runs = [
        (sample("with", site, compiled), sample("without", site, compiled))
        for _ in range(RUNS)
    ]
    return best([ours for ours, _ in runs]), best([bare for _, bare in runs])


def run() -> list[Row]:
    measured = pairs()

    def more(what: str) -> list[float]:
        return [ours[what] - bare[what] for ours, bare in measured]

    return [
        Row(
            what="django.setup() without",
            value=statistics.median(bare["ms"] for _, bare in measured),
            unit="ms",
        ),
        Row(
            what="more time with wagtail_m365",
            value=statistics.median(more("ms")),
            unit="ms",
            at_most=15,
        ),
        Row(
            what="the same on average over the sites",
            value=statistics.mean(more("ms")),
            unit="ms",
        ),
        Row(
            what="the median by the clock on the wall",
            value=statistics.median(more("wall_ms")),
            unit="ms",
        ),
        Row(
            what="more memory with wagtail_m365",
            value=statistics.median(more("kib")) / 1024,
            unit="MB",
            at_most=3,
        ),
        Row(
            what="processes that imported msal",
            value=sum(ours["msal"] for ours, _ in measured),
            unit="",
            at_most=0,
        ),
    ]
