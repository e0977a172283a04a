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
    *("sybil", "time_machine", "openapi_core", "yaml", "playwright"),
)


def main(arguments: Sequence[str]) -> int:
    environment.ensure(NEEDED, "dev", "tests")
    os.chdir(environment.ROOT)
    import pytest

    given = [argument for argument in arguments if argument != "--browser"]
    chosen = [] if "--browser" in arguments else ["-m", "not browser"]
    spread = [] if {"-n", "-x", "--pdb", "-s"} & set(given) else ["-n", "auto"]
    return int(pytest.main([*chosen, *spread, *given]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
