"""Copies in another folder of the OneDrive, and in a SharePoint or Teams library."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from wagtail_m365.documents import joining
from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.checking import check
from wagtail_m365.documents.closing import discard, end
from wagtail_m365.documents.handing_over import hand_over
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.previewing import preview
from wagtail_m365.documents.resolving import update_copy
from wagtail_m365.errors import Forbidden, ItemLocked, ItemNotFound, QuotaExceeded
from wagtail_m365.models import Connection, EditSession, M365Settings
from wagtail_m365.testing.fake.calls import state_of
from wagtail_m365.views.status_sentences import (
    sentence_about_check_out,
    sentence_about_copy,
)

from .conftest import OneDrive

NEW = b"edited in Word"


@pytest.fixture
def join_library(settings, microsoft):
    """A library that is chosen as the place, and connections that reach it."""

    def make(*connections, **how) -> OneDrive:
        for each in connections:
            _allow(microsoft, each)
        seam = microsoft.add_library("Press", connections[0].account, **how)
        folder = seam.folder("Website")
        settings.WAGTAIL_M365 |= {
            "EDIT_LOCATION": {"library": seam.drive.id, "folder": folder.id}
        }
        drive = OneDrive(seam)
        drive.microsoft, drive.owner = microsoft, connections[0].user
        return drive

    return make


def _allow(microsoft, connection) -> None:
    """The rights for libraries, as after a sign-in that asked for them."""
    scopes = {*connection.granted_scopes.split(), "Files.ReadWrite.All"}
    microsoft.world.consent(connection.account, microsoft.app, scopes)
    connection.granted_scopes = " ".join(sorted(scopes))
    connection.save()
    connection.access_tokens.all().delete()


@pytest.fixture
def manager(django_user_model):
    return django_user_model.objects.create_superuser("root")


@pytest.fixture
def hers(ada, connect):
    return connect(ada)


@pytest.fixture
def bens(ben, connect, microsoft):
    """A colleague's account that has the rights for libraries."""
    connection = connect(ben)
    _allow(microsoft, connection)
    return connection


def test_a_copy_goes_into_the_folder_of_the_onedrive_that_the_admin_named(
    document, ada, hers, onedrive, db
):
    M365Settings.objects.create(edit_place="onedrive", edit_path="Website/Editing")
    session = open_document(document, ada).session
    assert onedrive(hers).path.startswith("Website/Editing/")
    assert session.place == "onedrive"


def test_what_was_opened_before_the_place_changed_is_still_brought_back(
    document, hers, onedrive, read, settings
):
    ada = hers.user
    open_document(document, ada)
    settings.WAGTAIL_M365 |= {"EDIT_LOCATION": {"onedrive": "Elsewhere"}}
    onedrive(hers).edit(NEW)
    assert bring_back(document, ada, close=True).closed
    assert read(document) == NEW


