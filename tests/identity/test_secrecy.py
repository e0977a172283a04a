"""Nothing that fails shows a secret: not an error, a repr, a log or an error report."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.identity.wire import (
    CLIENT_SECRET,
    HOME,
    REFRESH_TOKEN,
    Wire,
    encoded,
    registration,
)
from wagtail_m365.errors import M365Error
from wagtail_m365.identity.client import IdentityClient
from wagtail_m365.redaction import HiddenTexts, Secret

#: What is planted into requests and answers. The code itself is in the caller's hands.
PLANTED = (
    CLIENT_SECRET,
    REFRESH_TOKEN,
    "planted-access-token",
    "planted-rotated-refresh-token",
    "planted-in-the-answer",
)
_FAILING: dict[str, Callable[[Wire], None]] = {
    "invalid grant": lambda wire: wire.answers(
        status=400,
        error="invalid_grant",
        error_codes=[70000],
        access_token="planted-access-token",
    ),
    "network": lambda wire: _posts(wire, body=requests.ConnectionError("cut")),
    "timeout": lambda wire: _posts(wire, body=requests.ReadTimeout("late")),
    "outage": lambda wire: _posts(wire, status=503, body="planted-in-the-answer"),
    "throttled": lambda wire: _posts(wire, status=429, body="planted-in-the-answer"),
    "no JSON": lambda wire: _posts(
        wire, body='{"refresh_token": "planted-rotated-refresh-token"'
    ),
    "no token": lambda wire: wire.answers(
        refresh_token="planted-rotated-refresh-token",
        client_info="planted-in-the-answer",
    ),
    "foreign token": lambda wire: wire.grants(claims={"aud": "another"}),
    "garbled token": lambda wire: wire.grants(id_token="a.planted-in-the-answer.c"),
    "another account": lambda wire: wire.grants(
        client_info=encoded({"uid": "x", "utid": "y"}), claims={"iss": "other"}
    ),
    "wrong nonce": lambda wire: wire.grants(
        claims={"nonce": "other", "aud": "another"}
    ),
}


def _posts(wire: Wire, **answer: Any) -> None:
    wire.mock.post(wire.token_url, **answer)


def _sign_in(wire: Wire, client: IdentityClient) -> tuple[str, ...]:
    flow, response = wire.begin(client)
    client.redeem(flow, response)
    return ()


def _refresh(wire: Wire, client: IdentityClient) -> tuple[str, ...]:
    client.refresh(Secret(REFRESH_TOKEN), home_account_id=HOME, scopes=["User.Read"])
    return ()


def _own_token(wire: Wire, client: IdentityClient) -> tuple[str, ...]:
    found = client.client_credentials()
    raise M365Error(f"It worked, which is good as well: {found!r}")


def _reported(error: BaseException) -> str:
    """What an error report shows: every frame with its variables, every cause."""
    frames = "".join(
        traceback.TracebackException.from_exception(error, capture_locals=True).format()
    )
    parts = [frames, repr(error), str(error)]
    current: BaseException | None = error
    while current is not None:
        parts += [repr(vars(current)), repr(current.args)]
        current = current.__cause__ or current.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("failing", _FAILING.values(), ids=list(_FAILING))
@pytest.mark.parametrize("step", [_sign_in, _refresh, _own_token])
def test_a_failure_shows_no_secret_anywhere(
    wire: Wire,
    caplog: pytest.LogCaptureFixture,
    failing: Callable[[Wire], None],
    step: Callable[[Wire, IdentityClient], tuple[str, ...]],
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("msal", "urllib3", "requests", "wagtail_m365"):
        caplog.set_level(logging.DEBUG, name)
    wire.discovers()
    client = IdentityClient(registration(capabilities=("CP1",)))
    failing(wire)
    with pytest.raises(M365Error) as caught:
        step(wire, client)
    logged = "\n".join(
        f"{record.getMessage()} {record.exc_text} {vars(record)}"
        for record in caplog.records
    )
    # The frames of the test itself hold the wire with its answers.
    error = caught.value
    error.__traceback__ = _without_the_test(error)
    shown = f"{_reported(error)}\n{logged}"
    assert not [secret for secret in PLANTED if secret in shown]


@pytest.mark.parametrize("failing", _FAILING.values(), ids=list(_FAILING))
def test_a_code_that_its_bearer_hides_stays_hidden(
    wire: Wire, failing: Callable[[Wire], None]
) -> None:
    wire.discovers()
    client = IdentityClient(registration())
    flow, response = wire.begin(client)
    response["code"] = "planted-code"
    failing(wire)
    with pytest.raises(M365Error) as caught:
        client.redeem(flow, HiddenTexts(response))
    caught.value.__traceback__ = _without_the_test(caught.value)
    assert "planted-code" not in _reported(caught.value)


def _without_the_test(error: BaseException) -> Any:
    """The frames of our own code only."""
    frame = error.__traceback__
    while (
        frame is not None
        and "/identity/client" not in frame.tb_frame.f_code.co_filename
    ):
        frame = frame.tb_next
    return frame


def test_what_worked_shows_no_secret_either(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wire.discovers()
    client = IdentityClient(registration())
    flow, response = wire.begin(client)
    caplog.set_level(logging.DEBUG, "msal")
    wire.grants()
    tokens = client.redeem(flow, response)
    shown = f"{tokens!r} {client!r} {caplog.text}"
    secrets = (*PLANTED, response["code"], flow["code_verifier"])
    assert not [secret for secret in secrets if secret in shown]
    assert "event=" in caplog.text  # MSAL did log what it got
