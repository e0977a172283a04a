from __future__ import annotations

import io
import zipfile
from functools import cache
from xml.sax.saxutils import escape

import docx
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wagtail_m365.documents.differences import MAX_ROWS, Kind, difference
from wagtail_m365.documents.readable import text_of
from wagtail_m365.documents.text_lines import MAX_CHARACTERS, MAX_LINE, MAX_LINES

MAIN = "http://schemas.openxmlformats.org/presentationml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMES = [f"a.{each}" for each in ("docx", "xlsx", "pptx", "odt", "ods", "txt", "pdf")]


def word(*paragraphs):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def slides(*texts):
    """A presentation, its slides stored in the opposite order of that they are in."""
    numbers = range(len(texts), 0, -1)
    listed = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in numbers)
    links = "".join(
        f'<Relationship Id="r{n}" Type="{LINKS}/slide" Target="slides/slide{n}.xml"/>'
        for n in numbers
    )
    parts = {
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{MAIN}" xmlns:r="{LINKS}">'
        f"<p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}'
        "</Relationships>",
    }
    for number, text in zip(numbers, texts, strict=True):
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{MAIN}" xmlns:a="{DRAWING}"><a:p><a:r>'
            f"<a:t>{escape(text)}</a:t></a:r></a:p></p:sld>"
        )
    return package(parts)


