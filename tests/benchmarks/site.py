"""A site of the benchmark's own: its database, its person, her connection."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .databases import Database
from .microsoft import REDIRECT_URI
from .processes import Worker

_session: dict[str, Any] = {}


def environment(
    microsoft: Worker, database: Database, peers: list[str] | None = None
) -> dict[str, str]:
    """What a worker has to be told to be a process of the site."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "DATABASE_URL": database.url,
        "BENCHMARK_WAGTAIL_M365": json.dumps(microsoft.ask("settings")),
        "BENCHMARK_PEERS": " ".join(peers or []),
    }


def connect(worker: Worker, microsoft: Worker) -> None:
    """Make the tables and the person, and connect her by a real sign-in."""
    address = worker.ask("make")
    worker.ask("end_sign_in", back=microsoft.ask("sign_in", url=address))
    microsoft.ask("token_requests")


def opened(stack: ExitStack, module: str, environment: dict[str, str]) -> Worker:
    return stack.enter_context(Worker(module, **environment))


# What follows runs in the worker.


def person() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username="ada")


def make() -> str:
    """The tables and the person; where she has to sign in."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from wagtail_m365.tokens import sign_in

    call_command("migrate", run_syncdb=True, verbosity=0)
    user = get_user_model().objects.create_superuser("ada", "ada@example.com", "-")
    return sign_in.start(
        user,
        scopes=("User.Read", "Files.ReadWrite"),
        redirect_uri=REDIRECT_URI,
        session=_session,
    )


def end_sign_in(back: str) -> None:
    from wagtail_m365.tokens import sign_in

    query = dict(parse_qsl(urlsplit(back).query))
    sign_in.finish(person(), query=query, session=_session)


def expire() -> None:
    """Let the token that is kept be too old to be served."""
    from wagtail_m365.models import CachedAccessToken

    CachedAccessToken.objects.update(expires_on=int(time.time()) - 10)


def has_lease() -> bool:
    """Does somebody refresh?"""
    from wagtail_m365.models import Connection

    return bool(Connection.objects.get().lease_owner)


def lease_seconds() -> float:
    """How long a refresher that has died keeps others waiting."""
    from wagtail_m365.models.configuration import http_options
    from wagtail_m365.tokens.fetching import World

    return World().flight(http_options()).lease_seconds


COMMANDS = {
    "make": make,
    "end_sign_in": end_sign_in,
    "expire": expire,
    "has_lease": has_lease,
    "lease_seconds": lease_seconds,
}
