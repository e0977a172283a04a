"""Graph in JSON: one question and its answer, and the pages of a long one."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import requests

from wagtail_m365.errors import GraphError

from . import faults
from .answers import UNREADABLE, listed
from .transport import GraphTransport

Params = Mapping[str, str | int]
Headers = Mapping[str, str]
_JSON = "application/json"


class Rest:
    """Asks Graph and gives JSON objects.

    Paths begin with ``/`` and count from the version on (``/me/drive``); whole
    addresses are taken only when Graph gave them and they are on its host.
    Every method raises what :meth:`GraphTransport.graph` raises.
    """

    def __init__(self, transport: GraphTransport) -> None:
        self.transport = transport

    def get(
        self,
        path_or_url: str,
        *,
        params: Params | None = None,
        headers: Headers | None = None,
    ) -> dict[str, Any]:
        """Read one thing."""
        return json_of(
            self.transport.graph("GET", path_or_url, params=params, headers=headers)
        )

    def post(
        self,
        path: str,
        json: Mapping[str, Any] | None = None,
        *,
        params: Params | None = None,
        headers: Headers | None = None,
        repeatable: bool = False,
    ) -> dict[str, Any]:
        """Create something, or call an action; ``{}`` where Graph answers nothing.

        Args:
            path: Where.
            json: Body; ``None``: no body at all.
            params: Query.
            headers: Further headers.
            repeatable: Doing it twice does no harm, so it may be sent again when
                the connection breaks.
        """
        return json_of(
            self._with_body("POST", path, json, params, headers, repeatable=repeatable)
        )

    def put(
        self,
        path: str,
        json: Mapping[str, Any] | None = None,
        *,
        params: Params | None = None,
        headers: Headers | None = None,
    ) -> dict[str, Any]:
        """Put something in the place of something else."""
        return json_of(
            self._with_body("PUT", path, json, params, headers, repeatable=False)
        )

    def patch(
        self,
        path: str,
        json: Mapping[str, Any],
        *,
        headers: Headers | None = None,
        repeatable: bool = False,
    ) -> dict[str, Any]:
        """Change some members of something."""
        return json_of(
            self._with_body("PATCH", path, json, None, headers, repeatable=repeatable)
        )

    def begin(
        self, path: str, json: Mapping[str, Any], *, params: Params | None = None
    ) -> str:
        """Start what Microsoft does in its own time; gives the address of its monitor."""
        with self._with_body(
            "POST", path, json, params, None, repeatable=False
        ) as response:
            return response.headers.get("Location", "")

    def delete(self, path: str, *, headers: Headers | None = None) -> None:
        """Remove something.

        Raises:
            GraphError: Somebody else has answered, so that nothing is removed.
        """
        answer = self.transport.graph("DELETE", path, headers=headers)
        if answer.status_code != HTTPStatus.NOT_FOUND:  # else it is gone already
            json_of(answer)

    def pages(
        self, path: str, params: Params | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every page of a listing, followed to the end.

        Raises:
            ForeignAddress: A page's ``@odata.nextLink`` leads to another host.
        """
        page = self.get(path, params=params)
        yield page
        seen: set[str] = set()
        while next_link := page.get("@odata.nextLink"):
            if next_link in seen:
                raise GraphError("Microsoft's listing leads back to a page of its own.")
            seen.add(next_link)
            page = self.get(next_link)
            yield page

    def values(
        self, path: str, params: Params | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every member of a listing, read page by page."""
        for page in self.pages(path, params):
            yield from listed(page)

    def _with_body(
        self,
        method: str,
        path: str,
        json: Mapping[str, Any] | None,
        params: Params | None,
        headers: Headers | None,
        *,
        repeatable: bool,
    ) -> requests.Response:
        return self.transport.graph(
            method,
            path,
            params=params,
            headers=dict(headers or {})
            | ({} if json is None else {"Content-Type": _JSON}),
            body=None if json is None else json_module.dumps(json).encode(),
            repeatable=repeatable,
        )


def json_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer; ``{}`` where it has no body.

    Raises:
        GraphError: The answer is something else, as a proxy's own page would be, or
            the way to it.
    """
    with response:
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise _unreadable(response)
        if response.status_code == HTTPStatus.NO_CONTENT or not response.content:
            return {}
        try:
            body = response.json()
        except ValueError as error:
            raise _unreadable(response) from error
    if not isinstance(body, dict):
        raise _unreadable(response)
    return body


def _unreadable(response: requests.Response) -> GraphError:
    return GraphError(
        f"The answer ({response.status_code}) is not JSON; "
        "something between this site and Microsoft may have answered.",
        status=response.status_code,
        code=UNREADABLE,
        correlation_id=faults.request_id(response.headers),
    )
