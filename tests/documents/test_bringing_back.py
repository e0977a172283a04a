from __future__ import annotations

import hashlib
import io
import re
from contextlib import suppress

import pytest
import responses
from django.db import connection as database

from wagtail_m365.documents.bringing_back import bring_back, check, discard
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.writing_back import replace_file
from wagtail_m365.errors import (
    AlreadyOpen,
    BothChanged,
    ItemLocked,
    ItemNotFound,
    NothingOpen,
    TemporarilyUnavailable,
    WriteRefused,
    WrongState,
)
from wagtail_m365.models import DocumentVersion, EditSession

from .storages import Died

OLD, NEW = b"first", b"second, from Word"


@pytest.fixture
def drive(document, ada, connect, onedrive):
    """The document is open in ada's OneDrive."""
    drive = onedrive(connect(ada))
    open_document(document, ada)
    return drive


@pytest.fixture
def session(drive):
    return EditSession.objects.get()


def upload_on_the_site(document, user, content):
    document.refresh_from_db()
    replace_file(document, user, io.BytesIO(content), expected_hash=document.file_hash)


def kept(document):
    found = []
    for version in DocumentVersion.objects.of_document(document).kept():
        with version.file.storage.open(version.file.name) as file:
            found.append(file.read())
    return found


def test_what_was_edited_becomes_the_documents_file(document, ada, drive, read):
    url = document.url
    drive.edit(NEW)
    brought = bring_back(document, ada, comment="New prices")
    assert brought.outcome == "taken"
    assert read(document) == NEW
    assert kept(document) == [OLD]
    document.refresh_from_db()
    assert document.url == url
    assert document.title == "Report"
    assert [tag.name for tag in document.tags.all()] == ["press"]
    assert brought.version.successor_comment == "New prices"
    assert brought.version.edit_session == EditSession.objects.get()


def test_a_storage_that_gives_streams_is_as_good_as_any(
    document, ada, drive, read, streaming
):
    drive.edit(NEW)
    assert bring_back(document, ada).outcome == "taken"
    assert read(document) == NEW
    assert kept(document) == [OLD]


def test_an_untouched_copy_makes_no_version(document, ada, drive, read, microsoft):
    microsoft.clear_requests()
    brought = bring_back(document, ada)
    assert brought.outcome == "unchanged"
    assert brought.version is None
    assert not brought.site_changed
    assert not DocumentVersion.objects.exists()
    assert not [one for one in microsoft.requests if "content" in one.path]


def test_editing_goes_on_after_it_was_brought_back(document, ada, drive, read):
    drive.edit(NEW)
    bring_back(document, ada)
    assert bring_back(document, ada).outcome == "unchanged"
    drive.edit(b"third")
    assert bring_back(document, ada).outcome == "taken"
    assert read(document) == b"third"
    assert sorted(kept(document)) == sorted([OLD, NEW])


def test_tags_that_move_without_an_edit_change_nothing(document, ada, session, drive):
    EditSession.objects.update(base_ctag="other", base_quick_xor="", base_etag="other")
    assert bring_back(document, ada).outcome == "unchanged"
    session.refresh_from_db()
    assert session.base_ctag == session.remote_ctag


def test_properties_of_a_library_are_no_edit(make_document, ada, connect, sample, read):
    content = sample("quarterly-report.docx")
    connect(ada)
    document = make_document(content, name="quarterly.docx")
    open_document(document, ada)
    # Also where Microsoft tells nothing that would spare the comparison.
    EditSession.objects.update(base_ctag="", base_quick_xor="")
    assert bring_back(document, ada).outcome == "unchanged"
    assert read(document) == content


def test_only_the_site_changed(document, ada, ben, drive, read):
    upload_on_the_site(document, ben, b"from the site")
    brought = bring_back(document, ada)
    assert brought.outcome == "unchanged"
    assert brought.site_changed
    assert read(document) == b"from the site"
    assert drive.content == OLD
    assert EditSession.objects.get().state == "open"


def test_both_changed_and_nothing_is_touched(document, ada, ben, drive, read):
    upload_on_the_site(document, ben, b"from the site")
    drive.edit(NEW)
    with pytest.raises(BothChanged):
        bring_back(document, ada, close=True)
    assert read(document) == b"from the site"
    assert drive.content == NEW
    assert kept(document) == [OLD]
    assert EditSession.objects.get().state == "conflict"


def test_a_conflict_is_told_again_and_again(document, ada, ben, drive):
    upload_on_the_site(document, ben, b"from the site")
    drive.edit(NEW)
    for _ in range(2):
        with pytest.raises(BothChanged):
            bring_back(document, ada)


