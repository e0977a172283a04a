from __future__ import annotations

import io
import struct
import zipfile

import pytest

from wagtail_m365.documents import enrichment
from wagtail_m365.documents.enrichment import same_content

CONTENT_TYPES = "[Content_Types].xml"
RELATIONSHIPS = "word/_rels/document.xml.rels"


def package(**changes):
    """A small Word file; parts are named by their path, None leaves one out."""
    parts = {
        CONTENT_TYPES: b"<Types/>",
        "_rels/.rels": relationships(("rId1", "word/document.xml")),
        "word/document.xml": b"<document>text</document>",
        RELATIONSHIPS: relationships(("rId1", "styles.xml")),
        "word/styles.xml": b"<styles/>",
        "docProps/core.xml": b"<core>Ada</core>",
    } | changes
    return zipped({name: data for name, data in parts.items() if data is not None})


def zipped(parts, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return file


def relationships(*entries):
    lines = "".join(
        f'<Relationship Id="{id_}" Type="t" Target="{target}"/>'
        for id_, target in entries
    )
    return f"<Relationships>{lines}</Relationships>".encode()


def test_equal_bytes_are_the_same():
    assert same_content(io.BytesIO(b"text"), io.BytesIO(b"text"))
    assert not same_content(io.BytesIO(b"text"), io.BytesIO(b"texts"))


def test_another_text_is_another_content():
    other = package(**{"word/document.xml": b"<document>other</document>"})
    assert not same_content(package(), other)


def test_another_picture_is_another_content():
    assert not same_content(package(), package(**{"word/media/image1.png": b"png"}))


def test_properties_do_not_count():
    other = package(
        **{
            "docProps/core.xml": b"<core>Ben</core>",
            "docProps/custom.xml": b"<ContentTypeId/>",
            CONTENT_TYPES: b"<Types><Override/></Types>",
        }
    )
    assert same_content(package(), other)


def test_relationships_to_properties_do_not_count():
    other = package(
        **{
            "_rels/.rels": relationships(
                ("rId1", "word/document.xml"), ("rId9", "docProps/custom.xml")
            ),
            RELATIONSHIPS: relationships(
                ("rId7", "../customXml/item1.xml"), ("rId1", "styles.xml")
            ),
        }
    )
    assert same_content(package(), other)


def test_another_relationship_counts():
    other = package(**{RELATIONSHIPS: relationships(("rId1", "http://elsewhere"))})
    assert not same_content(package(), other)


def test_items_of_a_library_do_not_count():
    library = (
        b'<x xmlns="http://schemas.microsoft.com/office/2006/metadata/properties"/>'
    )
    other = package(
        **{"customXml/item1.xml": library, "customXml/itemProps1.xml": b"<ds/>"}
    )
    assert same_content(package(), other)


def test_items_of_the_document_itself_count_whatever_their_number():
    one = package(**{"customXml/item1.xml": b"<offer>10</offer>"})
    moved = package(**{"customXml/item4.xml": b"<offer>10</offer>"})
    edited = package(**{"customXml/item1.xml": b"<offer>12</offer>"})
    assert same_content(one, moved)
    assert not same_content(one, edited)
    assert not same_content(one, package())


def test_the_way_it_is_packed_does_not_count():
    parts = {CONTENT_TYPES: b"<Types/>", "word/document.xml": b"text" * 100}
    assert same_content(zipped(parts), zipped(dict(reversed(parts.items()))))
    assert same_content(zipped(parts), zipped(parts, compresslevel=1))


def test_a_zip_that_is_no_office_file_is_compared_by_its_bytes():
    parts = {"a.txt": b"text", "docProps/x": b"1"}
    other = {"a.txt": b"text", "docProps/x": b"2"}
    assert not same_content(zipped(parts), zipped(other))


@pytest.mark.parametrize(
    "name",
    ["quarterly-report.docx", "festival-budget.xlsx", "harbour-tour.pptx"],
)
def test_what_sharepoint_makes_of_real_files_is_no_edit(sample, name):
    content = sample(name)
    enriched = in_a_library(content, name)
    assert enriched != content
    assert same_content(io.BytesIO(content), io.BytesIO(enriched))


def in_a_library(content, name):
    from wagtail_m365.testing.fake.blobs import BlobStore
    from wagtail_m365.testing.fake.enrichment import enrich

    store = BlobStore()
    return enrich(store.store(content), name, store).read()


def test_a_bomb_is_not_unpacked():
    bomb = package(**{"word/document.xml": bytes(600 * 1024 * 1024)})
    assert not same_content(bomb, package())


def test_too_many_entries_are_not_read(monkeypatch):
    monkeypatch.setattr(enrichment, "_MAX_ENTRIES", 5)
    assert not same_content(package(), package(**{"docProps/a.xml": b"1"}))


def test_too_many_bytes_are_not_read(monkeypatch):
    monkeypatch.setattr(enrichment, "_MAX_UNPACKED", 20)
    assert not same_content(package(), package(**{"docProps/a.xml": b"1"}))


def test_entities_are_not_expanded():
    laughs = (
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        b'<Relationships><Relationship Id="1" Target="&b;"/></Relationships>'
    )
    other = package(**{"docProps/a.xml": b"1", RELATIONSHIPS: laughs})
    assert not same_content(package(), other)


def test_two_parts_of_one_name_are_not_trusted():
    file = zipped({CONTENT_TYPES: b"<Types/>", "word/document.xml": b"one"})
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(file, "a") as target,
    ):
        target.writestr("word/document.xml", b"two")
    other = zipped({CONTENT_TYPES: b"<Types/>", "word/document.xml": b"two"})
    assert not same_content(file, other)


def test_a_part_that_lies_about_its_size_is_not_trusted():
    """The directory says ten bytes; the data unpacks to a thousand."""
    file = zipped({CONTENT_TYPES: b"<Types/>", "word/document.xml": b"x" * 1000})
    raw = bytearray(file.getvalue())
    for place in find_all(raw, struct.pack("<L", 1000)):
        raw[place : place + 4] = struct.pack("<L", 10)
    other = zipped({CONTENT_TYPES: b"<Types/>", "word/document.xml": b"x" * 10})
    assert not same_content(io.BytesIO(bytes(raw)), other)


def find_all(data, pattern):
    place = data.find(pattern)
    while place >= 0:
        yield place
        place = data.find(pattern, place + 1)


@pytest.mark.parametrize("cut", [4, 30, 200, -10])
def test_a_damaged_package_is_another_content(cut):
    assert not same_content(package(), io.BytesIO(package().getvalue()[:cut]))


def test_an_encrypted_part_is_another_content():
    raw = bytearray(package().getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for place in find_all(raw, signature):
            raw[place + offset] |= 1
    assert not same_content(package(), io.BytesIO(bytes(raw)))