class TestALibrary:
    @pytest.fixture
    def library(self, join_library, hers):
        return join_library(hers)

    def test_the_copy_lies_in_the_chosen_folder(self, document, ada, library):
        session = open_document(document, ada).session
        assert library.path.startswith("Website/")
        assert session.place == "library"
        assert session.drive_id == library.seam.drive.id

    def test_what_a_colleague_saved_there_is_brought_back_and_the_copy_goes(
        self, document, ada, library, read
    ):
        open_document(document, ada)
        library.edit(NEW)
        assert bring_back(document, ada, close=True).closed
        assert read(document) == NEW
        assert library.paths == []
        session = EditSession.objects.get()
        assert session.remote_copy == "in_recycle_bin"

    def test_what_the_library_writes_into_the_file_is_no_change(
        self, make_document, sample, ada, library
    ):
        document = make_document(sample("harbour-festival-press-release.docx"))
        open_document(document, ada)
        assert not check(document, ada).changed
        assert bring_back(document, ada).outcome == "unchanged"

    def test_what_is_discarded_can_be_fetched_from_the_recycle_bin(
        self, document, ada, library
    ):
        open_document(document, ada)
        library.edit(NEW)
        assert discard(document, ada).remote_copy == "in_recycle_bin"
        assert library.seam.restore("report.docx").blob.read() == NEW

    def test_a_folder_that_is_gone_is_named_and_the_document_stays_free(
        self, document, ada, library
    ):
        library.seam.delete("Website")
        with pytest.raises(ItemNotFound) as refused:
            open_document(document, ada)
        assert refused.value.code == "edit_folder_gone"
        assert not EditSession.objects.exists()

    def test_who_is_no_member_is_told_so(self, document, ben, connect, join_library):
        theirs = connect(ben)
        join_library(theirs, members={"somebody else"})
        with pytest.raises((Forbidden, ItemNotFound)) as refused:
            open_document(document, ben)
        assert refused.value.code in {"edit_folder_forbidden", "edit_folder_gone"}

    @pytest.fixture
    def other(self, bens, make_editor, connect):
        """Ben's second account."""
        other = connect(make_editor("bea"))
        other.user, other.default_for = bens.user, None
        other.save()
        return other

    def test_a_colleague_enters_with_the_account_that_reaches_it(
        self, document, hers, bens, other, join_library
    ):
        join_library(
            hers, other, members={hers.account.object_id, other.account.object_id}
        )
        opened = open_document(document, hers.user)

        assert joining.join(opened.session, bens.user).reveal()
        assert preview(opened.session, bens.user)

        Connection.objects.filter(pk=other.pk).delete()
        with pytest.raises(Forbidden) as refused:
            joining.join(opened.session, bens.user)
        assert refused.value.code == "library_not_reachable"

    def test_a_handed_over_file_stays_where_it_is(self, document, bens, library, read):
        ada, ben = library.owner, bens.user
        old = open_document(document, ada).session
        library.edit(NEW)
        path = library.path
        new = hand_over(document, ben, ada)
        assert library.path == path
        assert new.item_id == old.item_id
        old.refresh_from_db()
        assert (old.state, old.remote_copy) == ("handed_over", "passed_on")
        assert bring_back(document, ben, close=True).outcome == "taken"
        assert read(document) == NEW

    def test_nobody_gets_a_file_that_the_own_account_does_not_reach(
        self, document, bens, join_library, hers
    ):
        join_library(hers, members={hers.account.object_id})
        ada, ben = hers.user, bens.user
        session = open_document(document, ada).session
        with pytest.raises(Forbidden) as refused:
            hand_over(document, ben, ada)
        assert refused.value.code == "library_not_reachable"
        assert EditSession.objects.unfinished().get() == session


def test_a_site_that_was_granted_to_the_app_alone_is_enough(
    document, hers, join_library, settings, microsoft
):
    library = join_library(hers)
    settings.WAGTAIL_M365 |= {"LIBRARY_SCOPE": "Sites.Selected"}
    site = state_of(microsoft.world).sites[library.seam.drive.site_id]
    site.selected_for.add(microsoft.app.client_id)
    hers.granted_scopes = "User.Read Sites.Selected"
    hers.save()
    microsoft.world.consent(hers.account, microsoft.app, {"Sites.Selected"})
    assert open_document(document, hers.user).session.place == "library"
    assert bring_back(document, hers.user, close=True).closed
    used = {each.path for each in microsoft.requests if each.method == "DELETE"}
    assert used


