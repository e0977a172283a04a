"""One request to Microsoft: token, repetition, and whose host it may go to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from http import HTTPStatus
from random import SystemRandom
from typing import Any

import requests
from requests.auth import AuthBase

from wagtail_m365.errors import TemporarilyUnavailable
from wagtail_m365.http import addresses_unlogged
from wagtail_m365.redaction import Secret, without_frames

from . import addresses, faults
from .authorization import Authorization, TokenSource
from .calls import Call
from .pacing import OwnThrottle, Patience, Throttle

_REPEATABLE_METHODS = frozenset({"GET", "HEAD", "DELETE"})
# Storage may take long to commit a large file, and a slow line to take a record.
_TRANSFER_TIMEOUT = (10.0, 100.0)
__all__ = ["Call", "GraphTransport", "TokenSource", "redirect_target"]

_JITTER = SystemRandom().random
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class GraphTransport:
    """Sends requests to Graph with the token, and to its storage without one.

    Args:
        session: From :func:`wagtail_m365.http.new_session`.
        base_url: Graph's address with its version and without a final slash.
        token: Asked before each request; its answer goes to ``base_url``'s host only.
        allow_insecure_loopback: Storage may be plain http on this machine.
        budget: Seconds that the pauses of one request may take in all.
        throttle: Who else must wait when Microsoft says so.
    """

    def __init__(
        self,
        session: requests.Session,
        base_url: str,
        token: TokenSource,
        *,
        allow_insecure_loopback: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        budget: float = 20,
        jitter: Callable[[], float] = _JITTER,
        throttle: Throttle | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.clock = clock
        self._session = session
        self._token = token
        self._allow_insecure_loopback = allow_insecure_loopback
        self._sleep = sleep
        self._budget = budget
        self._jitter = jitter
        self._throttle = throttle or OwnThrottle()

    def graph(
        self,
        method: str,
        address: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[Any] | None = None,
        repeatable: bool | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Ask Graph, with the token.

        Args:
            method: GET, POST …
            address: Path from the version on, or a whole address that Graph gave.
            params: Query.
            headers: Further headers.
            body: Bytes, or a sized iterable that can be read again.
            repeatable: May be sent again although nobody knows whether it was carried
                out; ``None``: as the method says.
            stream: Leave the body unread; the caller closes the answer.

        Returns:
            An answer below 400; a redirect is given back, not followed.

        Raises:
            ForeignAddress: The address is on another host; nothing was sent.
            TokenError: No token could be had, or Graph refuses every one.
            GraphError: Graph answered 400 or above.
            TemporarilyUnavailable: Throttled, out of order or out of reach.
        """
        call = Call(
            method=method,
            url=self._graph_url(address, params),
            headers={"Accept": "application/json"} | dict(headers or {}),
            body=body,
            repeatable=method in _REPEATABLE_METHODS
            if repeatable is None
            else repeatable,
            stream=stream,
        )
        return self._until_settled(call)

    def storage(
        self,
        method: str,
        address: Secret,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[Any] | None = None,
        repeatable: bool = True,
        stream: bool = False,
    ) -> requests.Response:
        """Ask a pre-authenticated address, without the token; follows redirects.

        What it raises has no frames: their variables would show the address.

        Raises:
            ForeignAddress: The address, or one it redirects to, is not https.
            GraphError: The answer was 400 or above.
            TemporarilyUnavailable: Throttled, out of order or out of reach.
        """
        try:
            for _ in range(5):
                self._require_storage(address)
                call = Call(
                    method=method,
                    url=address.reveal(),
                    headers=headers or {},
                    body=body,
                    repeatable=repeatable,
                    stream=stream,
                    storage=True,
                )
                response = self._until_settled(call)
                if response.status_code not in _REDIRECTS:
                    return response
                address = redirect_target(response)
        except Exception as error:  # noqa: BLE001  # whatever broke goes on, without it
            raise without_frames(error)  # noqa: B904  # the same error, as it was
        raise TemporarilyUnavailable("Microsoft's storage redirects without end.")

    def _graph_url(self, address: str, params: Mapping[str, str | int] | None) -> str:
        url = self.base_url + address if address.startswith("/") else address
        addresses.require_same_origin(url, self.base_url)
        return f"{url}?{addresses.query(params)}" if params else url

    def _require_storage(self, address: Secret) -> None:
        addresses.require_storage(
            address.reveal(), allow_insecure_loopback=self._allow_insecure_loopback
        )

    def _until_settled(self, call: Call) -> requests.Response:
        """Send until the answer is one to give back or to raise."""
        patience = self.patience()
        while True:
            self._wait_for_others(patience)
            outcome, reference = self._attempt(call)
            pause = self._pause_before_repeating(call, outcome, patience)
            if pause is None:
                return self._settled(call, outcome, reference, patience)
            if isinstance(outcome, requests.Response):
                outcome.close()
            self._sleep(pause)

    def _wait_for_others(self, patience: Patience) -> None:
        # Again after each pause: meanwhile others may have been told to wait longer.
        while (seconds := self._throttle.not_before() - self.clock()) > 0:
            pause = patience.wait_for_others(seconds)
            if pause is None:
                raise TemporarilyUnavailable(
                    "Microsoft has asked to wait.", retry_after=seconds
                )
            self._sleep(pause)

    def _attempt(
        self, call: Call
    ) -> tuple[requests.Response | requests.RequestException, str]:
        reference = str(uuid.uuid4())
        try:
            with addresses_unlogged() if call.is_secret else nullcontext():
                if call.storage:
                    return self._send(call, Authorization(), reference), reference
                return self._send_with_token(call, reference), reference
        except requests.RequestException as error:
            return error, reference

    def _send_with_token(self, call: Call, reference: str) -> requests.Response:
        token = self._token()
        response = self._send(call, Authorization(f"Bearer {token}"), reference)
        if response.status_code != HTTPStatus.UNAUTHORIZED:
            return response
        claims = faults.claims_challenge(response.headers)
        response.close()
        token = self._token(rejected=token, claims=claims)
        return self._send(call, Authorization(f"Bearer {token}"), reference)

    def _send(
        self, call: Call, authorization: AuthBase, reference: str
    ) -> requests.Response:
        transfer = call.storage or call.body is not None
        headers = dict(call.headers)
        if not call.storage:
            headers["client-request-id"] = reference
        return self._session.request(
            call.method,
            call.url,
            headers=headers,
            data=call.body,
            auth=authorization,
            stream=call.stream,
            allow_redirects=False,
            timeout=_TRANSFER_TIMEOUT if transfer else None,
        )

    def _pause_before_repeating(
        self,
        call: Call,
        outcome: requests.Response | requests.RequestException,
        patience: Patience,
    ) -> float | None:
        if isinstance(outcome, requests.RequestException):
            may_repeat = faults.may_pass(outcome) and (
                call.repeatable or faults.never_sent(outcome)
            )
            return patience.pause(None) if may_repeat else None
        told = faults.retry_after(outcome.headers, self.clock())
        if outcome.status_code in faults.THROTTLED:
            self.told_to_wait(told)
            return patience.pause(told)
        unclear = outcome.status_code in faults.OUT_OF_ORDER
        return patience.pause(told) if unclear and call.repeatable else None

    def _settled(
        self,
        call: Call,
        outcome: requests.Response | requests.RequestException,
        reference: str,
        patience: Patience,
    ) -> requests.Response:
        if isinstance(outcome, requests.RequestException):
            cause = faults.without_address(outcome) if call.is_secret else outcome
            raise faults.from_lost_connection(outcome, reference) from cause
        if outcome.status_code < HTTPStatus.BAD_REQUEST:
            return outcome
        refusal = faults.refusal(outcome, self.clock(), storage=call.storage)
        outcome.close()
        if _is_gone_already(call, refusal, patience):
            return outcome
        raise refusal.about(call.url.removeprefix(self.base_url)).as_error()

    def patience(self) -> Patience:
        """How long one request may wait in all."""
        return Patience(budget=self._budget, jitter=self._jitter)

    def told_to_wait(self, seconds: float | None) -> None:
        """Microsoft asked to be left alone for so long, if it said how long."""
        if seconds:
            self._throttle.wait_until(self.clock() + seconds)

    def wait(self, seconds: float) -> None:
        """Wait, as all of this package does."""
        self._sleep(seconds)


def _is_gone_already(call: Call, refusal: faults.Refusal, patience: Patience) -> bool:
    """Was it deleted by an attempt whose answer was lost?"""
    repeated = patience.attempts > 0
    return (
        repeated and call.method == "DELETE" and refusal.status == HTTPStatus.NOT_FOUND
    )


def redirect_target(response: requests.Response) -> Secret:
    """The absolute address a redirect names; closes the answer."""
    response.close()
    target = response.headers.get("Location", "")
    return Secret(requests.compat.urljoin(response.url, target))