def test_both_sides_with_one_content_are_no_conflict(document, ada, ben, drive, read):
    upload_on_the_site(document, ben, NEW)
    drive.edit(NEW)
    assert bring_back(document, ada).outcome == "unchanged"
    assert read(document) == NEW
    drive.edit(b"third")
    assert bring_back(document, ada).outcome == "taken"


def test_a_conflict_is_over_when_one_side_goes_back(document, ada, ben, drive, session):
    upload_on_the_site(document, ben, b"from the site")
    drive.edit(NEW)
    with pytest.raises(BothChanged):
        bring_back(document, ada)
    upload_on_the_site(document, ben, OLD)
    assert bring_back(document, ada).outcome == "taken"
    session.refresh_from_db()
    assert session.state == "open"


def test_closing_deletes_the_copy_and_its_folder(document, ada, drive, read, session):
    drive.edit(NEW)
    brought = bring_back(document, ada, close=True)
    assert brought.closed
    assert read(document) == NEW
    assert drive.paths == []
    assert len(drive.seam.items()) == 2  # Apps, and the app's own folder
    session.refresh_from_db()
    assert session.state == "brought_back"
    assert session.remote_copy == "in_recycle_bin"
    assert session.open_for is None
    assert session.closed_at


def test_where_nothing_is_deleted_for_good_it_says_so(document, ada, connect, onedrive):
    drive = onedrive(connect(ada, personal=True))
    session = open_document(document, ada).session
    assert bring_back(document, ada, close=True).closed
    assert drive.paths == []
    session.refresh_from_db()
    assert session.remote_copy == "in_recycle_bin"


def test_a_file_that_is_still_open_in_word_stays(document, ada, drive, read, session):
    drive.edit(NEW)
    drive.seam.lock(drive.path)
    brought = bring_back(document, ada, close=True)
    assert (brought.outcome, brought.closed) == ("taken", False)
    assert brought.stays_open == "locked"
    assert read(document) == NEW
    drive.edit(b"saved once more")
    drive.seam.unlock(drive.path)
    assert bring_back(document, ada, close=True).closed
    assert read(document) == b"saved once more"


def test_what_others_put_beside_it_stays(document, ada, drive):
    folder = drive.path.rpartition("/")[0]
    drive.seam.put(f"{folder}/notes.docx", b"mine")
    bring_back(document, ada, close=True)
    assert drive.content == b"mine"


def test_another_editor_is_told_whose_it_is(document, ada, ben, connect, drive):
    connect(ben)
    drive.edit(NEW)
    with pytest.raises(AlreadyOpen) as refused:
        bring_back(document, ben)
    assert refused.value.session.owner == ada


def test_what_is_not_open_cannot_be_brought_back(document, ada):
    with pytest.raises(NothingOpen):
        bring_back(document, ada)


def test_a_copy_that_is_gone_ends_the_session(document, ada, drive, read, session):
    drive.seam.delete(drive.path)
    with pytest.raises(ItemNotFound):
        bring_back(document, ada)
    assert read(document) == OLD
    session.refresh_from_db()
    assert (session.state, session.remote_copy) == ("lost", "gone")


def test_a_copy_is_not_gone_because_its_content_was_not_found(
    document, ada, drive, read, session
):
    drive.edit(NEW)
    with responses.RequestsMock() as between:
        between.add_passthru("http://")
        between.add("GET", re.compile(".*/content$"), status=404)
        with pytest.raises(TemporarilyUnavailable):
            bring_back(document, ada)
    session.refresh_from_db()
    assert session.state == "open"
    bring_back(document, ada)
    assert read(document) == NEW


def test_the_sites_form_may_refuse_what_comes_back(
    document, ada, drive, read, settings
):
    settings.WAGTAILDOCS_MAX_UPLOAD_SIZE = 10
    drive.edit(NEW)
    with pytest.raises(WriteRefused):
        bring_back(document, ada, close=True)
    assert read(document) == OLD
    assert drive.content == NEW


def test_a_protected_file_is_not_published(document, ada, drive, read):
    drive.edit(bytes.fromhex("d0cf11e0a1b11ae1") + b"encrypted")
    with pytest.raises(WriteRefused) as refused:
        bring_back(document, ada)
    assert refused.value.code == "file_protected"
    assert read(document) == OLD


def test_an_outage_touches_nothing(document, ada, drive, read, microsoft):
    drive.edit(NEW)
    microsoft.fail("throttled", times=20, retry_after=600)
    with pytest.raises(TemporarilyUnavailable):
        bring_back(document, ada)
    assert read(document) == OLD


def test_a_session_that_is_still_being_sent_waits(document, ada, drive):
    EditSession.objects.update(state="opening")
    with pytest.raises(WrongState):
        bring_back(document, ada)


