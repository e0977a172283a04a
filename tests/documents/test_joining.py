"""A second editor goes to the copy that somebody else has opened."""

from __future__ import annotations

import pytest

from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.checking import check
from wagtail_m365.documents.closing import discard, end
from wagtail_m365.documents.joining import join
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.previewing import preview
from wagtail_m365.errors import AlreadyOpen, Forbidden, NotAllowed, WrongState
from wagtail_m365.models import Connection, EditSession, JoinedEditor

NEW = b"edited together"


@pytest.fixture
def drive(document, ada, connect, onedrive):
    connection = connect(ada)
    open_document(document, ada)
    drive = onedrive(connection)
    drive.item = drive.seam.item(drive.path)
    return drive


def test_a_link_is_made_for_the_organisation_and_for_nobody_else(document, ben, drive):
    url = join(document, ben)
    (grant,) = drive.item.grants
    assert (grant.scope, grant.link) == ("organization", "edit")
    assert grant.token in url.reveal()


def test_no_link_is_made_before_somebody_asks(drive):
    assert drive.item.grants == []


def test_the_address_is_kept_nowhere(document, ben, drive, caplog):
    url = join(document, ben).reveal()
    session = EditSession.objects.get()
    kept = [str(value) for value in vars(session).values()]
    log = [str(entry.data) for entry in _log_entries(document)]
    assert not any(url in text or "/s/" in text for text in [*kept, *log, caplog.text])


def _log_entries(document):
    from wagtail.models import ModelLogEntry

    return ModelLogEntry.objects.for_instance(document)


def test_joining_is_noted_once_and_written_to_the_log(document, ben, drive):
    join(document, ben)
    join(document, ben)
    assert JoinedEditor.objects.get().user == ben
    actions = [entry.action for entry in _log_entries(document)]
    assert actions.count("wagtail_m365.join") == 1


def test_what_both_edited_is_brought_back_by_the_owner(document, ben, drive, read):
    join(document, ben)
    drive.edit(NEW)
    owner = EditSession.objects.get().owner
    with pytest.raises(AlreadyOpen):
        bring_back(document, ben)
    assert bring_back(document, owner, close=True).closed
    assert read(document) == NEW


def test_what_others_saved_is_in_the_recycle_bin_after_a_discard(
    document, ada, ben, drive
):
    join(document, ben)
    drive.edit(NEW)
    assert discard(document, ada).remote_copy == "in_recycle_bin"


def test_a_session_that_an_admin_ends_takes_the_link_away(
    document, ben, drive, django_user_model
):
    join(document, ben)
    boss = django_user_model.objects.create_superuser("boss", "boss@example.org", "x")
    end(document, boss)
    assert drive.item.grants == []


def test_a_site_may_forbid_links(document, ben, drive, settings):
    settings.WAGTAIL_M365 |= {"JOIN_BY_LINK": "forbid"}
    with pytest.raises(NotAllowed) as refused:
        join(document, ben)
    assert refused.value.code == "joining_forbidden"
    assert drive.item.grants == []
    assert not JoinedEditor.objects.exists()


def test_a_personal_onedrive_gives_no_link_and_that_is_explained(
    document, ada, ben, connect, settings
):
    settings.WAGTAIL_M365 |= {"TENANT": "common"}
    connect(ada, personal=True)
    open_document(document, ada)
    with pytest.raises(Forbidden) as refused:
        join(document, ben)
    assert refused.value.code == "link_refused"


def test_a_tenant_that_gives_no_links_is_explained(document, ben, drive, microsoft):
    microsoft.fail("sharing_refused")
    with pytest.raises(Forbidden) as refused:
        join(document, ben)
    assert refused.value.code == "link_refused"
    assert not JoinedEditor.objects.exists()


def test_whoever_may_not_edit_the_document_does_not_join(document, make_editor, drive):
    reader = make_editor("cleo", "choose_document")
    with pytest.raises(NotAllowed):
        join(document, reader)
    assert drive.item.grants == []


def test_the_owner_has_nothing_to_join(document, ada, drive):
    with pytest.raises(WrongState) as refused:
        join(document, ada)
    assert refused.value.code == "already_yours"


def test_an_owner_who_is_disconnected_is_named_as_the_reason(document, ben, drive):
    Connection.objects.all().delete()
    with pytest.raises(WrongState) as refused:
        join(document, ben)
    assert refused.value.code == "owner_unreachable"


def test_a_lock_is_told_and_the_question_leaves_no_trace(document, ada, drive):
    before = (drive.item.etag_number, drive.item.ctag_number, len(drive.item.versions))
    assert not check(document, ada).locked
    drive.seam.lock(drive.path)
    assert check(document, ada).locked
    drive.seam.unlock(drive.path)
    item = drive.item
    assert (item.etag_number, item.ctag_number, len(item.versions)) == before
    assert EditSession.objects.get().remote_locked_at
    assert bring_back(document, ada, close=True).closed


def test_the_owner_gets_a_preview(document, ada, drive):
    assert preview(document, ada).reveal().startswith("http")


def test_nobody_else_sees_a_copy_in_somebodys_onedrive(document, ben, drive):
    with pytest.raises(AlreadyOpen):
        preview(document, ben)


def test_a_preview_that_microsoft_refuses_is_explained(document, ada, drive, microsoft):
    microsoft.fail("preview_refused")
    with pytest.raises(WrongState) as refused:
        preview(document, ada)
    assert refused.value.code == "no_preview"
