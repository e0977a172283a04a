from __future__ import annotations

import io
import os
import zipfile

import pytest

from wagtail_m365 import errors
from wagtail_m365.graph.upload_sessions import FRAGMENT
from wagtail_m365.graph.uploads import SIMPLE_LIMIT, replace_content, upload

LARGE = os.urandom(FRAGMENT + 4711)


def send(client, content: bytes, name: str = "film.bin", conflict="fail", **more):
    root = client.drives.root()
    return upload(
        client,
        io.BytesIO(content),
        size=len(content),
        drive_id=root.drive_id,
        parent_id=root.id,
        name=name,
        conflict=conflict,
        **more,
    )


def office_file() -> bytes:
    """Just enough for SharePoint to write its properties into."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
            'package/2006/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats'
            '.org/package/2006/relationships"/>',
        )
        package.writestr("word/document.xml", "<document/>")
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, SIMPLE_LIMIT, SIMPLE_LIMIT + 1])
def test_a_file_of_any_size_arrives(client, drive, size: int):
    content = LARGE[:size]

    item = send(client, content)

    assert drive.file("/film.bin") == content
    assert (item.size, item.name, item.rewritten) == (size, "film.bin", False)


@pytest.mark.parametrize(
    "name",
    ["50% & more + #1.txt", "Größe 日本 🎬.txt", "it's {here} [now]; a=b@c,d!.txt"],
)
@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_names_arrive_as_they_are(client, drive, name: str, content: bytes):
    assert send(client, content, name).name == name
    assert drive.paths() == [name]


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("conflict", "kept"),
    [
        ("replace", {"film.bin": "new"}),
        ("rename", {"film.bin": "old", "film 1.bin": "new"}),
    ],
)
def test_a_taken_name_is_treated_as_wanted(
    client, drive, conflict: str, kept: dict, content: bytes
):
    drive.put("/film.bin", b"old")

    send(client, content, conflict=conflict)

    found = {path: drive.file(path) for path in drive.paths()}
    assert found == {
        path: content if which == "new" else b"old" for path, which in kept.items()
    }


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_a_taken_name_stops_the_upload_where_nothing_may_be_replaced(
    client, drive, content: bytes
):
    drive.put("/film.bin", b"old")

    with pytest.raises(errors.NameTaken):
        send(client, content)

    assert drive.file("/film.bin") == b"old"


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_a_file_somebody_has_changed_meanwhile_is_not_replaced(
    client, drive, content: bytes
):
    first = send(client, b"old")
    drive.edit("/film.bin", b"changed")

    with pytest.raises(errors.PreconditionFailed):
        send(client, content, conflict="replace", if_match=first.etag)

    assert drive.file("/film.bin") == b"changed"


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_a_file_that_is_open_in_office_is_not_replaced(client, drive, content: bytes):
    drive.put("/film.bin", b"old")
    drive.lock("/film.bin")

    with pytest.raises(errors.ItemLocked):
        send(client, content, conflict="replace")

    assert drive.file("/film.bin") == b"old"


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_an_existing_file_gets_another_content_and_keeps_its_id(
    client, drive, content: bytes
):
    first = send(client, b"old")

    second = replace_content(
        client, io.BytesIO(content), size=len(content), item=first, if_match=first.etag
    )

    assert second.id == first.id
    assert drive.file("/film.bin") == content


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_a_full_drive_is_reported_as_such(client, drive, content: bytes):
    drive.set_quota(3)

    with pytest.raises(errors.QuotaExceeded):
        send(client, content)

    assert drive.paths() == []


def test_what_goes_wrong_at_the_last_fragment_leaves_the_name_free(
    client, drive, microsoft
):
    microsoft.fail("name_taken", where={"service": "storage"})
    with pytest.raises(errors.NameTaken):
        send(client, LARGE)

    drive.delete("/film.bin")
    send(client, LARGE)

    assert drive.file("/film.bin") == LARGE


def test_an_office_file_that_is_rewritten_on_arrival_is_told_apart(client, drive):
    content = office_file()

    item = send(client, content, "plan.docx")

    assert item.rewritten
    assert item.size != len(content)
    assert item.hashes.quick_xor


def test_a_session_that_expires_in_mid_upload_is_begun_anew(client, drive, microsoft):
    where = {"service": "storage", "after": 1}
    microsoft.fail("upload_session_expired", where=where)

    send(client, LARGE)

    assert drive.file("/film.bin") == LARGE


@pytest.mark.parametrize("fault", ["server_error", "cut_connection", "throttled"])
def test_faults_in_mid_upload_are_overcome(client, drive, microsoft, fault: str):
    microsoft.fail(fault, where={"service": "storage", "method": "PUT", "after": 1})

    send(client, LARGE)

    assert drive.file("/film.bin") == LARGE


def test_an_upload_address_elsewhere_is_not_used(client, microsoft):
    microsoft.fail("upload_url_on_foreign_host")

    with pytest.raises(errors.ForeignAddress):
        send(client, LARGE)


def test_personal_drives_take_large_files_as_well(desk, microsoft):
    ben = microsoft.add_account("ben@outlook.com", "Ben", personal=True)

    item = send(desk.client(ben), LARGE, "plan.docx")

    assert item.rewritten is False
    assert microsoft.drive(ben).file("/plan.docx") == LARGE
