"""Which cloud: the addresses of Microsoft's identity platform and of Graph.

Source: Microsoft, "National clouds" (authentication-national-cloud) and "Microsoft
Graph and national clouds" (deployments). US GCC uses the worldwide cloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from wagtail_m365.errors import Misconfigured
from wagtail_m365.http import is_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One Microsoft cloud, or another server that speaks its protocols."""

    #: Name of the preset; ``custom`` for any other server.
    name: str
    #: Address of the identity platform, without path or trailing slash.
    authority: str
    #: Address of Graph with its version, without trailing slash.
    graph: str


def _preset(name: str, login: str, graph: str) -> Cloud:
    return Cloud(name=name, authority=f"https://{login}", graph=f"https://{graph}/v1.0")


CLOUDS: Mapping[str, Cloud] = MappingProxyType(
    {
        cloud.name: cloud
        for cloud in (
            _preset("global", "login.microsoftonline.com", "graph.microsoft.com"),
            _preset("us_gov", "login.microsoftonline.us", "graph.microsoft.us"),
            _preset("us_dod", "login.microsoftonline.us", "dod-graph.microsoft.us"),
            _preset(
                "china",
                "login.partner.microsoftonline.cn",
                "microsoftgraph.chinacloudapi.cn",
            ),
        )
    }
)


def resolve(
    value: str | Mapping[str, str], *, allow_insecure_loopback: bool = False
) -> Cloud:
    """The cloud of this name, or of these addresses.

    Args:
        value: Name of a preset, or ``{"authority": URL, "graph": URL with version}``.
        allow_insecure_loopback: May a custom cloud on this machine use plain http?

    Raises:
        Misconfigured: ``unknown_cloud``, ``cloud_address`` or ``insecure_cloud``.
    """
    if isinstance(value, str):
        if value in CLOUDS:
            return CLOUDS[value]
        known = ", ".join(CLOUDS)
        raise Misconfigured(
            f"There is no cloud named {value!r}; known are {known}.",
            code="unknown_cloud",
        )
    if set(value) != {"authority", "graph"}:
        raise Misconfigured(
            'A custom cloud is {"authority": URL, "graph": URL with version}.',
            code="cloud_address",
        )
    return Cloud(
        name="custom",
        authority=_authority(value["authority"], allow_insecure_loopback),
        graph=_graph(value["graph"], allow_insecure_loopback),
    )


def _authority(url: str, allow_insecure: bool) -> str:
    parts = _checked("authority", url, allow_insecure)
    if parts.path.strip("/"):
        raise Misconfigured(
            "The authority is a server's address without a path; the tenant is "
            "configured by itself.",
            code="cloud_address",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _graph(url: str, allow_insecure: bool) -> str:
    parts = _checked("graph", url, allow_insecure)
    path = parts.path.rstrip("/")
    if not path:
        raise Misconfigured(
            "The address of Graph needs its version, as in https://…/v1.0.",
            code="cloud_address",
        )
    return f"{parts.scheme}://{parts.netloc}{path}"


def _checked(name: str, url: str, allow_insecure: bool) -> SplitResult:
    parts = _split(name, url)
    if parts.scheme == "http" and not (allow_insecure and is_loopback(url)):
        raise Misconfigured(
            f"The {name} address must be https; plain http is for loopback hosts "
            "only, and only with ALLOW_INSECURE_LOOPBACK.",
            code="insecure_cloud",
        )
    return parts


def _split(name: str, url: str) -> SplitResult:
    """The parts of an address that is a plain server address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        parts.port  # noqa: B018  # raises for a port that is no number
    except (ValueError, AttributeError, TypeError) as error:
        raise _unusable(name) from error
    if not usable or parts.query or parts.fragment or "@" in parts.netloc:
        raise _unusable(name)
    return parts


def _unusable(name: str) -> Misconfigured:
    return Misconfigured(
        f"The {name} address of the cloud is not a usable URL.", code="cloud_address"
    )
