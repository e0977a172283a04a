"""What ``django.setup()`` costs with the app installed, and without.

In processor time, and the best of several runs of each: what other work on the machine
adds is not ours. The clock on the wall is told beside it. All modules are compiled before,
as those of an installed package are.

Where a whole pass of Python's garbage collector falls, which takes longer than all of ours,
depends on how many objects the site has besides. So both are measured for sites of
different sizes, and the median site counts.

Django asks its own price for tables. So the same tables without anything else are measured
in the same run (``plain_tables``): ours are told as a ratio to them, too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from . import plain_tables
from .table import Row

TITLE = "Start of the process"
#: Runs of each for each site, of which the best counts.
RUNS = 3
#: Objects that a site has already when it starts.
SITES = range(0, 60_000, 4_000)
MODES = ("with", "bare", "without")

PROGRAM = """
import json, os, resource, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
from django.conf import settings
ours = {"with": ["wagtail_m365"], "bare": ["plain_tables_app"], "without": []}[sys.argv[1]]
others = [app for app in settings.INSTALLED_APPS if app not in ("wagtail_m365", "tests.testapp")]
settings.INSTALLED_APPS = ours + others
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


def sample(mode: str, site: int, folder: str) -> Sample:
    compiled = str(Path(folder) / "compiled")
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=compiled, PYTHONPATH=folder)
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


def all_sites() -> list[dict[str, Sample]]:
    """Each mode's best, for each site."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", plain_tables.__name__, folder], check=True
        )
        for mode in MODES:
            sample(mode, 0, folder)  # compiles
        return [one_site(site, folder) for site in SITES]


def one_site(site: int, folder: str) -> dict[str, Sample]:
    """In turns, so that a busy moment meets all alike."""
    turns = [{mode: sample(mode, site, folder) for mode in MODES} for _ in range(RUNS)]
    return {mode: best([turn[mode] for turn in turns]) for mode in MODES}


def run() -> list[Row]:
    measured = all_sites()

    def more(what: str, mode: str = "with") -> list[float]:
        return [site[mode][what] - site["without"][what] for site in measured]

    ours = statistics.median(more("ms"))
    tables = statistics.median(more("ms", "bare"))

    return [
        Row(
            what="django.setup() without",
            value=statistics.median(site["without"]["ms"] for site in measured),
            unit="ms",
        ),
        Row(
            what="more time with wagtail_m365",
            value=ours,
            unit="ms",
            at_most=15,
        ),
        Row(
            what="what Django takes for the same tables, bare",
            value=tables,
            unit="ms",
            ratio=ours / tables,
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
            value=sum(site["with"]["msal"] for site in measured),
            unit="",
            at_most=0,
        ),
    ]
