from __future__ import annotations

import pytest
from django.db import connection as database

from wagtail_m365.documents.importing import import_file
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.documents.updating import resolve, update
from wagtail_m365.errors import (
    BothChanged,
    DocumentError,
    ItemNotFound,
    NotAllowed,
    NotConnected,
    NothingOpen,
)
from wagtail_m365.models import RemoteSource

from .storages import Died
from .watch import content_of, edit_on_site, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ada, connect):
    return connect(ada)


@pytest.fixture
def drive(account, microsoft):
    return microsoft.drive(account.account)


@pytest.fixture
def imported(drive, account, ada, collection):
    item = drive.put("plan.pdf", b"base")
    file = RemoteFile(drive_id=drive.drive.id, item_id=item.id, name="plan.pdf")
    return import_file(file, account, ada, collection=collection).document


def test_what_changed_there_is_taken_and_the_old_file_is_a_version(
    imported, drive, ada
):
    drive.edit("plan.pdf", b"new")
    outcome = update(imported, ada, comment="as agreed")
    assert outcome.outcome == "taken"
    assert content_of(imported) == b"new"
    assert kept(imported) == [b"base"]
    assert (outcome.version.source, outcome.version.replaced_with) == (
        "imported",
        "updated",
    )


def test_what_has_not_changed_is_not_fetched(imported, ada, microsoft):
    microsoft.clear_requests()
    assert update(imported, ada).outcome == "unchanged"
    assert not [one for one in microsoft.requests if "content" in one.path]


def test_what_changed_here_only_stays(imported, ada):
    edit_on_site(imported, b"the site's")
    assert update(imported, ada).outcome == "unchanged"
    assert content_of(imported) == b"the site's"


def test_what_both_sides_changed_is_not_touched(imported, drive, ada):
    edit_on_site(imported, b"the site's")
    drive.edit("plan.pdf", b"the colleague's")
    with pytest.raises(BothChanged):
        update(imported, ada)
    assert content_of(imported) == b"the site's"
    assert kept(imported) == []


@pytest.fixture
def conflict(imported, drive):
    edit_on_site(imported, b"the site's")
    drive.edit("plan.pdf", b"the colleague's")
    return imported


def test_taking_theirs_keeps_the_sites_file_as_a_version(conflict, ada):
    resolve(conflict, ada, "theirs")
    assert content_of(conflict) == b"the colleague's"
    assert b"the site's" in kept(conflict)


def test_keeping_ours_keeps_their_file_as_a_version(conflict, ada):
    resolve(conflict, ada, "ours")
    assert content_of(conflict) == b"the site's"
    assert b"the colleague's" in kept(conflict)


def test_keeping_ours_does_not_let_a_later_change_write_over_it(imported, drive, ada):
    edit_on_site(imported, b"the site's")
    drive.edit("plan.pdf", b"the colleague's")
    resolve(imported, ada, "ours")
    assert update(imported, ada).outcome == "unchanged"
    drive.edit("plan.pdf", b"the colleague's second")
    with pytest.raises(BothChanged):
        update(imported, ada)
    assert content_of(imported) == b"the site's"


def test_a_death_right_after_ours_was_noted_lets_nothing_write_over_it(
    conflict, drive, ada
):
    def die_after(execute, sql, params, many, context):
        execute(sql, params, many, context)
        if "UPDATE" in sql and RemoteSource._meta.db_table in sql:
            raise Died

    with database.execute_wrapper(die_after), pytest.raises(Died):
        resolve(conflict, ada, "ours")
    drive.edit("plan.pdf", b"the colleague's second")
    with pytest.raises(BothChanged):
        update(conflict, ada)
    assert content_of(conflict) == b"the site's"


def test_the_same_content_on_both_sides_is_no_conflict(imported, drive, ada):
    edit_on_site(imported, b"the same")
    drive.edit("plan.pdf", b"the same")
    assert update(imported, ada).outcome == "unchanged"
    drive.edit("plan.pdf", b"newer")
    assert update(imported, ada).outcome == "taken"


def test_whoever_may_not_edit_the_document_updates_nothing(
    imported, drive, make_editor
):
    eve = make_editor("eve", "choose_document")
    drive.edit("plan.pdf", b"new")
    with pytest.raises(NotAllowed):
        update(imported, eve)


def test_nobody_fetches_with_somebody_elses_account(imported, drive, ben, ada):
    drive.edit("plan.pdf", b"new")
    with pytest.raises(NotConnected) as refused:
        update(imported, ben)
    assert refused.value.code == "source_out_of_reach"
    assert content_of(imported) == b"base"


def test_a_document_that_was_not_imported_says_so(document, ada):
    with pytest.raises(NothingOpen) as refused:
        update(document, ada)
    assert refused.value.code == "not_imported"


def test_a_file_that_is_gone_leaves_the_document_as_it_is(imported, drive, ada):
    drive.delete("plan.pdf")
    with pytest.raises(ItemNotFound):
        update(imported, ada)
    assert content_of(imported) == b"base"


def test_a_file_that_the_site_would_not_take_any_more_is_refused(imported, drive, ada):
    drive.edit("plan.pdf", b"")
    with pytest.raises(DocumentError):
        update(imported, ada)
    assert content_of(imported) == b"base"