def package(parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in parts.items():
            zipped.writestr(name, text)
    return target


def word_xml(body, head=""):
    xml = f'{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    return package({"word/document.xml": xml})


def saved(thing):
    target = io.BytesIO()
    thing.save(target)
    return target


def lines(file, name):
    return [line.text for line in text_of(file, name).lines]


def plain(*texts):
    return io.BytesIO("\n".join(texts).encode())


def compare(before, after, name):
    return difference(before, after, before_name=name, after_name=name)


def told(found):
    """Each row as one text: what is marked stands in brackets."""
    signs = {Kind.REMOVED: "-", Kind.ADDED: "+", Kind.HEADING: "#", Kind.SAME: " "}
    return [
        f"…{row.left_out}"
        if row.kind is Kind.GAP
        else signs[row.kind]
        + "".join(f"[{p.text}]" if p.marked else p.text for p in row.pieces)
        for row in found.rows
    ]


def test_paragraphs_of_word_are_read():
    assert lines(word("One", "Two"), "a.docx") == ["One", "Two"]


def test_a_changed_paragraph_of_word_is_shown_by_words():
    found = compare(word("Open", "Until ten"), word("Open", "Until eleven"), "a.docx")

    assert told(found) == [" Open", "-Until [ten]", "+Until [eleven]"]


def test_text_that_is_only_noted_as_deleted_is_not_read():
    body = (
        "<w:p><w:r><w:t>kept</w:t></w:r>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    )

    assert lines(word_xml(body), "a.docx") == ["kept"]


def test_sheets_are_read_by_rows_with_their_formulas():
    book = workbook(Budget=[["Item", "Cost"], ["Music", 7], ["Sum", "=SUM(B2:B2)"]])

    assert lines(book, "a.xlsx") == [
        "Budget",
        "Item | Cost",
        "Music | 7",
        "Sum | =SUM(B2:B2)",
    ]


def test_an_empty_cell_keeps_its_place():
    assert lines(workbook(A=[["x", None, "y"]]), "a.xlsx") == ["A", "x | | y"]


def test_a_change_far_down_a_sheet_names_the_sheet():
    rows = [[f"row {number}"] for number in range(20)]
    before = workbook(First=[["a"]], Second=[*rows, ["old"]])
    after = workbook(First=[["a"]], Second=[*rows, ["new"]])

    assert told(compare(before, after, "a.xlsx")) == [
        "…20",
        "#Second",
        " row 18",
        " row 19",
        "-old",
        "+new",
    ]


def test_a_sheet_that_gets_another_name_differs():
    before, after = workbook(**{"2025": [["a"]]}), workbook(**{"2026": [["a"]]})

    assert compare(before, after, "a.xlsx").rows


def test_slides_are_read_in_the_order_in_which_they_are_shown():
    assert lines(slides("Welcome", "Thanks"), "a.pptx") == [
        "Slide 1",
        "Welcome",
        "Slide 2",
        "Thanks",
    ]


def test_a_slide_put_in_front_does_not_change_those_behind_it():
    found = compare(slides("Tour", "End"), slides("New", "Tour", "End"), "a.pptx")

    assert [each for each in told(found) if each[0] in "+-"] in (
        ["+Slide 1", "+New"],
        ["+New", "+Slide 2"],
    )


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.md"])
def test_plain_text_is_compared(name):
    assert told(compare(plain("a", "b"), plain("a", "c"), name)) == [" a", "-b", "+c"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_as_it_was_written(encoding):
    assert lines(io.BytesIO("Käse".encode(encoding)), "a.txt") == ["Käse"]


def test_equal_files_do_not_differ():
    assert compare(plain("a"), plain("a"), "a.txt").rows == ()


def test_equal_lines_far_from_a_change_are_left_out():
    before = [str(number) for number in range(50)]

    found = compare(plain(*before), plain(*before[:-1], "new"), "a.txt")

    assert told(found) == ["…47", " 47", " 48", "-49", "+new"]


@pytest.mark.parametrize("name", ["a.pdf", "a.doc", "a.xlsb", "a", ""])
def test_what_cannot_be_read_as_text_is_not_compared(name):
    assert compare(plain("a"), plain("b"), name) is None


def test_a_file_that_is_not_what_its_name_says_is_not_compared():
    assert compare(plain("a"), word("a"), "a.docx") is None


def test_a_file_that_was_renamed_is_compared():
    found = difference(
        plain("a"), word("a", "b"), before_name="a.txt", after_name="a.docx"
    )

    assert told(found) == [" a", "+b"]


def test_a_bomb_is_not_unpacked():
    assert compare(word_xml(" " * 50_000_000), word("a"), "a.docx") is None


def test_entities_are_not_expanded():
    laugh = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'

    assert (
        text_of(word_xml("<w:p><w:r><w:t>&b;</w:t></w:r></w:p>", laugh), "a.docx")
        is None
    )


def test_a_list_that_leads_out_of_the_package_leads_nowhere():
    broken = slides("a")
    with zipfile.ZipFile(broken) as zipped:
        parts = {name: zipped.read(name).decode() for name in zipped.namelist()}
    rels = "ppt/_rels/presentation.xml.rels"
    parts[rels] = parts[rels].replace("slides/slide1.xml", "../../../../etc/passwd")

    assert lines(package(parts), "a.pptx") == []


def test_what_is_too_long_is_cut_and_said_so():
    found = compare(plain(*map(str, range(9_000))), plain("x"), "a.txt")

    assert found.truncated
    assert len(found.rows) <= MAX_ROWS
    assert text_of(plain("x" * 9_000), "a.txt").truncated


def test_files_that_are_hard_to_compare_are_told_as_a_whole():
    # Every line is like many others, in another order: cubic time for difflib.
    before = [str(number % 97) for number in range(MAX_LINES)]
    after = [str(number * 31 % 97) for number in range(MAX_LINES)]

    found = compare(plain(*before), plain(*after), "a.txt")

    assert found.truncated
    assert {row.kind for row in found.rows} <= {Kind.REMOVED, Kind.ADDED}


@given(data=st.binary(max_size=3_000), name=st.sampled_from(NAMES))
@example(data=b"PK\x03\x04", name="a.docx")
@example(data=b"\xff\xfe\x00", name="a.txt")
def test_no_bytes_make_reading_fail(data, name):
    found = text_of(io.BytesIO(data), name)

    assert found is None or len(found.lines) <= MAX_LINES


@cache
def whole_packages():
    """Made once: they hold the time, so their length is not the same each time."""
    return {
        "a.docx": word("One", "Two").getvalue(),
        "a.xlsx": workbook(A=[["x", 1], ["y", 2]]).getvalue(),
        "a.pptx": slides("One", "Two").getvalue(),
    }


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damaged_package_makes_comparing_fail(data):
    name, whole = data.draw(st.sampled_from(sorted(whole_packages().items())))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(
            st.integers(0, 255)
        )

    found = compare(io.BytesIO(whole), io.BytesIO(bytes(damaged)), name)

    assert found is None or len(found.rows) <= MAX_ROWS


@settings(max_examples=60, deadline=None)
@given(body=st.text(alphabet=st.sampled_from("<>/wpt:&;ab \"='"), max_size=200))
def test_no_xml_makes_reading_fail(body):
    found = text_of(word_xml(body), "a.docx")

    assert found is None or all(len(line.text) <= MAX_LINE for line in found.lines)


_LINES = st.lists(st.sampled_from(["a", "b", "c d", "c e", ""]), max_size=12)


@given(before=_LINES, after=_LINES)
def test_both_files_can_be_told_from_their_difference(before, after):
    found = compare(plain(*before), plain(*after), "a.txt")

    changed = [line for line in before if line], [line for line in after if line]
    assert bool(found.rows) == (changed[0] != changed[1])
    removed = [row.text for row in found.rows if row.kind is Kind.REMOVED]
    added = [row.text for row in found.rows if row.kind is Kind.ADDED]
    assert len(changed[0]) - len(removed) == len(changed[1]) - len(added)
    assert set(removed) <= set(changed[0])
    assert set(added) <= set(changed[1])


@given(text=st.text(max_size=500))
def test_whatever_a_line_holds_it_is_told_without_control_characters(text):
    found = (
        lines(io.BytesIO(text.encode("utf-8", "ignore")), "a.txt")
        if "\0" not in text
        else []
    )

    assert not any(ord(letter) < 32 for line in found for letter in line)
    assert sum(map(len, found)) <= MAX_CHARACTERS