def test_a_death_at_any_step_loses_nothing(struck, make_document, ada, read):
    step, died = 0, True
    while died:
        step += 1
        document = make_document(OLD, name=f"report{step}.docx")
        path = struck.open_and_edit(document, ada)
        died = struck.dies_at(step, document, ada)
        assert NEW in [read_or_none(document, read), *copies(struck.drive, path)]
        # It was closed already, or it was lost with everything taken.
        with suppress(NothingOpen, ItemNotFound):
            bring_back(document, ada, close=True)
        assert read(document) == NEW
        assert OLD in kept(document)
        row = type(document).objects.get(pk=document.pk)
        assert row.file_hash == hashlib.sha1(NEW).hexdigest()
        assert row.filename == f"report{step}.docx"
    assert step > 20


def test_who_saves_at_any_step_of_closing_loses_nothing(
    struck, make_document, ada, read
):
    step, reached = 0, True
    while reached:
        step += 1
        document = make_document(OLD, name=f"report{step}.docx")
        path = struck.open_and_edit(document, ada)
        reached = struck.somebody_saves_at(step, path, document, ada)
        assert struck.saved in [read(document), *copies(struck.drive, path)]
    assert step > 20


@pytest.fixture
def struck(saboteur, connect, ada, onedrive):
    return Struck(saboteur, onedrive(connect(ada)))


class Struck:
    """Documents whose way back is cut short."""

    def __init__(self, saboteur, drive):
        self.saboteur = saboteur
        self.drive = drive

    def open_and_edit(self, document, user):
        before = set(self.drive.paths)
        open_document(document, user)
        (path,) = set(self.drive.paths) - before
        self.drive.seam.edit(path, NEW)
        return path

    def somebody_saves_at(self, step, path, document, user):
        """In Word, while the document is brought back; false if it is over by then."""
        self.saved = NEW

        def save():
            # Once the copy is deleted, Word cannot save into it any more.
            with suppress(LookupError):
                self.drive.seam.edit(path, late := f"saved at step {step}".encode())
                self.saved = late

        self.saboteur.arm(step, save)
        with database.execute_wrapper(self.saboteur.query):
            bring_back(document, user, close=True)
        self.saboteur.disarm()
        return self.saboteur.steps >= step

    def dies_at(self, step, document, user):
        self.saboteur.arm(step, Died)
        try:
            with database.execute_wrapper(self.saboteur.query):
                bring_back(document, user, close=True)
        except Died:
            return True
        finally:
            self.saboteur.disarm()
        return False


def read_or_none(document, read):
    try:
        return read(document)
    except FileNotFoundError:
        return None


def copies(drive, path):
    return [drive.seam.file(path)] if path in drive.paths else []


def test_discarding_drops_the_copy_only(document, ada, drive, read, session):
    drive.edit(NEW)
    discard(document, ada)
    assert drive.paths == []
    assert read(document) == OLD
    session.refresh_from_db()
    assert session.state == "discarded"
    assert open_document(document, ada).session != session


def test_what_is_open_in_word_cannot_be_discarded(document, ada, drive, session):
    drive.seam.lock(drive.path)
    with pytest.raises(ItemLocked):
        discard(document, ada)
    session.refresh_from_db()
    assert session.state == "open"


def test_a_check_tells_what_microsoft_tells(document, ada, drive, session):
    assert not check(session, ada).changed
    drive.edit(NEW)
    status = check(session, ada)
    assert status.changed
    assert status.modified_by == "Ada"
    assert status.quiet_for is not None
    session.refresh_from_db()
    assert session.remote_checked_at
    assert session.remote_ctag != session.base_ctag
    assert session.state == "open"


def test_each_step_is_in_the_log_without_a_secret(document, ada, drive):
    from wagtail.models import ModelLogEntry

    drive.edit(NEW)
    bring_back(document, ada, close=True)
    entries = ModelLogEntry.objects.filter(action__startswith="wagtail_m365")
    assert [one.action for one in entries.order_by("timestamp")] == [
        "wagtail_m365.open",
        "wagtail_m365.bring_back",
    ]
    assert "http" not in str([one.data for one in entries])
    assert all(one.user == ada for one in entries)
    assert "report.docx" in str(entries[0].formatter.format_message(entries[0]))


def test_others_are_told_that_it_was_brought_back(
    document, ada, drive, django_capture_on_commit_callbacks
):
    from wagtail_m365.signals import document_brought_back

    heard = []

    def listen(**told):
        heard.append((told["document"], told["user"], told["version"]))

    document_brought_back.connect(listen)
    drive.edit(NEW)
    with django_capture_on_commit_callbacks(execute=True):
        version = bring_back(document, ada).version
    document_brought_back.disconnect(listen)
    assert heard == [(document, ada, version)]
