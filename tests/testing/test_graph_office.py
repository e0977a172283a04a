"""What SharePoint does to Office files, and what a person does to them in "Word"."""

from __future__ import annotations

import io
import re
from html import unescape

import docx
import openpyxl
import pytest
import requests

from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.item_json import etag
from wagtail_m365.testing.fake.quickxor import QuickXorHash
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from . import office
from .caller import Caller

DOCX = office.document("Hello bold world", "Second line", table="In a table")


class Person:
    """Somebody with a browser at the fake's pages."""

    def __init__(self, fake: FakeMicrosoft, drive: DriveSeam, path: str) -> None:
        item = drive.item(path)
        place = f"{drive.drive.id}/{item.id}"
        self.url = f"{fake.authority}/word/edit/{place}"
        self.session = requests.Session()
        self.session.trust_env = False

    def look(self, **query: str) -> requests.Response:
        return self.session.get(self.url, params=query, timeout=30)

    def press(self, action: str, /, as_: str = "", **form: str) -> requests.Response:
        query = {"as": as_} if as_ else {}
        form = {"action": action, **form}
        return self.session.post(self.url, params=query, data=form, timeout=30)

    def save(self, as_: str = "", **texts: str) -> requests.Response:
        page = self.look(**({"as": as_} if as_ else {})).text
        found = re.search(r'name="etag" value="([^"]*)"', page)
        assert found
        return self.press("save", as_, etag=unescape(found[1]), **texts)


@pytest.fixture
def word(fake: FakeMicrosoft, drive: DriveSeam) -> Person:
    drive.edit(drive.put("a.docx", b"").path, DOCX)
    return Person(fake, drive, "a.docx")


def test_an_office_file_is_rewritten_on_arrival_and_the_answer_tells_so(
    graph: Caller, drive: DriveSeam
) -> None:
    answer = graph.put("me/drive/root:/a.docx:/content", DOCX).json()

    kept = drive.file("a.docx")
    assert kept != DOCX
    assert answer["size"] == len(kept)
    told = answer["file"]["hashes"]["quickXorHash"]
    assert told == QuickXorHash(kept).base64()


def test_enrichment_adds_properties_and_leaves_the_text(drive: DriveSeam) -> None:
    drive.put("a.docx", DOCX)

    before, after = office.parts(DOCX), office.parts(drive.file("a.docx"))

    added = set(after) - set(before)
    assert {"docProps/custom.xml", "customXml/item2.xml"} <= added
    assert b"ContentTypeId" in after["docProps/custom.xml"]
    assert 4000 < sum(len(after[name]) for name in added) < 9000
    assert after["word/document.xml"] == before["word/document.xml"]
    assert office.paragraphs(drive.file("a.docx")) == office.paragraphs(DOCX)


def test_enriched_workbooks_open(drive: DriveSeam) -> None:
    drive.put("a.xlsx", office.workbook(A1="text", B1=3))

    book = openpyxl.load_workbook(io.BytesIO(drive.file("a.xlsx")))

    assert [book.active["A1"].value, book.active["B1"].value] == ["text", 3]


def test_what_is_enriched_already_stays_as_it_is(drive: DriveSeam) -> None:
    drive.put("a.docx", DOCX)
    once = drive.file("a.docx")

    drive.put("b.docx", once)

    assert drive.file("b.docx") == once


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.pdf", b"%PDF-1.7"), ("a.docx", b"no zip"), ("a.docx", b""), ("a.zip", DOCX)],
)
def test_other_files_stay_as_they_are(drive: DriveSeam, name: str, data: bytes) -> None:
    drive.put(name, data)

    assert drive.file(name) == data


def test_personal_drives_do_not_enrich(personal_drive: DriveSeam) -> None:
    personal_drive.put("a.docx", DOCX)

    assert personal_drive.file("a.docx") == DOCX


def test_the_web_url_leads_to_the_files_page(graph: Caller, word: Person) -> None:
    url = graph.get("me/drive/root:/a.docx").json()["webUrl"]

    page = word.session.get(url, timeout=30)

    assert url == word.url
    assert "This is the fake Microsoft 365" in page.text
    assert "Hello bold world" in page.text


