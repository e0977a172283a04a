"""One process of a herd: many threads that want a token of one connection at once.

Started by ``test_herd.py`` with the database and the settings in its environment; says
``ready``, begins when it is told to, and prints what every thread got, as JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django


def ask(connection_id: str) -> dict[str, object]:
    from django.db import connections

    from wagtail_m365.errors import M365Error
    from wagtail_m365.models import Connection
    from wagtail_m365.tokens.broker import get_token

    begun = time.monotonic()
    try:
        token = get_token(Connection(pk=connection_id)).token
        got = {"token": hashlib.sha256(token.encode()).hexdigest()}
    except M365Error as error:
        got = {"error": error.code}
    finally:
        connections.close_all()
    return got | {"seconds": time.monotonic() - begun}


def main(connection_id: str, threads: int) -> None:
    from django.db import connections
    from django.test import override_settings

    override_settings(WAGTAIL_M365=json.loads(os.environ["HERD_SETTINGS"])).enable()
    # What every worker of a site has done long before.
    from wagtail_m365.identity.msal_apps import msal

    msal()
    connections["default"].ensure_connection()
    print("ready", flush=True)  # noqa: T201  # the parent waits for it
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as executor:
        results = list(executor.map(ask, [connection_id] * threads))
    print(json.dumps(results), flush=True)  # noqa: T201  # the parent reads it


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1], int(sys.argv[2]))
