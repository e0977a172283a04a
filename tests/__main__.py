"""``python3 -m tests``: the test suite, on a machine with nothing but Python.

Everything else on the command line goes to pytest (``-k``, ``-x``, a path …);
``DATABASE_URL`` chooses the database, ``--browser`` runs the browser stories too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from example_site import environment

NEEDED = (
    *("wagtail", "msal", "requests", "cryptography", "werkzeug", "jwt", "pytest"),
    *("pytest_django", "responses", "hypothesis", "pytest_randomly", "xdist"),
    *("sybil", "time_machine", "openapi_core", "yaml", "playwright", "babel"),
    *("axe_playwright_python", "build"),
)


def main(arguments: Sequence[str]) -> int:
    environment.ensure(NEEDED, "dev", "tests")
    os.chdir(environment.ROOT)
    import pytest

    given = [argument for argument in arguments if argument != "--browser"]
    chosen = [] if "--browser" in arguments else ["-m", "not browser"]
    # Who is done takes from the others: histories take a hundred times as long as most.
    spread = ["-n", "auto", "--dist", "worksteal"]
    if {"-n", "-x", "--pdb", "-s"} & set(given):
        spread = []
    return int(pytest.main([*chosen, *spread, *given]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
