"""A refusal of the identity platform, and how the token endpoint says it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from .aadsts import TABLE


@dataclass(kw_only=True)
class IdentityError(Exception):
    """A refusal.

    Attributes:
        code: AADSTS number.
        status: HTTP status at the token endpoint.
        claims: JSON to be sent with the next authorize request; empty for none.
        retry_after: Value of the header; empty for none.
        sends_back: May the browser be sent back to the application with it? Else it is
            a page.
    """

    code: int
    error: str
    text: str
    status: int = 400
    suberror: str = ""
    claims: str = ""
    retry_after: str = ""
    sends_back: bool = False

    def __str__(self) -> str:
        return f"AADSTS{self.code}: {self.text}"


def refusal(code: int, **facts: object) -> IdentityError:
    """The refusal of this AADSTS number, with the facts in its text."""
    error, status, suberror, text = TABLE[code]
    return IdentityError(
        code=code,
        error=error,
        status=status,
        suberror=suberror,
        text=text.format(**facts),
    )


def to_application(error: IdentityError) -> IdentityError:
    """The same refusal, which the application may hear of."""
    error.sends_back = True
    return error


def description(error: IdentityError, request: Request, now: datetime) -> str:
    """``error_description``: the text, and the ids for Microsoft's support."""
    trace, correlation = request_ids(request)
    return (
        f"{error} Trace ID: {trace} Correlation ID: {correlation} "
        f"Timestamp: {now:%Y-%m-%d %H:%M:%SZ}"
    )


def refusal_answer(error: IdentityError, request: Request, now: datetime) -> Response:
    """The refusal as the token endpoint gives it."""
    trace, correlation = request_ids(request)
    body: dict[str, Any] = {
        "error": error.error,
        "error_description": description(error, request, now),
        "error_codes": [error.code],
        "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": error_uri(error, request),
    }
    body |= {"suberror": error.suberror} if error.suberror else {}
    body |= {"claims": error.claims} if error.claims else {}
    headers = {"Retry-After": error.retry_after} if error.retry_after else {}
    return Response(
        json.dumps(body),
        error.status,
        headers,
        content_type="application/json; charset=utf-8",
    )


def error_uri(error: IdentityError, request: Request) -> str:
    """A page for developers."""
    return f"{request.host_url}error?code={error.code}"


def request_ids(request: Request) -> tuple[str, str]:
    """Trace id, and correlation id: the client's own where it sent one."""
    trace = request.environ.setdefault("fake.trace_id", str(uuid.uuid4()))
    given = request.headers.get("client-request-id") or request.values.get(
        "client-request-id"
    )
    return str(trace), given or str(
        request.environ.setdefault("fake.correlation_id", str(uuid.uuid4()))
    )
