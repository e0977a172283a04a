from __future__ import annotations

import pytest
import requests

from wagtail_m365 import errors
from wagtail_m365.graph import faults


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("EOF occurred in violation of protocol", errors.TemporarilyUnavailable),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
            errors.Misconfigured,
        ),
    ],
)
def test_a_certificate_nobody_vouches_for_is_not_an_outage(words: str, error):
    failure = requests.exceptions.SSLError(words)

    assert type(faults.from_lost_connection(failure, "id")) is error


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"Retry-After": "Thu, 01 Jan 99999 00:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_a_time_to_wait_is_read_in_every_form(header: dict, seconds: float | None):
    assert faults.retry_after(header, 1_790_000_000) == seconds


@pytest.mark.parametrize("claims", ["%%%", "YQ", "/////w=="])
def test_a_challenge_that_cannot_be_read_is_none(claims: str):
    header = {"WWW-Authenticate": f'Bearer claims="{claims}"'}

    assert faults.claims_challenge(header) in (None, "a")


def test_codes_are_read_however_deep_and_odd_they_are():
    level: dict = {"code": "deepest"}
    for code in (7, "x" * 500, "b c", "fine"):
        level = {"code": code, "innererror": level}

    assert faults.graph_codes({"error": level}) == ("fine", "deepest")
    assert faults.graph_codes(["odd"]) == ()
    assert faults.graph_codes({"error": "odd"}) == ()
