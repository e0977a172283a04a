"""``python3 -m tests.benchmarks [name …] [--large]``: measure, print tables, exit 1 if a bound is missed."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

from example_site import environment

NAMES = (
    "startup",
    "hot_path",
    "herd",
    "transfers",
    "hashing",
    "peers",
    "watching",
)


def main(chosen: Sequence[str]) -> int:
    from tests.__main__ import NEEDED

    environment.ensure(NEEDED, "dev", "tests.benchmarks")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    from .table import printed

    print(
        f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n"
    )
    missed = 0
    for name in [one for one in chosen if one != "--large"] or NAMES:
        module = import_module(f"tests.benchmarks.{name}")
        rows = module.run()
        print(printed(module.TITLE, rows), "\n", flush=True)
        missed += sum(not row.holds for row in rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
