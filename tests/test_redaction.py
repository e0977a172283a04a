from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable

import pytest

from wagtail_m365.redaction import (
    HIDDEN,
    ScrubbingFilter,
    Secret,
    scrub,
    scrubbed,
    without_frames,
)

PLANTED = "planted-Secret.Value_123"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "show",
    [str, repr, format, "{!s:>40}".format, "{:>40}".format, "{!r}".format, ascii],
    ids=range(7),
)
def test_a_secret_shows_itself_nowhere(show: Callable[[object], str]) -> None:
    for shown in (show(Secret(PLANTED)), f"{[Secret(PLANTED)]}"):
        assert PLANTED not in shown
        assert HIDDEN in shown


def test_a_secret_is_told_to_whoever_asks_by_name() -> None:
    assert Secret(PLANTED).reveal() == PLANTED


@pytest.mark.parametrize(
    "take_along", [pickle.dumps, copy.deepcopy, json.dumps], ids=range(3)
)
def test_a_secret_cannot_be_taken_along(take_along: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        take_along(Secret(PLANTED))


def test_secrets_compare_by_their_text_and_only_with_secrets() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")
    assert len(Secret("abc")) == 3


@pytest.mark.parametrize(
    "text",
    [
        f"code={PLANTED}&state=1",
        f"refresh_token={PLANTED}",
        f'{{"access_token": "{PLANTED}", "x": 1}}',
        f"{{'client_secret': '{PLANTED}'}}",
        f"{{'code_verifier': ['{PLANTED}']}}",
        f"client_info: {PLANTED}",
        f"Authorization: Bearer {PLANTED}",
        f"https://tenant.sharepoint.com/file?tempauth={PLANTED}&x=1",
        f"'client_assertion': b'{PLANTED}'",
    ],
)
def test_scrubbing_hides_values_of_names_that_carry_secrets(text: str) -> None:
    assert PLANTED not in scrub(text)
    assert HIDDEN in scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        f"id {JWT} end",
        "GET /y4mXk3J2h1G0f9E8d7C6b5A4/file.docx HTTP/1.1",
        "GET /v1.0/shares/u!aHR0cHM6Ly9jb250b3NvLnNo/driveItem HTTP/1.1",
    ],
)
def test_scrubbing_knows_tokens_by_their_shape(text: str) -> None:
    assert HIDDEN in scrub(text)
    assert "eyJzdWIi" not in scrub(text)
    assert "y4mXk3" not in scrub(text)
    assert "aHR0c" not in scrub(text)


def test_scrubbing_leaves_ordinary_text_alone() -> None:
    text = "Uploaded 3 of 4 fragments; the encoder: fine; status 503 (AADSTS50105)"
    assert scrub(text) == text


def test_scrubbing_reaches_into_lists_and_objects() -> None:
    value = {"a": [f"code={PLANTED}"], "refresh_token": {"x": PLANTED}, "n": 1}
    assert PLANTED not in json.dumps(scrubbed(value))
    assert scrubbed(value)["n"] == 1


def _record(message: str, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord(
        "name",
        logging.ERROR,
        "path",
        1,
        message,
        args,
        exc_info,  # type: ignore[arg-type]
    )
    assert ScrubbingFilter().filter(record)
    return logging.Formatter().format(record)


def test_log_records_are_scrubbed_with_their_arguments() -> None:
    assert _record("code=%s", PLANTED) == f"code={HIDDEN}"


def test_log_records_whose_arguments_do_not_fit_are_scrubbed_too() -> None:
    assert PLANTED not in _record("code=%s and %s", PLANTED)


def test_log_records_are_scrubbed_with_their_tracebacks() -> None:
    with pytest.raises(ValueError, match=PLANTED) as caught:
        int(f"refresh_token={PLANTED}")
    error = caught.value
    shown = _record("it failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError" in shown
    assert PLANTED not in shown


def _fail_with_a_secret_in_a_variable() -> None:
    planted = PLANTED
    try:
        int(planted)
    except ValueError as error:
        raise KeyError("outer") from error


def test_errors_can_be_freed_of_the_variables_on_their_way() -> None:
    with pytest.raises(KeyError) as caught:
        _fail_with_a_secret_in_a_variable()
    freed = without_frames(caught.value)
    assert freed.__traceback__ is None
    assert freed.__cause__ is not None
    assert freed.__cause__.__traceback__ is None


def test_errors_that_are_their_own_context_are_no_trap() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    assert without_frames(one) is one
