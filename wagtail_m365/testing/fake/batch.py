"""``POST /$batch``: up to twenty requests in one.

Source: Microsoft Graph, "Combine multiple HTTP requests using JSON batching".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from .calls import Call, json_response
from .graph_errors import bad_request
from .odata import Json, body

LARGEST_BATCH = 20
Serve = Callable[[Request, Any, str], Response]


def run(call: Call, serve: Serve) -> Response:
    """Answer each request of the batch, in order, as if it had come alone."""
    sent = body(call.request, {"requests"}, "microsoft.graph.batch")
    requests = sent.get("requests")
    if call.request.method != "POST" or not isinstance(requests, list) or not requests:
        raise bad_request("A batch needs a list of requests.")
    if len(requests) > LARGEST_BATCH:
        raise bad_request(f"Number of batch requests exceeds {LARGEST_BATCH}.")
    _check(requests)
    status: dict[str, int] = {}
    responses = []
    for one in requests:
        failed = any(status.get(str(i), 424) >= 400 for i in one.get("dependsOn") or ())  # noqa: PLR2004 - HTTP
        answer = _failed_dependency(one) if failed else _answer(call, one, serve)
        status[str(one["id"])] = answer["status"]
        responses.append(answer)
    return json_response({"responses": responses})


def _check(requests: list[Any]) -> None:
    """Raises: GraphError: 400 for a request without what every request needs."""
    ids: set[str] = set()
    for one in requests:
        _check_shape(one)
        if one["id"] in ids:
            raise bad_request(f"The id '{one['id']}' is used twice.")
        ids.add(one["id"])
    named = {str(other) for one in requests for other in one.get("dependsOn") or ()}
    if named - ids:
        raise bad_request("A request depends on an id that no request has.")


def _check_shape(one: Any) -> None:
    """Raises: GraphError: 400 for what is no request.

    What is unknown is ignored: Microsoft's own msgraph-core adds ``depends_on`` to each.
    """
    if not isinstance(one, dict):
        raise bad_request("A batch needs a list of requests.")
    if not isinstance(one.get("headers") or {}, dict):
        raise bad_request("The headers of a request are an object.")
    if not isinstance(one.get("dependsOn") or [], list):
        raise bad_request("A request depends on a list of ids.")
    if not all(isinstance(one.get(key), str) for key in ("id", "method", "url")):
        raise bad_request("Each request needs an id, a method and a url.")
    if "body" in one and not _header(one, "Content-Type"):
        raise bad_request("A request with a body needs a Content-Type header.")


def _answer(call: Call, one: Json, serve: Serve) -> Json:
    url = urlsplit(one["url"])
    path = url.path.lstrip("/")
    builder = EnvironBuilder(
        path=f"/v1.0/{path}",
        query_string=url.query,
        method=one["method"].upper(),
        base_url=call.request.host_url,
        headers={**(one.get("headers") or {})},
        data=_data(one),
    )
    builder.headers["Authorization"] = call.request.headers["Authorization"]
    request = Request(builder.get_environ())
    response = serve(request, call.world, request.path.removeprefix("/v1.0/"))
    answer: Json = {
        "id": one["id"],
        "status": response.status_code,
        "headers": dict(response.headers),
    }
    if response.is_json or response.get_data():
        answer["body"] = _body(response)
    return answer


def _data(one: Json) -> bytes:
    sent = one.get("body")
    if sent is None:
        return b""
    if isinstance(sent, str):
        try:
            return base64.urlsafe_b64decode(sent + "=" * (-len(sent) % 4))
        except ValueError as error:
            raise bad_request("A body is a JSON object or base64.") from error
    return json.dumps(sent).encode()


def _body(response: Response) -> Any:
    if response.is_json:
        return response.get_json()
    return base64.b64encode(response.get_data()).decode("ascii")


def _header(one: Json, name: str) -> str:
    headers = one.get("headers") or {}
    return next((v for k, v in headers.items() if k.casefold() == name.casefold()), "")


def _failed_dependency(one: Json) -> Json:
    message = "A request on which this one depends has failed."
    error = {"code": "FailedDependency", "message": message}
    return {"id": one["id"], "status": 424, "headers": {}, "body": {"error": error}}