def test_a_person_changes_a_paragraph_and_the_rest_stays(
    graph: Caller, drive: DriveSeam, word: Person
) -> None:
    before = graph.get("me/drive/root:/a.docx").json()
    text = "Hello bold new world\r\nA third <line> & more\r\nSecond line\r\nIn a table"

    page = word.save(**{"word/document.xml": text})

    after = graph.get("me/drive/root:/a.docx").json()
    assert "Saved." in page.text
    assert office.paragraphs(drive.file("a.docx")) == [
        "Hello bold new world",
        "A third <line> & more",
        "Second line",
    ]
    assert after["eTag"] != before["eTag"]
    assert after["cTag"] != before["cTag"]
    old, new = office.parts(DOCX), office.parts(drive.file("a.docx"))
    assert [name for name in old if old[name] != new[name]] == ["word/document.xml"]


def test_formatting_survives_an_edit(drive: DriveSeam, word: Person) -> None:
    text = "Hello brave world\nSecond line\nIn a table"
    word.save(**{"word/document.xml": text})

    saved = docx.Document(io.BytesIO(drive.file("a.docx")))

    runs = [(run.text, bool(run.bold)) for run in saved.paragraphs[0].runs]
    assert [run for run in runs if run[1]] == [("brave", True)]
    assert "".join(text for text, _ in runs) == "Hello brave world"
    assert saved.tables[0].cell(0, 0).text == "In a table"


def test_a_line_taken_away_leaves_no_text(drive: DriveSeam, word: Person) -> None:
    word.save(**{"word/document.xml": "Hello bold world"})

    saved = docx.Document(io.BytesIO(drive.file("a.docx")))

    assert [one.text for one in saved.paragraphs if one.text] == ["Hello bold world"]
    assert saved.tables[0].cell(0, 0).text == ""


def test_an_empty_document_can_be_filled(fake: FakeMicrosoft, drive: DriveSeam) -> None:
    drive.put("new.docx", office.document())
    Person(fake, drive, "new.docx").save(**{"word/document.xml": "One\nTwo"})

    assert office.paragraphs(drive.file("new.docx")) == ["One", "Two"]


def test_saving_without_a_change_makes_no_version(
    drive: DriveSeam, word: Person
) -> None:
    versions = len(drive.item("a.docx").versions)
    text = "Hello bold world\r\nSecond line\r\nIn a table"

    page = word.save(**{"word/document.xml": text})

    assert "Nothing was changed" in page.text
    assert len(drive.item("a.docx").versions) == versions


def test_a_colleague_saves_under_the_own_name(
    graph: Caller, drive: DriveSeam, word: Person, ben: Account
) -> None:
    word.save(as_=ben.username, **{"word/document.xml": "By Ben"})

    item = graph.get("me/drive/root:/a.docx").json()
    assert item["lastModifiedBy"]["user"]["displayName"] == "Ben Example"


def test_a_save_over_somebody_elses_save_is_stopped(
    drive: DriveSeam, word: Person
) -> None:
    page = word.look().text
    found = re.search(r'name="etag" value="([^"]*)"', page)
    assert found
    drive.edit("a.docx", office.document("Their text"))

    answer = word.press(
        "save", etag=unescape(found[1]), **{"word/document.xml": "Mine"}
    )

    assert answer.status_code == 409
    assert "Somebody else saved" in answer.text
    assert office.paragraphs(drive.file("a.docx")) == ["Their text"]


def test_cells_are_changed_and_formulas_stay(
    fake: FakeMicrosoft, drive: DriveSeam
) -> None:
    drive.put("a.xlsx", office.workbook(A1="text", B1=3, C1="=B1*2"))
    sheet = "xl/worksheets/sheet1.xml"
    texts = {f"{sheet}!A1": "new <text>", f"{sheet}!B1": "4.5"}

    Person(fake, drive, "a.xlsx").save(**texts)

    cells = openpyxl.load_workbook(io.BytesIO(drive.file("a.xlsx"))).active
    found = [cells[name].value for name in ("A1", "B1", "C1")]
    assert found == ["new <text>", 4.5, "=B1*2"]


def test_the_title_of_a_slide_is_changed(fake: FakeMicrosoft, drive: DriveSeam) -> None:
    drive.edit(drive.put("a.pptx", b"").path, office.presentation())

    Person(fake, drive, "a.pptx").save(**{"ppt/slides/slide1.xml": "Another title"})

    slide = office.parts(drive.file("a.pptx"))["ppt/slides/slide1.xml"]
    assert b"<a:t>Another title</a:t>" in slide
    assert b'<a:rPr lang="en-GB"/>' in slide


