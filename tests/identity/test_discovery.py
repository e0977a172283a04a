from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from tests.identity.wire import TENANT, Wire, registration
from wagtail_m365.errors import Misconfigured, TemporarilyUnavailable
from wagtail_m365.http import HttpOptions
from wagtail_m365.identity.client import IdentityClient
from wagtail_m365.identity.clouds import resolve
from wagtail_m365.identity.transport import DISCOVERY_TTL, Transport

LOOPBACK = "http://127.0.0.1:8400"


@pytest.fixture
def loopback(wire: Wire) -> Wire:
    wire.login = LOOPBACK
    return wire


@pytest.fixture
def loopback_client() -> IdentityClient:
    cloud = resolve(
        {"authority": LOOPBACK, "graph": f"{LOOPBACK}/v1.0"},
        allow_insecure_loopback=True,
    )
    return IdentityClient(registration(cloud=cloud))


def test_discovery_tells_the_endpoints_and_the_tenants_id(
    wire: Wire, client: IdentityClient
) -> None:
    wire.discovers()
    found = client.discovery()
    assert found.issuer == wire.document()["issuer"]
    assert found.token_endpoint == wire.token_url
    assert found.tenant == TENANT


def test_discovery_is_asked_once_a_day(wire: Wire) -> None:
    now = [0.0]
    transport = Transport(HttpOptions(), clock=lambda: now[0])
    wire.discovers()
    transport.get(wire.discovery_url)
    now[0] = DISCOVERY_TTL - 1
    transport.get(wire.discovery_url)
    assert wire.discoveries == 1
    now[0] = DISCOVERY_TTL + 1
    transport.get(wire.discovery_url)
    assert wire.discoveries == 2


def test_two_clients_of_one_process_ask_discovery_once(wire: Wire) -> None:
    wire.discovers()
    IdentityClient(registration()).discovery()
    IdentityClient(registration(client_id="another")).discovery()
    assert wire.discoveries == 1


def test_a_failure_is_not_remembered(wire: Wire, client: IdentityClient) -> None:
    wire.mock.get(wire.discovery_url, status=503)
    wire.discovers()
    with pytest.raises(TemporarilyUnavailable):
        client.discovery()
    assert client.discovery().tenant == TENANT


def test_an_unusable_document_is_not_remembered(
    wire: Wire, client: IdentityClient
) -> None:
    wire.discovers(issuer=None)
    with pytest.raises(Misconfigured):
        client.discovery()
    wire.mock.replace(responses.GET, wire.discovery_url, json=wire.document())
    assert client.discovery().tenant == TENANT


def test_an_unknown_tenant_is_a_misconfiguration(
    wire: Wire, client: IdentityClient
) -> None:
    body = {"error": "invalid_tenant", "error_codes": [90002], "correlation_id": "c-1"}
    wire.mock.get(wire.discovery_url, json=body, status=400)
    with pytest.raises(Misconfigured) as caught:
        client.discovery()
    assert caught.value.code == "aadsts90002"
    assert caught.value.correlation_id == "c-1"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token_endpoint": f"https://login.microsoftonline.us/{TENANT}/t"}, "foreign"),
        ({"token_endpoint": f"https://evil.example/{TENANT}/token"}, "foreign"),
        ({"token_endpoint": f"http://login.microsoftonline.com/{TENANT}"}, "insecure"),
        ({"authorization_endpoint": "http://evil.example/authorize"}, "insecure"),
        ({"issuer": "http://login.microsoftonline.com/x/v2.0"}, "insecure"),
        ({"token_endpoint": "https://login.microsoftonline.com/"}, "unusable"),
        ({"token_endpoint": "https://login.microsoftonline.com:port/x"}, "unusable"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "unusable"),
        ({"authorization_endpoint": 17}, "unusable"),
        ({"issuer": None}, "unusable"),
    ],
    ids=range(10),
)
def test_a_document_that_points_elsewhere_is_not_believed(
    wire: Wire, client: IdentityClient, changes: dict[str, Any], code: str
) -> None:
    wire.discovers(**changes)
    with pytest.raises(Misconfigured) as caught:
        client.discovery()
    assert caught.value.code == f"{code}_discovery"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_loopback_server_may_name_its_token_endpoint_with_http_or_https(
    loopback: Wire, loopback_client: IdentityClient, scheme: str
) -> None:
    named = loopback.token_url.replace("http", scheme)
    loopback.discovers(token_endpoint=named)
    flow, response = loopback.begin(loopback_client)
    loopback.grants()
    assert loopback_client.redeem(flow, response).account is not None
    assert loopback.token_requests[0].url == loopback.token_url


def test_the_browser_is_sent_to_the_loopback_server_over_http(
    loopback: Wire, loopback_client: IdentityClient
) -> None:
    loopback.discovers()
    request = loopback_client.authorization_request([], "http://localhost/callback/")
    assert request.url.startswith(f"{LOOPBACK}/{TENANT}/oauth2/v2.0/authorize?")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://127.0.0.1:8401/x",
        "https://localhost:8400/x",
        "https://login.microsoftonline.com/x",
    ],
    ids=range(3),
)
def test_a_loopback_transport_asks_its_own_origin_only(elsewhere: str) -> None:
    transport = Transport(HttpOptions(), insecure_origin=LOOPBACK)
    with responses.RequestsMock(), pytest.raises(requests.RequestException):
        transport.post(elsewhere, data={})


def test_https_stays_https_without_a_loopback_server(wire: Wire) -> None:
    wire.mock.post("https://127.0.0.1:8400/x", json={})
    assert Transport(HttpOptions()).post("https://127.0.0.1:8400/x").status_code == 200


def test_proxies_are_used_for_microsoft_but_not_for_loopback(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:8080")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    wire.discovers()
    wire.mock.get(f"{LOOPBACK}/x", json={})
    Transport(HttpOptions()).get(wire.discovery_url)
    options = HttpOptions(proxies={"http": "http://own.example:1"})
    Transport(options, insecure_origin=LOOPBACK).get("https://127.0.0.1:8400/x")
    through, direct = (call.request.req_kwargs["proxies"] for call in wire.mock.calls)
    assert through["https"] == "http://proxy.example:8080"
    assert not direct
