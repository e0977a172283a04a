"""How a session to the outside is built: the one door to the network.

``requests`` is loaded with the first session, not when Django starts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import metadata
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .redaction import ScrubbingFilter

if TYPE_CHECKING:
    import requests

#: Nobody is made to wait longer than this because of a header, in seconds.
LONGEST_WAIT = 3600.0
_ADDRESSES_UNLOGGED = ContextVar("m365_addresses_unlogged", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How this site reaches the outside.

    Proxies and CA bundles of the environment (``HTTPS_PROXY``, ``NO_PROXY``,
    ``REQUESTS_CA_BUNDLE`` …) hold wherever nothing is given here, as with
    ``requests`` itself. TLS verification cannot be switched off.
    """

    #: Seconds to connect, seconds between two bytes of an answer.
    timeout: tuple[float, float] = (3.05, 10.0)
    #: Scheme → address of a proxy, as ``requests`` takes it.
    proxies: Mapping[str, str] = field(default_factory=dict)
    #: Path of a file or folder of CA certificates.
    ca_bundle: str = ""
    #: Connections kept open per host.
    pool_size: int = 10


def new_session(options: HttpOptions | None = None) -> requests.Session:
    """A session with timeouts, this site's proxies and CAs, and no cookies.

    Cookies are refused because one session serves many people: a cookie set on
    one person's answer must not travel with another's request.
    """
    options = options or HttpOptions()
    session: requests.Session = _session_class()()
    session.cookies.set_policy(_no_cookies())
    session.headers["User-Agent"] = user_agent()
    session.proxies.update(options.proxies)
    # With any ``auth`` set, requests does not look into ~/.netrc, whose entry would
    # replace the bearer token.
    session.auth = _as_it_is
    for scheme in ("https://", "http://"):
        session.mount(scheme, _adapter_class()(options))
    _scrub_log_of_urllib3()
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


@cache
def _session_class() -> type[Any]:
    """Our session; made here because its base class is loaded on first use."""
    from requests import Session as Base
    from requests.utils import select_proxy

    class Session(Base):
        """Reads the environment's proxies once for each host.

        ``requests`` goes through the whole environment twice for each request, which
        is a tenth of the time that a fragment of an upload takes.
        """

        def __init__(self) -> None:
            super().__init__()
            self._of_environment: dict[tuple[str, str], dict[str, Any]] = {}

        def merge_environment_settings(
            self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
        ) -> Any:
            if proxies or (verify, cert) != (None, None):
                return self._merged(url, proxies, stream, verify, cert)
            known = self._known(url)
            more = {} if stream is None else {"stream": stream}
            return known | {"proxies": dict(known["proxies"])} | more

        def _known(self, url: str) -> dict[str, Any]:
            host = urlsplit(url)[:2]
            if host not in self._of_environment:
                self._of_environment[host] = self._merged(url, {}, None, None, None)
            return self._of_environment[host]

        def _merged(self, url: Any, proxies: Any, *more: Any) -> dict[str, Any]:
            given = dict(proxies or {})  # a copy: requests adds to it
            merged = dict(super().merge_environment_settings(url, given, *more))
            # requests lets the environment's proxies win over a session's own.
            if not proxies and select_proxy(url, self.proxies):
                merged["proxies"] = dict(self.proxies)
            return merged

    return Session


@cache
def _adapter_class() -> type[Any]:
    """Our adapter; made here because its base class is loaded on first use."""
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """Gives every request a timeout and verified TLS, whatever the caller says."""

        def __init__(self, options: HttpOptions) -> None:
            self._options = options
            super().__init__(pool_connections=4, pool_maxsize=options.pool_size)

        def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:
            # Without a timeout, a silent server hangs a worker for ever.
            if more.get("timeout") is None:
                more["timeout"] = self._options.timeout
            # requests lets REQUESTS_CA_BUNDLE win over a session's own bundle.
            if self._options.ca_bundle or more.get("verify") is False:
                more["verify"] = self._options.ca_bundle or True
            return super().send(request, *args, **more)

    return Adapter


def _no_cookies() -> Any:
    from http.cookiejar import DefaultCookiePolicy

    return DefaultCookiePolicy(allowed_domains=[])


@contextmanager
def addresses_unlogged() -> Iterator[None]:
    """Meanwhile no address is logged: pre-authenticated ones are secrets as a whole."""
    before = _ADDRESSES_UNLOGGED.set(True)
    try:
        yield
    finally:
        _ADDRESSES_UNLOGGED.reset(before)


class _AddressFilter(ScrubbingFilter):
    def filter(self, record: logging.LogRecord) -> bool:
        if _ADDRESSES_UNLOGGED.get():
            record.msg, record.args = "A pre-authenticated address was asked.", None
        return super().filter(record)


@cache
def _scrub_log_of_urllib3() -> None:
    """Its debug log holds whole addresses, also those that carry their own secret."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logging.getLogger(name).addFilter(_AddressFilter())


def user_agent() -> str:
    """Name and version, in the form Microsoft asks integrations to use."""
    try:
        version = metadata.version("wagtail-m365")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"NONISV|wagtail_m365|wagtail-m365/{version}"


def retry_after(value: str | None, *, now: float) -> float:
    """Seconds to wait, out of a ``Retry-After`` header (RFC 9110 §10.2.3).

    Args:
        value: The header: seconds, or an HTTP date; anything else counts as absent.
        now: POSIX time at which the answer came.

    Returns:
        0 when there is no usable value; never more than :data:`LONGEST_WAIT`.
    """
    text = (value or "").strip()
    try:
        seconds = float(text) if _is_number(text) else _seconds_until(text, now)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _seconds_until(http_date: str, now: float) -> float:
    moment = parsedate_to_datetime(http_date)
    if moment.tzinfo is None:  # "-0000" or an old form: HTTP dates are in GMT
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() - now


def is_loopback(url: str) -> bool:
    """Does this address stay on this machine?"""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, in the form in which they compare."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    port = parts.port or {"https": 443, "http": 80}.get(scheme, 0)
    return scheme, (parts.hostname or "").lower(), port
