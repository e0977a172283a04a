"""A process of a site that asks Graph each time it is told to.

Started by ``test_throttling.py`` with the database and the settings in its environment;
says ``ready``, then for each line — seconds that it may wait — what became of it, as JSON.
"""

from __future__ import annotations

import json
import os
import sys

import django


def ask(connection_id: str, patience: float) -> dict[str, object]:
    from wagtail_m365.documents.clients import graph_for
    from wagtail_m365.errors import M365Error
    from wagtail_m365.models import Connection
    from wagtail_m365.tokens.bundles import SAVE

    graph = graph_for(Connection(pk=connection_id), SAVE, patience=patience)
    try:
        graph.drives.mine()
    except M365Error as error:
        return {"error": error.code, "retry_after": getattr(error, "retry_after", 0)}
    return {"error": None}


def main(connection_id: str) -> None:
    from django.test import override_settings

    override_settings(WAGTAIL_M365=json.loads(os.environ["ASKING_SETTINGS"])).enable()
    print("ready", flush=True)  # noqa: T201  # the parent waits for it
    for line in sys.stdin:
        answer = ask(connection_id, float(line))
        print(json.dumps(answer), flush=True)  # noqa: T201  # the parent reads it


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1])