class TestALibraryThatDemandsCheckOut:
    @pytest.fixture
    def library(self, join_library, hers):
        return join_library(hers, requires_check_out=True)

    @pytest.fixture
    def item(self, document, ada, library):
        open_document(document, ada)
        return library.seam.item(library.path)

    def test_colleagues_see_the_new_file_and_only_the_owner_edits_it(self, item, hers):
        assert not item.visible_to
        assert item.checked_out_by.id == hers.account.object_id

    def test_the_ledger_knows_who_has_it_checked_out(self, item):
        assert EditSession.objects.get().checked_out_by == "Ada"

    def test_what_is_brought_back_is_checked_in_with_its_comment(
        self, document, ada, library, item, hers
    ):
        library.edit(NEW)
        bring_back(document, ada, comment="Prices of June")
        assert item.versions[-1].comment == "Prices of June"
        assert item.checked_out_by.id == hers.account.object_id
        assert bring_back(document, ada).outcome == "unchanged"

    def test_closing_checks_in_first(self, document, ada, library, item, read):
        library.edit(NEW)
        assert bring_back(document, ada, close=True, comment="Last").closed
        assert read(document) == NEW
        assert item.checked_out_by is None
        assert item.versions[-1].comment == "Last"

    def test_what_waits_for_approval_is_checked_in_for_colleagues_too(
        self, document, library, item, hers, settings
    ):
        settings.WAGTAIL_M365 |= {"MODERATION": True}
        library.edit(NEW)
        pending = bring_back(document, library.owner, comment="for the chief")
        assert pending.outcome == "pending"
        assert item.versions[-1].comment == "for the chief"
        assert item.checked_out_by.id == hers.account.object_id

    def test_a_check_in_that_fails_loses_nothing_and_is_told(
        self, document, library, item, read
    ):
        library.edit(NEW)
        library.microsoft.fail("server_error", method="POST", path="/v1.0/drives")
        brought = bring_back(document, library.owner)
        assert brought.outcome == "taken"
        assert brought.stays_checked_out
        assert read(document) == NEW

    def test_a_file_that_somebody_else_has_checked_out_is_explained(
        self, document, bens, library, item
    ):
        ada, colleague = library.owner, bens.account
        item.checked_out_by = type(item.created_by)(id=colleague.object_id, name="Ben")
        library.edit(NEW)
        brought = bring_back(document, ada, close=True)
        assert brought.outcome == "taken"
        assert brought.stays_open == "checked_out"
        with pytest.raises(ItemLocked) as refused:
            discard(document, ada)
        assert refused.value.code == "checked_out_by_other"
        assert "Ben" in refused.value.explanation.what
        assert EditSession.objects.get().remote_locked_at

    def test_handing_over_hands_over_the_check_out_too(
        self, document, bens, library, item
    ):
        library.edit(NEW)
        hand_over(document, bens.user, library.owner)
        assert item.checked_out_by.id == bens.account.object_id
        assert item.blob.read() == NEW

    def test_a_session_that_an_admin_ends_is_checked_in_with_what_was_edited(
        self, document, library, item, manager
    ):
        library.edit(NEW)
        ended = end(document, manager)
        assert item.checked_out_by is None
        assert library.content == NEW
        assert not item.visible_to
        assert (ended.remote_copy, ended.checked_out_by) == ("left_to_owner", "")
        assert sentence_about_check_out(ended) == ""

    def test_where_that_is_refused_it_is_said_who_has_to_check_it_in(
        self, document, library, item, manager
    ):
        library.edit(NEW)
        library.microsoft.fail(
            "server_error", times=9, method="POST", path="/v1.0/drives"
        )
        ended = end(document, manager)
        assert ended.state == "discarded"
        assert item.checked_out_by
        assert library.content == NEW
        assert "checked out by Ada" in sentence_about_check_out(ended)
        stored = EditSession.objects.get()
        assert "checked out by Ada" in sentence_about_copy(stored)

    def test_it_is_said_too_where_the_owners_account_is_gone(
        self, document, library, item, manager, hers
    ):
        hers.delete()
        ended = end(document, manager)
        assert item.checked_out_by
        assert "checked out by Ada" in sentence_about_check_out(ended)

    def test_what_a_colleague_has_checked_out_stays_with_the_colleague(
        self, document, bens, library, item, manager
    ):
        colleague = bens.account
        item.checked_out_by = type(item.created_by)(id=colleague.object_id, name="Ben")
        ended = end(document, manager)
        assert item.checked_out_by.id == colleague.object_id
        assert "checked out by Ben" in sentence_about_check_out(ended)

    def test_the_sites_newer_file_goes_into_the_checked_out_copy(
        self, document, library, item
    ):
        document.file.save("report.docx", ContentFile(NEW), save=False)
        document._set_document_file_metadata()
        document.file.close()
        document.save()
        update_copy(document, library.owner)
        assert library.content == NEW


def test_a_file_that_does_not_fit_is_refused_before_anything_is_sent(
    document, ada, hers, onedrive, microsoft
):
    onedrive(hers).seam.set_quota(3)
    microsoft.clear_requests()
    with pytest.raises(QuotaExceeded) as refused:
        open_document(document, ada)
    assert refused.value.code == "no_room"
    assert {each.method for each in microsoft.requests} == {"GET"}
    assert not EditSession.objects.exists()
