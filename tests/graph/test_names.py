# ruff: noqa: RUF001  # lookalikes are what this file is about
from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wagtail_m365.errors import NameRefused
from wagtail_m365.graph.names import (
    MAX_PATH,
    check_name,
    check_path,
    original_name,
    safe_name,
)

# Letters that mean something here turn up far more often than chance would have it.
telling = st.sampled_from('"*:<>?/\\|.~$ _\x00\n\x7f‛：？／␠␡．～vtiVTIconCON1.lock')
names = st.text(
    st.one_of(telling, st.characters(exclude_categories=["Cs"])),
    min_size=1,
    max_size=100,
)


@given(names)
@example("\u3000")
@example("CON")
@example("con.docx")
@example(".LOCK")
@example("Desktop.ini")
@example("_vti_vti_")
@example("~$report.docx")
@example(" . ")
@example("..")
@example("‛")
@example("‛‛：")
def test_a_safe_name_is_accepted_and_comes_back_as_it_was(name: str):
    written = safe_name(name)

    check_name(written)
    assert original_name(written) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Q3: plan.docx", "Q3： plan.docx"),
        ("a/b\\c|d?.pdf", "a／b＼c｜d？.pdf"),
        (" draft ", "␠draft␠"),
        ("to be continued...", "to be continued..．"),
        ("CON", "‛CON"),
        ("aux.docx", "‛aux.docx"),
        ("50 % of #1 & more + Größe.xlsx", "50 % of #1 & more + Größe.xlsx"),
        ("問題：１.docx", "問題‛：１.docx"),
    ],
)
def test_safe_names_can_be_read_by_people(name: str, written: str):
    assert safe_name(name) == written


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        ("\u3000", "empty"),
        ("x" * 256, "too_long"),
        *[(f"a{letter}b", "character") for letter in '"*:<>?/\\|\x00\x1f\x7f'],
        (" a", "edge"),
        ("a ", "edge"),
        ("a.", "edge"),
        ("..", "edge"),
        ("~$a.docx", "edge"),
        *[
            (name, "reserved")
            for name in (
                "con",
                "PRN",
                "Aux",
                "nul",
                "COM0",
                "com9",
                "LPT0",
                "lpt9",
                ".lock",
                "Desktop.INI",
                "a_VTI_b",
            )
        ],
        ("a\ud800b", "not_text"),
    ],
)
def test_a_refused_name_says_why(name: str, reason: str):
    with pytest.raises(NameRefused) as refused:
        check_name(name)

    assert refused.value.facts == {"name": name, "reason": reason}


def test_a_path_may_be_as_long_as_onedrive_takes_it():
    longest = "/".join(["x" * 199, "y" * 200])
    assert len(longest) == MAX_PATH

    check_path(longest)
    with pytest.raises(NameRefused) as refused:
        check_path(longest + "z")
    assert refused.value.facts["reason"] == "path_too_long"


def test_each_part_of_a_path_is_a_name():
    with pytest.raises(NameRefused, match="edge"):
        check_path("fine/not fine /fine")
