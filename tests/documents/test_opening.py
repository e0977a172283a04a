from __future__ import annotations

import hashlib

import pytest
from django.core.exceptions import ObjectDoesNotExist

from tests.throttled import the_wait_is_over
from wagtail_m365.documents import formats
from wagtail_m365.documents.bringing_back import bring_back, check, discard
from wagtail_m365.documents.noticed_sessions import OpenSessions, look
from wagtail_m365.documents.opening import open_document, preflight
from wagtail_m365.errors import (
    AlreadyOpen,
    DocumentError,
    FileMissing,
    FormatNotEditable,
    NotAllowed,
    NotConnected,
    QuotaExceeded,
    TemporarilyUnavailable,
)
from wagtail_m365.models import EditSession

from .storages import Died


def test_the_file_arrives_in_a_folder_of_its_own(document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    opened = open_document(document, ada)
    assert drive.path.endswith("/report.docx")
    assert drive.path.count("/") >= 3
    assert opened.web_url.startswith("http")
    assert not opened.resumed


def test_the_ledger_tells_who_has_it_and_what_was_sent(document, ada, connect):
    connection = connect(ada)
    opened = open_document(document, ada)
    session = EditSession.objects.get()
    assert session == opened.session
    assert session.state == "open"
    assert session.owner == ada
    assert session.connection == connection
    assert session.open_for == document
    assert session.base_sha256 == hashlib.sha256(b"first").hexdigest()
    assert session.base_file_hash == document.file_hash
    assert session.base_size == 5
    assert session.base_etag
    assert session.base_ctag
    assert session.base_quick_xor
    assert session.remote_copy == "there"


def test_opening_again_goes_on_with_the_same_file(document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    first = open_document(document, ada)
    second = open_document(document, ada)
    assert second.resumed
    assert second.session == first.session
    assert second.web_url == first.web_url
    assert len(drive.paths) == 1


def test_somebody_else_is_told_who_has_it(document, ada, ben, connect):
    connect(ada)
    connect(ben)
    session = open_document(document, ada).session
    with pytest.raises(AlreadyOpen) as refused:
        open_document(document, ben)
    assert refused.value.session == session
    assert refused.value.facts["owner"] == "ada"
    assert refused.value.facts["since"] == session.opened_at


def test_equal_names_do_not_meet(make_document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    one, other = make_document(b"one"), make_document(b"other")
    other.file.name = one.file.name
    open_document(one, ada)
    open_document(make_document(b"three", name="report.docx"), ada)
    names = [path.rpartition("/")[2] for path in drive.paths]
    assert len(drive.paths) == 2
    assert names[0] == "report.docx"


def test_a_name_that_onedrive_refuses_is_written_another_way(
    make_document, ada, connect, onedrive, document
):
    drive = onedrive(connect(ada))
    storage = document.file.storage
    with storage.open(document.file.name) as file:
        document.file.name = storage.save("documents/_vti_prices.docx", file)
    document.save()
    open_document(document, ada)
    assert "prices.docx" in drive.path
    assert "_vti_" not in drive.path


def test_a_copy_that_was_deleted_is_sent_anew(document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    first = open_document(document, ada).session
    drive.seam.delete(drive.path)
    second = open_document(document, ada)
    assert second.session != first
    assert not second.resumed
    assert drive.content == b"first"
    first.refresh_from_db()
    assert first.state == "lost"
    assert first.open_for is None
    assert first.closing_reason == "item_not_found"


def test_a_moved_copy_is_still_the_same(document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    first = open_document(document, ada).session
    drive.seam.rename(drive.path, "prices 2027.docx")
    second = open_document(document, ada)
    assert second.session == first
    first.refresh_from_db()
    assert first.item_name == "prices 2027.docx"


def test_without_an_account_nothing_is_written(document, ada, microsoft):
    with pytest.raises(NotConnected):
        open_document(document, ada)
    assert not EditSession.objects.exists()


def test_another_persons_account_is_refused(document, ada, ben, connect):
    connect(ada)
    foreign = connect(ben)
    with pytest.raises(NotAllowed):
        open_document(document, ada, connection=foreign)


def test_whoever_may_not_edit_it_learns_nothing_else(make_document, make_editor):
    reader = make_editor("cleo", "choose_document")
    (refusal,) = preflight(make_document(name="letter.doc"), reader)
    assert isinstance(refusal, NotAllowed)


@pytest.mark.parametrize(
    ("name", "code"),
    [("letter.doc", "legacy_format"), ("a.pdf", "format_not_editable")],
)
def test_a_format_that_office_cannot_edit_is_named(make_document, ada, name, code):
    (refusal,) = preflight(make_document(name=name), ada)
    assert isinstance(refusal, FormatNotEditable)
    assert refusal.code == code
    with pytest.raises(FormatNotEditable):
        open_document(make_document(name=name), ada)


def test_a_file_that_vanished_is_named(document, ada):
    document.file.storage.delete(document.file.name)
    (refusal,) = preflight(document, ada)
    assert isinstance(refusal, FileMissing)


def test_a_file_that_a_cloud_storage_misses_is_named(document, ada, connect, streaming):
    connect(ada)
    document.file.storage.delete(document.file.name)
    (refusal,) = preflight(document, ada)
    assert isinstance(refusal, FileMissing)
    with pytest.raises(FileMissing):
        open_document(document, ada)


def test_an_empty_file_is_named(make_document, ada):
    (refusal,) = preflight(make_document(b""), ada)
    assert isinstance(refusal, DocumentError)
    assert refusal.code == "empty_file"


def test_a_file_that_office_for_the_web_cannot_edit_for_its_size_is_named(
    make_document, ada, monkeypatch
):
    document = make_document()
    size = formats.editable(document.filename).browser_limit + 1
    monkeypatch.setattr(type(document.file), "size", size)
    (refusal,) = preflight(document, ada)
    assert refusal.code == "too_large"
    assert refusal.facts["limit"] == size - 1


def test_a_private_document_may_be_held_back(document, ada, microsoft, settings):
    from wagtail.models import CollectionViewRestriction

    CollectionViewRestriction.objects.create(
        collection=document.collection, restriction_type="login"
    )
    assert not preflight(document, ada)
    settings.WAGTAIL_M365 = microsoft.settings(PRIVATE_COLLECTIONS="forbid")
    (refusal,) = preflight(document, ada)
    assert refusal.code == "private_collection"


def test_a_full_drive_leaves_the_document_free(document, ada, ben, connect, microsoft):
    connect(ada)
    connect(ben)
    microsoft.fail("quota_exceeded")
    with pytest.raises(QuotaExceeded):
        open_document(document, ada)
    assert not EditSession.objects.unfinished().exists()
    assert open_document(document, ben).session.owner == ben


def test_a_lost_answer_leaves_no_second_copy(
    document, ada, connect, onedrive, microsoft
):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    session = EditSession.objects.get()
    # As a death between the upload and the ledger leaves it.
    EditSession.objects.update(state="opening", item_id="", remote_copy="none")
    opened = open_document(document, ada)
    assert opened.session == session
    assert len(drive.paths) == 1
    assert opened.session.state == "open"


def test_a_death_at_any_write_is_gone_on_from(
    make_document, ada, connect, onedrive, saboteur
):
    from django.db import connection as database

    drive = onedrive(connect(ada))
    for step in range(1, 40):
        document = make_document(name=f"report{step}.docx")
        saboteur.arm(step, Died)
        try:
            with database.execute_wrapper(saboteur.query):
                open_document(document, ada)
        except Died:
            pass
        finally:
            saboteur.disarm()
        opened = open_document(document, ada)
        assert opened.session.state == "open"
        assert opened.session.base_sha256 == hashlib.sha256(b"first").hexdigest()
        names = [path for path in drive.paths if path.endswith(f"/report{step}.docx")]
        assert len(names) == 1


def test_an_outage_is_told_and_gone_on_from(
    document, ada, connect, onedrive, microsoft
):
    drive = onedrive(connect(ada))
    microsoft.fail("throttled", times=20, where={"method": "PUT"}, retry_after=600)
    with pytest.raises(TemporarilyUnavailable):
        open_document(document, ada)
    microsoft.clock.advance(601)
    the_wait_is_over()
    microsoft.world.faults.clear()
    assert open_document(document, ada).session.state == "open"
    assert drive.content == b"first"


def test_a_person_who_is_gone_blocks_nobody(document, ada, ben, connect):
    connect(ada)
    connect(ben)
    session = open_document(document, ada).session
    ada.delete()
    assert open_document(document, ben).session.owner == ben
    session.refresh_from_db()
    assert (session.state, session.closing_reason) == ("lost", "owner_gone")


def test_a_large_file_is_sent_in_pieces(make_document, ada, connect, onedrive):
    content = b"x" * (5 * 1024 * 1024 + 17)
    drive = onedrive(connect(ada))
    document = make_document(content)
    open_document(document, ada)
    assert drive.content == content


def test_a_storage_without_paths_will_do(
    saboteur, make_document, ada, connect, onedrive
):
    document = make_document(b"in memory")
    with pytest.raises(NotImplementedError):
        assert document.file.path
    drive = onedrive(connect(ada))
    open_document(document, ada)
    assert drive.content == b"in memory"


def test_nothing_is_asked_of_microsoft_in_a_transaction(document, ada, connect):
    """A session that is not committed would be lost with the transaction."""
    connect(ada)
    document.refresh_from_db()
    with pytest.raises(ObjectDoesNotExist):
        _ = document.m365_open_session


@pytest.fixture
def gone_account(document, ada, ben, connect, onedrive):
    """Ada has disconnected the account that holds the copy, and connected another one."""
    connection = connect(ada)
    drive = onedrive(connection)
    open_document(document, ada)
    drive.edit(b"second")
    drive.connection, pk = connection, connection.pk
    connection.delete()
    connection.pk = pk
    drive.other = connect(ben)
    type(connection).objects.update(user=ada, default_for=ada)
    return drive


@pytest.fixture
def taken_over(gone_account):
    """Not only that: the session's own connection is another account's by now."""
    EditSession.objects.update(connection=gone_account.other)
    return gone_account


@pytest.mark.parametrize("how", ["gone_account", "taken_over"])
@pytest.mark.parametrize("deed", [open_document, bring_back, check])
def test_what_another_account_does_not_see_is_not_lost(
    how, deed, document, ada, request
):
    request.getfixturevalue(how)
    with pytest.raises(NotConnected) as refused:
        deed(document, ada)
    assert refused.value.code == "account_gone"
    assert "ada@contoso" in refused.value.explanation.what
    session = EditSession.objects.get()
    assert (session.state, session.remote_copy) == ("open", "there")


def test_nobody_looks_for_the_copy_in_another_account(taken_over):
    assert not look(EditSession.objects.get())
    assert list(OpenSessions().places()) == []
    assert EditSession.objects.get().remote_copy == "there"


def test_the_account_that_is_connected_again_goes_on_with_its_copy(
    document, ada, gone_account
):
    """Whichever of the person's accounts is the default one by now."""
    again = gone_account.connection
    again.default_for = None
    again.save(force_insert=True)
    opened = open_document(document, ada)
    assert opened.resumed
    assert opened.session.connection == again


@pytest.mark.parametrize("deed", [bring_back, check, discard])
def test_it_need_not_be_opened_for_that(deed, document, ada, gone_account):
    again = gone_account.connection
    again.default_for = None
    again.save(force_insert=True)
    deed(document, ada)
    session = EditSession.objects.get()
    assert session.connection == again
    assert session.remote_copy in {"there", "deleted"}


@pytest.mark.parametrize("how", ["gone_account", "taken_over"])
def test_a_copy_that_nobody_reaches_is_left_to_its_owner_and_the_document_is_free(
    how, document, ada, request
):
    drive = request.getfixturevalue(how)
    assert discard(document, ada).remote_copy == "left_to_owner"
    assert drive.content == b"second"
    assert not open_document(document, ada).resumed
