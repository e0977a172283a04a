"""The WSGI application: which function answers, faults for all, and the log.

Each service contributes ``RULES``: werkzeug rules whose endpoints are callables
``(request, world, **path) -> Response``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    MethodNotAllowed,
    NotFound,
)
from werkzeug.routing import Map, RequestRedirect
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import ClosingIterator

from . import control, graph, identity, log
from .faults import service_of
from .ordered import pass_time
from .state import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_log = logging.getLogger("wagtail_m365.testing")
#: Where machines ask the identity platform; everything else of it is for people.
_FOR_MACHINES = ("/token", "/openid-configuration", "/keys", "/instance", "/userinfo")
_SPARED = {"control", "word"}


class CutConnection(ConnectionError):
    """The server hangs up without finishing its answer."""


class Application:
    """The whole fake Microsoft as one WSGI application."""

    def __init__(self, world: World) -> None:
        self.world = world
        rules = [*identity.RULES, *graph.RULES, *control.RULES]
        # A rule belongs to one map for good; a second server needs copies.
        copies = [rule.empty() for rule in rules]
        self._map = Map(copies, strict_slashes=False, merge_slashes=False)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except ConnectionError:
            log.record(self.world, request, 0)
            raise
        log.record(self.world, request, response.status_code)
        body = response(environ, start_response)
        if request.method == "HEAD" or response.status_code in {204, 304}:
            return ClosingIterator(body, [request.close])
        closing = [response.close, request.close]
        return ClosingIterator(_whole(body, response), closing)

    def _answer(self, request: Request) -> Response:
        fault = self._fault_for_all(request)
        if fault is not None:
            return fault
        try:
            endpoint, path = self._map.bind_to_environ(request.environ).match()
            response: Response = endpoint(request, self.world, **path)
        except (NotFound, MethodNotAllowed, RequestRedirect):
            return not_supported(request)
        except ClientDisconnected as error:
            raise CutConnection("The client hung up.") from error
        except HTTPException as error:
            return Response(str(error), status=error.code or 500)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001  # the outermost line of a server
            # The fake's own fault: seen by the client, in the log, and by the fixtures.
            _log.exception("The fake Microsoft failed at %s.", request.path)
            self.world.crashes.append(error)
            return Response("The fake Microsoft failed; see its log.", status=500)
        else:
            return response

    def _fault_for_all(self, request: Request) -> Response | None:
        """Let the faults happen that every service can have.

        Raises:
            CutConnection: That one was ordered.
        """
        service = service_of(request.path)
        is_page = service == "identity" and not request.path.endswith(_FOR_MACHINES)
        if is_page or service in _SPARED:
            return None
        account = log.account_of(self.world, request)
        if fault := self.world.faults.take("slow", request, account):
            pass_time(self.world, fault)
        if self.world.faults.take("cut_connection", request, account):
            raise CutConnection("The connection was cut, as ordered.")
        if self.world.faults.take("not_json", request, account):
            return Response(
                "<html>Please log in to the network.</html>", mimetype="text/html"
            )
        return None


def not_supported(request: Request) -> Response:
    """501, with the name of what the fake does not do."""
    what = f"{request.method} {request.path}"
    return Response(
        json.dumps({"error": "not_supported", "error_description": what}),
        status=501,
        mimetype="application/json",
    )


def _whole(body: Iterable[bytes], response: Response) -> Iterator[bytes]:
    """The body; a body shorter than promised ends the connection, as it must."""
    promised = response.headers.get("Content-Length", type=int)
    sent = 0
    for chunk in body:
        sent += len(chunk)
        yield chunk
    if promised is not None and sent < promised:
        raise CutConnection("The answer is shorter than it said.")
