from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_m365.identity.challenges import claims_challenge

CLAIMS = json.dumps(
    {"access_token": {"nbf": {"essential": True, "value": "1604106651"}}}
)
#: Encodes to base64 with + and /, so that both alphabets differ.
AWKWARD = json.dumps({"a": "~~~???>>>"}, ensure_ascii=False)


def _header(encoded: str, more: str = ', error="insufficient_claims"') -> str:
    return (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common"'
        f', client_id="x"{more}, claims="{encoded}"'
    )


@pytest.mark.parametrize("claims", [CLAIMS, AWKWARD], ids=["usual", "awkward"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padding", ["=", ""])
def test_a_challenge_is_read_in_either_alphabet_with_or_without_padding(
    claims: str, encode: object, padding: str
) -> None:
    encoded = encode(claims.encode()).decode()  # type: ignore[operator]  # a function
    encoded = encoded if padding else encoded.rstrip("=")
    assert claims_challenge(_header(encoded)) == claims


def test_a_challenge_may_come_without_an_error() -> None:
    encoded = base64.b64encode(CLAIMS.encode()).decode()
    assert claims_challenge(_header(encoded, "")) == CLAIMS


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        _header(""),
        _header("!!!"),
        _header(base64.b64encode(b"no json").decode()),
        _header(base64.b64encode(b"[1]").decode()),
        _header(base64.b64encode(b"\xff\xfe").decode()),
        _header(base64.b64encode(CLAIMS.encode()).decode(), ', error="invalid_token"'),
    ],
    ids=range(9),
)
def test_what_is_no_challenge_is_none(header: str | None) -> None:
    assert claims_challenge(header) is None


@given(st.text())
def test_no_header_is_a_trap(header: str) -> None:
    assert claims_challenge(f'Bearer claims="{header}"') in {None, "{}"}
