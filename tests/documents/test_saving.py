from __future__ import annotations

import pytest

from wagtail_m365.documents.folders import Folder
from wagtail_m365.documents.saving import save_copy
from wagtail_m365.errors import (
    ContentMismatch,
    FileMissing,
    InvalidRequest,
    NameRefused,
    NameTaken,
    NotAllowed,
    NotConnected,
)


@pytest.fixture
def drive(ada, connect, onedrive):
    return onedrive(connect(ada))


def save(document, user, **options):
    options = {"folder": "", "name": "copy.docx", "conflict": "fail"} | options
    return save_copy(document, user, **options)


def test_a_copy_is_saved_with_a_link(document, ada, drive):
    item = save(document, ada)
    assert drive.path == "copy.docx"
    assert drive.content == b"first"
    assert item.name == "copy.docx"
    assert item.web_url.startswith("http")


def test_missing_folders_are_made(document, ada, drive):
    save(document, ada, folder="Press/2026/Q3 #1 – 100%")
    assert drive.path == "Press/2026/Q3 #1 – 100%/copy.docx"
    save(document, ada, folder="/Press/2026/Q3 #1 – 100%/", name="second.docx")
    assert len(drive.paths) == 2


def test_a_taken_name_stops_if_wished(document, ada, drive):
    drive.seam.put("/copy.docx", b"mine")
    with pytest.raises(NameTaken):
        save(document, ada, conflict="fail")
    assert drive.content == b"mine"


def test_a_taken_name_is_changed_if_wished(document, ada, drive):
    drive.seam.put("/copy.docx", b"mine")
    item = save(document, ada, conflict="rename")
    assert item.name != "copy.docx"
    assert drive.seam.file("/copy.docx") == b"mine"
    assert drive.seam.file(f"/{item.name}") == b"first"


def test_what_is_there_is_replaced_if_wished(document, ada, drive):
    drive.seam.put("/copy.docx", b"mine")
    save(document, ada, conflict="replace")
    assert drive.content == b"first"


@pytest.mark.parametrize("name", ["", "a:b.docx", "CON", "~$lock.docx", "end. "])
def test_a_name_that_onedrive_refuses_is_told_before_anything_is_sent(
    document, ada, drive, microsoft, name
):
    microsoft.clear_requests()
    with pytest.raises(NameRefused):
        save(document, ada, name=name)
    assert not microsoft.requests


def test_a_path_that_is_too_long_is_told_before_anything_is_sent(
    document, ada, drive, microsoft
):
    microsoft.clear_requests()
    with pytest.raises(NameRefused) as refused:
        save(document, ada, folder="/".join(["f" * 99] * 4))
    assert refused.value.facts["reason"] == "path_too_long"
    assert not microsoft.requests


def test_one_that_is_too_long_where_the_chosen_folder_lies_is_told_by_microsoft(
    document, ada, drive
):
    deep = drive.seam.folder("/".join(["f" * 99] * 4))
    into = Folder(drive_id=drive.seam.drive.id, item_id=deep.id, name="f")
    with pytest.raises(InvalidRequest) as refused:
        save(document, ada, into=into)
    assert refused.value.graph_code.endswith("pathIsTooLong")
    assert "too long" in refused.value.explanation.what
    assert drive.paths == []


def test_a_file_where_a_folder_is_wanted(document, ada, drive):
    drive.seam.put("/Press", b"a file")
    with pytest.raises(NameTaken):
        save(document, ada, folder="Press")


def test_whoever_may_choose_a_document_may_take_a_copy(
    document, make_editor, connect, onedrive
):
    reader = make_editor("cleo", "choose_document")
    drive = onedrive(connect(reader))
    save(document, reader)
    assert drive.content == b"first"


def test_whoever_may_not_even_choose_it_takes_nothing(document, django_user_model):
    stranger = django_user_model.objects.create_user("eve")
    with pytest.raises(NotAllowed):
        save(document, stranger)


def test_any_format_can_be_saved(make_document, ada, drive):
    save(make_document(b"%PDF", name="a.pdf"), ada, name="a.pdf")
    assert drive.content == b"%PDF"


def test_without_an_account(document, ada, microsoft):
    with pytest.raises(NotConnected):
        save(document, ada)


def test_a_file_that_vanished(document, ada, drive):
    document.file.storage.delete(document.file.name)
    with pytest.raises(FileMissing):
        save(document, ada)


def test_it_is_in_the_log(document, ada, drive):
    from wagtail.models import ModelLogEntry

    save(document, ada, folder="Press")
    entry = ModelLogEntry.objects.get(action="wagtail_m365.save")
    assert entry.user == ada
    assert entry.data == {"name": "copy.docx", "folder": "Press"}


@pytest.fixture
def report(make_document, sample):
    """A library rewrites it on arrival, so that its hash tells nothing."""
    return make_document(sample("quarterly-report.docx"), name="report.docx")


def test_a_copy_that_a_library_rewrote_is_compared_with_what_was_sent(
    report, ada, drive, microsoft
):
    microsoft.clear_requests()
    save(report, ada)
    assert any(
        call.method == "GET" and call.service == "storage"
        for call in microsoft.requests
    )


def test_a_rewritten_copy_with_another_content_is_no_success(report, ada, drive):
    listeners = drive.seam.drive.listeners

    def damage(_drive, item, _change):
        listeners.remove(damage)
        drive.seam.edit(f"/{item.name}", b"PK\x03\x04 and nothing of a document")

    listeners.append(damage)
    with pytest.raises(ContentMismatch) as raised:
        save(report, ada)
    assert raised.value.code == "copy_not_as_sent"


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "throttled", "retry_after": 3000},
        {"name": "changed_during_download"},
    ],
)
def test_a_copy_that_cannot_be_looked_at_has_arrived_all_the_same(
    report, ada, drive, microsoft, fault
):
    microsoft.fail(times=20, service="storage", method="GET", **fault)
    item = save(report, ada)
    assert drive.path == item.name == "copy.docx"