def test_a_text_file_is_changed(fake: FakeMicrosoft, drive: DriveSeam) -> None:
    drive.put("a.txt", "Ä\n".encode())

    Person(fake, drive, "a.txt").save(text="Ö\r\n")

    assert drive.file("a.txt") == "Ö\n".encode()


def test_who_keeps_a_file_open_locks_it(graph: Caller, word: Person) -> None:
    word.press("lock")
    locked = graph.put("me/drive/root:/a.docx:/content", b"x").status_code
    page = word.look().text
    word.press("unlock")

    assert locked == 423
    assert "keeps it open in the desktop app" in page
    assert graph.put("me/drive/root:/a.docx:/content", b"x").status_code == 200


def test_who_looks_is_shown_until_the_file_is_closed(
    word: Person, ben: Account
) -> None:
    word.look(**{"as": ben.username})
    shown = word.look().text.partition('id="present"')[2].partition("</section>")[0]
    word.press("close", ben.username)
    later = word.look().text.partition('id="present"')[2].partition("</section>")[0]

    assert "Ben Example" in shown
    assert "Ben Example" not in later


def test_a_file_is_renamed_replaced_and_deleted(drive: DriveSeam, word: Person) -> None:
    word.press("rename", name="b.docx")
    files = {"file": ("c.docx", office.document("Replaced"))}
    form = {"action": "replace"}
    word.session.post(word.url, data=form, files=files, timeout=30)
    replaced = office.paragraphs(drive.file("b.docx"))
    page = word.press("delete")

    assert replaced == ["Replaced"]
    assert drive.paths() == []
    assert "Moved to the recycle bin" in page.text


@pytest.mark.parametrize(
    ("action", "form", "status"),
    [("rename", {"name": "a?b"}, 400), ("replace", {}, 400), ("explode", {}, 400)],
)
def test_what_cannot_be_done_is_said_on_a_page(
    word: Person, action: str, form: dict[str, str], status: int
) -> None:
    answer = word.press(action, **form)

    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_broken_file_is_shown_without_its_text(
    fake: FakeMicrosoft, drive: DriveSeam
) -> None:
    drive.put("a.docx", b"no zip")

    page = Person(fake, drive, "a.docx").look()

    assert page.status_code == 200
    assert "cannot be read" in page.text


@pytest.mark.parametrize("name", ["a.docx", "b.xlsx", "c.bin"])
def test_nothing_is_written_into_a_broken_file(
    fake: FakeMicrosoft, drive: DriveSeam, name: str
) -> None:
    drive.put(name, b"no zip")
    tag = etag(drive.drive, drive.item(name))

    answer = Person(fake, drive, name).press(
        "save", etag=tag, **{"word/document.xml": "Mine"}
    )

    assert answer.status_code == 422
    assert "cannot be read" in answer.text
    assert drive.file(name) == b"no zip"


def test_all_drives_and_folders_can_be_walked(
    fake: FakeMicrosoft, drive: DriveSeam, personal_drive: DriveSeam, word: Person
) -> None:
    drive.put("Dir & more/b.txt", b"")
    home = word.session.get(f"{fake.authority}/word/", timeout=30).text
    link = re.search(r'href="(/word/drives/b![^"]+)"', home)
    assert link
    root = word.session.get(fake.authority + link[1], timeout=30).text

    assert "pia@outlook.example" in home
    assert "Dir &amp; more/" in root
    assert "a.docx" in root


def test_names_are_escaped_on_pages(
    fake: FakeMicrosoft, drive: DriveSeam, ben: Account
) -> None:
    ben.name = "<script>alert(1)</script>"
    drive.put("it's & so.txt", b"</textarea><script>", by=ben)

    page = Person(fake, drive, "it's & so.txt").look(**{"as": ben.username}).text

    assert "<script>" not in page
    assert (
        "default-src 'none'"
        in Person(fake, drive, "it's & so.txt")
        .look()
        .headers["Content-Security-Policy"]
    )


def test_an_unknown_account_or_file_is_said_on_a_page(
    fake: FakeMicrosoft, word: Person
) -> None:
    assert word.look(**{"as": "nobody"}).status_code == 404
    missing = word.session.get(f"{fake.authority}/word/edit/x/y", timeout=30)
    assert missing.status_code == 404
