from __future__ import annotations

import io
from functools import partial

import pytest

from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.resolving import (
    keep_both,
    keep_ours,
    take_theirs,
    update_copy,
)
from wagtail_m365.documents.writing_back import replace_file
from wagtail_m365.errors import BothChanged, ItemLocked, NotAllowed
from wagtail_m365.models import DocumentVersion, EditSession

OURS, THEIRS = b"edited on the site", b"edited in Word"


@pytest.fixture
def drive(document, ada, ben, connect, onedrive):
    """Both sides have changed since ada opened the document."""
    drive = onedrive(connect(ada))
    open_document(document, ada)
    drive.edit(THEIRS)
    document.refresh_from_db()
    replace_file(document, ben, io.BytesIO(OURS), expected_hash=document.file_hash)
    with pytest.raises(BothChanged):
        bring_back(document, ada)
    return drive


def kept(document):
    found = []
    for version in DocumentVersion.objects.of_document(document).kept():
        with version.file.storage.open(version.file.name) as file:
            found.append(file.read())
    return found


def test_theirs_is_taken_and_ours_is_kept(document, ada, drive, read):
    assert take_theirs(document, ada).outcome == "taken"
    assert read(document) == THEIRS
    assert set(kept(document)) == {b"first", OURS}
    session = EditSession.objects.get()
    assert session.state == "open"
    assert bring_back(document, ada).outcome == "unchanged"


def test_theirs_is_taken_and_the_copy_is_gone(document, ada, drive, read):
    assert take_theirs(document, ada, close=True).closed
    assert read(document) == THEIRS
    assert drive.paths == []
    assert EditSession.objects.get().state == "brought_back"


def test_ours_is_kept_and_theirs_becomes_a_version(document, ada, drive, read):
    outcome = keep_ours(document, ada)
    assert read(document) == OURS
    assert set(kept(document)) == {b"first", THEIRS}
    assert outcome.version.saved_by == ada
    assert outcome.version.source == "brought_back"


def test_editing_goes_on_with_ours(document, ada, drive, read):
    keep_ours(document, ada)
    assert drive.content == OURS
    drive.edit(b"edited once more")
    assert bring_back(document, ada).outcome == "taken"
    assert read(document) == b"edited once more"


def test_ours_is_kept_and_the_copy_is_gone(document, ada, drive, read):
    assert keep_ours(document, ada, close=True).closed
    assert drive.paths == []
    assert read(document) == OURS
    assert THEIRS in kept(document)


def test_a_choice_made_twice_keeps_one_version(document, ada, drive):
    keep_ours(document, ada)
    EditSession.objects.update(state="conflict", base_sha256="", base_quick_xor="")
    keep_ours(document, ada)
    assert kept(document).count(THEIRS) == 1


def test_what_is_open_in_word_is_not_overwritten(document, ada, drive):
    drive.seam.lock(drive.path)
    with pytest.raises(ItemLocked):
        keep_ours(document, ada)
    assert drive.content == THEIRS
    assert THEIRS in kept(document)


def test_both_are_kept_as_two_documents(document, ada, drive, read):
    both = keep_both(document, ada)
    assert read(document) == OURS
    assert read(both.document) == THEIRS
    assert both.document.title == "Report (edited in Microsoft 365)"
    assert both.document.collection == document.collection
    assert both.document.uploaded_by_user == ada
    assert [tag.name for tag in both.document.tags.all()] == ["press"]
    assert both.document.file_size == len(THEIRS)
    assert drive.paths == []
    assert EditSession.objects.get().state == "brought_back"


def test_whoever_may_not_add_documents_cannot_keep_both(
    document, make_editor, connect, onedrive
):
    editor = make_editor("dora", "change_document")
    drive = onedrive(connect(editor))
    open_document(document, editor)
    drive.edit(THEIRS)
    with pytest.raises(NotAllowed):
        keep_both(document, editor)
    assert drive.content == THEIRS


def test_a_newer_file_is_sent_to_an_untouched_copy(
    document, ada, ben, connect, onedrive
):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    replace_file(document, ben, io.BytesIO(OURS), expected_hash=document.file_hash)
    assert bring_back(document, ada).site_changed
    update_copy(document, ada)
    assert drive.content == OURS
    assert not bring_back(document, ada).site_changed


def test_an_edited_copy_is_not_overwritten_by_a_newer_file(document, ada, drive):
    with pytest.raises(BothChanged):
        update_copy(document, ada)
    assert drive.content == THEIRS


@pytest.mark.parametrize("choose", [keep_both, partial(keep_ours, close=True)])
def test_what_was_chosen_is_not_asked_again_where_the_copy_stays_open(
    document, ada, drive, read, choose
):
    drive.seam.lock(drive.path)
    assert choose(document, ada).stays_open == "locked"
    drive.seam.unlock(drive.path)
    assert bring_back(document, ada, close=True).closed
    assert read(document) == OURS
    assert drive.paths == []


def test_what_is_saved_after_the_choice_is_a_change_like_any_other(
    document, ada, drive, read
):
    drive.seam.lock(drive.path)
    keep_both(document, ada)
    drive.seam.unlock(drive.path)
    drive.edit(b"once more in Word")
    with pytest.raises(BothChanged):
        bring_back(document, ada, close=True)
    assert read(document) == OURS
