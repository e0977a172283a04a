"""MSAL's way to the network: our sessions, and only answers that it can bear.

MSAL takes any object with ``get``, ``post`` and ``close``. Ours keeps discovery
documents for a day, remembers what the last answer of each thread said, and refuses
what MSAL would stumble over: a text that is no JSON, an outage, a redirect.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from wagtail_m365.http import HttpOptions, new_session, origin, retry_after

from . import aadsts

if TYPE_CHECKING:
    import requests

#: Member that keeps the token endpoint as a document names it, where MSAL reads another.
AS_TOLD = "wagtail_m365_token_endpoint"
#: How long a discovery document is kept, in seconds.
DISCOVERY_TTL = 24 * 3600.0

_WAIT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAnswer:
    """What the last answer in this thread said about itself.

    ``status`` is 0 when there was none: the network failed.
    """

    status: int = 0
    #: Seconds to wait before asking again; 0 when Microsoft named none.
    retry_after: float = 0
    #: Microsoft's id of the request, or ours where it gave none.
    correlation_id: str = ""
    #: AADSTS numbers of an outage, where Microsoft gave any.
    error_codes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the shape that MSAL expects (``msal.oauth2cli.http.Response``)."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def raise_for_status(self) -> None:
        """Do nothing: what is worth an exception never becomes an ``Answer``."""


class Transport:
    """MSAL's HTTP client over sessions of :func:`wagtail_m365.http.new_session`.

    Args:
        options: Timeouts, proxies, CA bundle.
        insecure_origin: The one address that is asked over plain http although MSAL
            names it with https: a loopback server. No other address is asked then,
            and no proxy.
        clock: POSIX time in seconds.
    """

    def __init__(
        self,
        options: HttpOptions | None = None,
        *,
        insecure_origin: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._options = options or HttpOptions()
        self._insecure = origin(insecure_origin) if insecure_origin else None
        self._clock = clock
        self._local = threading.local()
        self._documents: dict[str, tuple[float, Answer]] = {}

    @property
    def last(self) -> LastAnswer:
        """What the last answer in this thread said."""
        found: LastAnswer = getattr(self._local, "last", LastAnswer())
        return found

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """A discovery document, from memory where it is known.

        Raises:
            requests.RequestException: Out of reach, or an unusable answer.
        """
        kept = self._documents.get(url)
        if kept and kept[0] > self._clock():
            return kept[1]
        answer = self._send("GET", url, headers, params=params)
        if answer.status_code == HTTPStatus.OK:
            answer = replace(answer, text=self._as_msal_wants(answer.text))
            self._documents[url] = (self._clock() + DISCOVERY_TTL, answer)
        return answer

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """An answer of the token endpoint: a success or an OAuth error, in JSON.

        Raises:
            requests.RequestException: Out of reach, or an unusable answer.
        """
        answer = self._send("POST", url, headers, params=params, data=data)
        return replace(answer, text=_with_numbers(answer.text))

    def close(self) -> None:
        """Nothing to close: the sessions outlive MSAL's objects."""

    def forget(self, url: str) -> None:
        """Drop a document that turned out to be unusable."""
        self._documents.pop(url, None)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str] | None, **content: Any
    ) -> Answer:
        own_id = (headers or {}).get("client-request-id", "")
        self._local.last = LastAnswer(correlation_id=own_id)
        response = self._session().request(
            method,
            self._actual(url),
            headers=dict(headers or {}),
            allow_redirects=False,
            **content,
        )
        response.encoding = "utf-8"  # JSON is (RFC 8259 §8.1); do not guess
        self._local.last = self._described(response, own_id)
        return _usable(response)

    def _described(self, response: requests.Response, own_id: str) -> LastAnswer:
        wait = retry_after(response.headers.get("Retry-After"), now=self._clock())
        return LastAnswer(
            status=response.status_code,
            retry_after=wait,
            correlation_id=own_id or response.headers.get("x-ms-request-id", ""),
            error_codes=_error_codes(response)
            if is_outage(response.status_code)
            else (),
        )

    def _session(self) -> requests.Session:
        """This thread's session: requests does not promise that threads may share one."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._new_session()
        return session

    def _new_session(self) -> requests.Session:
        if self._insecure is None:
            return new_session(self._options)
        # What is on this machine is not behind a proxy.
        session = new_session(replace(self._options, proxies={}))
        session.trust_env = False
        return session

    def _as_msal_wants(self, document: str) -> str:
        """The discovery document with https where MSAL insists on it.

        :meth:`_actual` turns it back, for the one loopback server that may do http.
        """
        members = _json_object(document) or {}
        endpoint = str(members.get("token_endpoint"))
        if self._insecure and origin(endpoint) == self._insecure:
            members[AS_TOLD] = endpoint
            members["token_endpoint"] = "https" + endpoint.removeprefix("http")
        return json.dumps(members)

    def _actual(self, url: str) -> str:
        """The address that is really asked.

        Raises:
            requests.exceptions.InvalidURL: When it is not the loopback server.
        """
        if self._insecure is None:
            return url
        _, host, port = origin(url)
        if (host, port) != self._insecure[1:]:
            from requests.exceptions import InvalidURL

            raise InvalidURL("Only the configured loopback server is asked.")
        return urlunsplit(urlsplit(url)._replace(scheme="http"))


def is_outage(status: int) -> bool:
    """Does this status ask to come back later?"""
    return status in _WAIT or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _usable(response: requests.Response) -> Answer:
    """The answer, if it is JSON and no outage.

    Raises:
        requests.HTTPError: Else; its message holds nothing of the body.
    """
    status = response.status_code
    redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    if is_outage(status) or redirect or _json_object(response.text) is None:
        from requests import HTTPError

        raise HTTPError(f"An unusable answer with status {status}.")
    return Answer(status, response.text, dict(response.headers))


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _error_codes(response: requests.Response) -> tuple[int, ...]:
    body = _json_object(response.text) or {}
    return aadsts.numbers_in(body.get("error_codes"))


def _with_numbers(text: str) -> str:
    """The token answer with its lifetimes as numbers: some servers send texts."""
    answer = _json_object(text) or {}
    for name in ("expires_in", "ext_expires_in", "refresh_in"):
        if name in answer:
            answer[name] = _seconds(answer[name])
    return json.dumps({k: v for k, v in answer.items() if v is not None})


def _seconds(value: object) -> int | None:
    try:
        return max(int(float(value)), 0)  # type: ignore[arg-type]  # that is the question
    except (TypeError, ValueError, OverflowError):
        return None
