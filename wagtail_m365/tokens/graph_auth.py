"""An ``auth=`` for ``requests``, which is loaded with this file and not at start."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

import requests
from requests.auth import AuthBase

from wagtail_m365.errors import TemporarilyUnavailable
from wagtail_m365.graph import faults
from wagtail_m365.http import origin
from wagtail_m365.identity.challenges import claims_challenge
from wagtail_m365.models.configuration import registration

from .credentials import TokenSource
from .throttling import SharedThrottle


class GraphAuth(AuthBase):
    """Adds the owner's token to requests to Microsoft Graph, and to nobody else.

    A token that Graph refuses with 401 is renewed once, with the claims that Graph
    may ask for; the request is then sent again if its body can be.

    Where Microsoft asks to wait, all that use the connection are told, and no request
    is sent before that time.
    """

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._throttle = SharedThrottle(source.owner, source.purpose)
        self._origin = origin(registration().cloud.graph)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if origin(request.url or "") != self._origin:
            return request
        self._heed_the_throttle()
        token = self._source()
        request.headers["Authorization"] = f"Bearer {token}"
        request.register_hook(  # type: ignore[no-untyped-call]  # requests' own
            "response",
            lambda response, **options: self._answered(response, token, options),
        )
        return request

    def _heed_the_throttle(self) -> None:
        seconds = self._throttle.not_before() - time.time()
        if seconds > 0:
            raise TemporarilyUnavailable(
                "Microsoft has asked to wait.", retry_after=seconds
            )

    def _answered(
        self, response: requests.Response, token: str, options: dict[str, Any]
    ) -> requests.Response:
        """Send the request again, once, if Graph refused the token."""
        if response.status_code in faults.THROTTLED:
            now = time.time()
            if seconds := faults.retry_after(response.headers, now):
                self._throttle.wait_until(now + seconds)
        sent = response.request.headers.get("Authorization")
        refused = response.status_code == HTTPStatus.UNAUTHORIZED
        body = response.request.body
        replayable = body is None or isinstance(body, bytes | str)
        if not (refused and replayable and sent == f"Bearer {token}"):
            return response
        # Read to the end: the connection goes back, even when there is no new token.
        response.content  # noqa: B018
        response.close()
        claims = claims_challenge(response.headers.get("WWW-Authenticate", ""))
        fresh = self._source(rejected=token, claims=claims)
        again = response.request.copy()
        again.headers["Authorization"] = f"Bearer {fresh}"
        second: requests.Response = response.connection.send(again, **options)
        second.history.append(response)
        second.request = again
        return second
