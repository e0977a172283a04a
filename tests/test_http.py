from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import responses
from requests import Session
from requests.utils import select_proxy

from wagtail_m365.http import (
    LONGEST_WAIT,
    HttpOptions,
    is_loopback,
    new_session,
    origin,
    retry_after,
)

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
URL = "https://graph.microsoft.com/v1.0/me"


def _sent(session: Session, **more: object) -> responses.Call:
    with responses.RequestsMock() as mock:
        mock.get(URL, headers={"Set-Cookie": "who=mara"})
        session.request("GET", URL, **more)  # type: ignore[arg-type]  # whatever is asked
        call = mock.calls[0]
    assert isinstance(call, responses.Call)
    return call


def test_every_request_has_a_timeout() -> None:
    options = HttpOptions(timeout=(1.5, 2.5))
    assert _sent(new_session(options)).request.req_kwargs["timeout"] == (1.5, 2.5)


def test_a_request_may_ask_for_another_timeout() -> None:
    assert _sent(new_session(), timeout=60).request.req_kwargs["timeout"] == 60


@pytest.mark.parametrize("verify", [False, None, True])
def test_tls_verification_cannot_be_switched_off(
    verify: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    session = new_session()
    session.verify = bool(verify)
    assert _sent(session, verify=verify).request.req_kwargs["verify"] is True


def test_the_sites_own_ca_bundle_wins_over_the_environments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    session = new_session(HttpOptions(ca_bundle="/etc/own.pem"))
    assert _sent(session).request.req_kwargs["verify"] == "/etc/own.pem"


def test_the_environments_ca_bundle_and_proxies_hold_where_nothing_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    sent = _sent(new_session()).request.req_kwargs
    assert sent["verify"] == str(tmp_path)
    assert sent["proxies"]["https"] == "http://proxy.example:8080"


def test_the_environment_is_read_once_for_each_host(monkeypatch) -> None:
    session = new_session()
    session.trust_env = True
    monkeypatch.setenv("HTTPS_PROXY", "http://one:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    first = settings_of(session, "https://graph.example/a")
    monkeypatch.setenv("HTTPS_PROXY", "http://two:3128")
    assert settings_of(session, "https://graph.example/b") == first
    assert settings_of(session, "https://other.example/")["proxies"] != first["proxies"]
    assert "https" not in settings_of(session, "https://inside.example/")["proxies"]
    streamed = session.merge_environment_settings(
        "https://graph.example/", {}, True, None, None
    )
    assert streamed == first | {"stream": True}


def settings_of(session, url):
    return session.merge_environment_settings(url, {}, None, None, None)


def test_the_sites_own_proxy_is_used() -> None:
    session = new_session(HttpOptions(proxies={"https": "http://own.example:1"}))
    assert (
        _sent(session).request.req_kwargs["proxies"]["https"] == "http://own.example:1"
    )


@pytest.mark.parametrize("scheme", ["https", "all", "https://graph.microsoft.com"])
@pytest.mark.parametrize("more", [{}, {"verify": True}])
def test_the_sites_own_proxy_wins_over_the_environments(
    monkeypatch: pytest.MonkeyPatch, scheme: str, more: dict[str, Any]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    session = new_session(HttpOptions(proxies={scheme: "http://own.example:1"}))
    call = _sent(session, **more)
    proxies = call.request.req_kwargs["proxies"]
    assert select_proxy(call.request.url, proxies) == "http://own.example:1"


def test_the_environments_proxy_holds_for_a_scheme_that_the_site_does_not_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    sent = _sent(new_session(HttpOptions(proxies={"http": "http://own.example:1"})))
    assert sent.request.req_kwargs["proxies"]["https"] == "http://proxy.example:8080"


def test_a_cookie_of_one_answer_does_not_travel_with_the_next_request() -> None:
    session = new_session()
    _sent(session)
    assert "Cookie" not in _sent(session).request.headers


def test_an_entry_in_netrc_does_not_replace_the_bearer_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else")
    monkeypatch.setenv("NETRC", str(netrc))
    sent = _sent(new_session(), headers={"Authorization": "Bearer token"}).request
    assert sent.headers["Authorization"] == "Bearer token"


def test_the_user_agent_has_the_form_that_microsoft_asks_for() -> None:
    agent = _sent(new_session()).request.headers["User-Agent"]
    assert agent.startswith("NONISV|wagtail_m365|wagtail-m365/")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17),
        (" 5 ", 5),
        ("0", 0),
        ("1.5", 1.5),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("Sat, 21 Nov 2026 03:00:30 -0000", 30),
        ("999999999", LONGEST_WAIT),
        ("", 0),
        (None, 0),
        ("-3", 0),
        ("soon", 0),
        ("١٢٣", 123),
        ("nan", 0),
        ("inf", 0),
        ("Sat, 99 Nov 2026 03:00:30 GMT", 0),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float) -> None:
    assert retry_after(header, now=NOW.timestamp()) == seconds


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://localhost:8400", True),
        ("http://127.0.0.1", True),
        ("http://127.9.9.9:1/", True),
        ("http://[::1]:8400/", True),
        ("https://login.microsoftonline.com", False),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1.example", False),
        ("nonsense", False),
    ],
)
def test_loopback_is_this_machine_only(url: str, answer: bool) -> None:
    assert is_loopback(url) is answer


def test_origins_compare_whatever_their_case_and_default_port() -> None:
    assert origin("HTTPS://Graph.Microsoft.com/v1.0") == origin(
        "https://graph.microsoft.com:443"
    )
    assert origin("http://graph.microsoft.com") != origin("https://graph.microsoft.com")


def test_requests_is_not_loaded_before_the_first_session() -> None:
    code = "import sys, wagtail_m365.http; print('requests' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "False"
