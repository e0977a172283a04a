"""The log of requests: what was asked, without the secrets in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from werkzeug.wrappers import Request

from .faults import service_of
from .recorded import RecordedRequest

if TYPE_CHECKING:
    from .state import Account, World

HIDDEN = "[hidden]"
#: A demo that runs for days keeps the latest requests only.
MOST = 20_000
#: Where an endpoint notes the account that it found out.
ACCOUNT = "fake.account"
_SECRET_NAMES = re.compile(
    r"(?i)code|client_info|code_verifier|(access|refresh|id)_token|password|tempauth|"
    r".*(secret|assertion)"
)
_SECRET_HEADERS = {"Cookie", "Authorization"}


def record(world: World, request: Request, status: int) -> None:
    """Note a request, unless it came from the control API."""
    service = service_of(request.path)
    if service == "control":
        return
    account = account_of(world, request)
    if len(world.requests) >= MOST:
        del world.requests[: MOST // 2]
    world.requests.append(
        RecordedRequest(
            method=request.method,
            path=request.path,
            query=urlencode(_hidden(parse_qsl(request.query_string.decode()))),
            status=status,
            service=service,
            account=account.username if account else "",
            at=world.clock.time(),
            headers={
                name: HIDDEN if name in _SECRET_HEADERS else value
                for name, value in request.headers.items()
            },
            form=_form(request) if status and service == "identity" else {},
        )
    )


def account_of(world: World, request: Request) -> Account | None:
    """On whose behalf the request is made, as far as is known yet."""
    found: Account | None = request.environ.get(ACCOUNT)
    if found is not None:
        return found
    bearer = request.headers.get("Authorization", "").partition(" ")[2].strip()
    token = world.access_token(bearer) if bearer else None
    return token.account if token else None


def _form(request: Request) -> dict[str, str]:
    return dict(_hidden(request.form.items()))


def _hidden(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (name, HIDDEN if _SECRET_NAMES.fullmatch(name) else value)
        for name, value in pairs
    ]
