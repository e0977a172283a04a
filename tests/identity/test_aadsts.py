from __future__ import annotations

import pytest

from wagtail_m365.errors import M365Error
from wagtail_m365.identity.aadsts import (
    ADMIN_CONSENT,
    TABLE,
    Meaning,
    code_of,
    numbers_in,
)


@pytest.mark.parametrize(("number", "meaning"), TABLE.items(), ids=list(TABLE))
def test_each_number_has_a_code_and_a_class(number: int, meaning: Meaning) -> None:
    assert meaning.code == f"aadsts{number}"
    assert issubclass(meaning.error, M365Error)


def test_numbers_that_ask_for_an_admins_consent_are_in_the_catalogue() -> None:
    assert set(TABLE) >= ADMIN_CONSENT


@pytest.mark.parametrize(
    ("codes", "description", "numbers"),
    [
        ([50105], "", (50105,)),
        ([1, 50105], "AADSTS65004: x", (1, 50105, 65004)),
        ([50105], "AADSTS50105: x", (50105,)),
        (None, "AADSTS650052: x", (650052,)),
        ("50105", "", ()),
        (["50105", None, True, 1.5], "", ()),
        ([], "AADSTS1: AADSTSx AADSTS123456789", ()),
        ({}, None, ()),
    ],
    ids=range(8),
)
def test_numbers_are_found_in_the_list_and_in_the_description(
    codes: object, description: object, numbers: tuple[int, ...]
) -> None:
    assert numbers_in(codes, description) == numbers


def test_the_first_known_number_chooses_the_code() -> None:
    assert code_of([1, 50105, 65004]) == "aadsts50105"
    assert code_of([1, 2]) is None
