"""How a session to the outside is built: the one door to the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from importlib import metadata
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter


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


class _TimeoutAdapter(HTTPAdapter):
    """Gives every request a timeout: without one, a silent server hangs a worker."""

    def __init__(self, timeout: tuple[float, float], pool_size: int) -> None:
        self._timeout = timeout
        super().__init__(pool_connections=4, pool_maxsize=pool_size)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **more: Any
    ) -> requests.Response:
        if more.get("timeout") is None:
            more["timeout"] = self._timeout
        return super().send(request, *args, **more)


def new_session(options: HttpOptions | None = None) -> requests.Session:
    """A session with timeouts, this site's proxies and CAs, and no cookies.

    Cookies are refused because one session serves many people: a cookie set on
    one person's answer must not travel with another's request.
    """
    options = options or HttpOptions()
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = user_agent()
    session.proxies.update(options.proxies)
    if options.ca_bundle:
        session.verify = options.ca_bundle
    for scheme in ("https://", "http://"):
        session.mount(scheme, _TimeoutAdapter(options.timeout, options.pool_size))
    return session


def user_agent() -> str:
    """Name and version, in the form Microsoft asks integrations to use."""
    try:
        version = metadata.version("wagtail-m365")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"NONISV|wagtail_m365|wagtail-m365/{version}"


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
