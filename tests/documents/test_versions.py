from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from wagtail.models import ModelLogEntry

from wagtail_m365.documents.keeping import Occasion, keep_beside
from wagtail_m365.documents.versions import (
    is_current,
    opened_version,
    removal_dates,
    restore,
    thin_out,
    versions_of,
)
from wagtail_m365.documents.writing_back import replace_file
from wagtail_m365.errors import FileMissing, NotAllowed
from wagtail_m365.models import DocumentVersion, EditSession


@pytest.fixture
def rewrite(document, ada):
    def rewrite(*contents):
        for content in contents:
            document.refresh_from_db()
            replace_file(
                document, ada, io.BytesIO(content), expected_hash=document.file_hash
            )

    return rewrite


def contents(document, user):
    found = []
    for version in versions_of(document, user):
        with opened_version(version, user) as file:
            found.append(file.read())
    return found


def test_the_newest_comes_first(document, ada, rewrite):
    rewrite(b"second", b"third")
    assert contents(document, ada) == [b"second", b"first"]


def test_a_content_that_was_not_chosen_is_stored_once(document, ada):
    twice = [
        keep_beside(document, io.BytesIO(b"theirs"), Occasion(user=ada)) for _ in "ab"
    ]
    assert twice[0] == twice[1]
    other = keep_beside(document, io.BytesIO(b"others"), Occasion(user=ada))
    assert other not in twice
    assert sorted(contents(document, ada)) == [b"others", b"theirs"]


def test_it_is_stored_anew_where_the_older_one_may_be_removed(document, ada, settings):
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 5}
    twice = {
        keep_beside(document, io.BytesIO(b"theirs"), Occasion(user=ada)) for _ in "ab"
    }
    assert len(twice) == 2


def test_restoring_is_a_version_itself(document, ada, ben, rewrite, read):
    rewrite(b"second", b"third")
    first = versions_of(document, ada).last()
    kept = restore(first, ben, comment="The old prices hold")
    assert read(document) == b"first"
    assert contents(document, ada) == [b"third", b"second", b"first"]
    assert kept.replaced_with == "restored"
    assert kept.successor_comment == "The old prices hold"
    rewrite(b"fourth")
    newest = versions_of(document, ada).first()
    assert (newest.source, newest.saved_by) == ("restored", ben)


def test_restoring_is_in_the_log(document, ada, rewrite):
    from wagtail.models import ModelLogEntry

    rewrite(b"second")
    restore(versions_of(document, ada).get(), ada)
    assert ModelLogEntry.objects.get(action="wagtail_m365.restore").user == ada


def test_the_address_stays_when_a_version_is_restored(document, ada, rewrite):
    url = document.url
    rewrite(b"second")
    restore(versions_of(document, ada).get(), ada)
    document.refresh_from_db()
    assert document.url == url


def test_whoever_may_not_edit_the_document_sees_no_version(
    document, make_editor, rewrite
):
    rewrite(b"second")
    reader = make_editor("cleo", "choose_document")
    version = DocumentVersion.objects.get()
    with pytest.raises(NotAllowed):
        versions_of(document, reader)
    with pytest.raises(NotAllowed), opened_version(version, reader):
        pass
    with pytest.raises(NotAllowed):
        restore(version, reader)


def test_a_version_whose_bytes_vanished_is_named(document, ada, rewrite):
    rewrite(b"second")
    version = versions_of(document, ada).get()
    version.file.storage.delete(version.file.name)
    with pytest.raises(FileMissing):
        restore(version, ada)


def test_it_knows_whether_it_is_the_present_content(document, ada, rewrite):
    rewrite(b"second")
    version = versions_of(document, ada).get()
    assert not is_current(version)
    restore(version, ada)
    assert is_current(version)


def test_the_bytes_go_with_the_document(
    document, ada, rewrite, django_capture_on_commit_callbacks
):
    rewrite(b"second")
    version = versions_of(document, ada).get()
    storage, name = version.file.storage, version.file.name
    assert storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        document.delete()
    assert not storage.exists(name)
    assert not DocumentVersion.objects.exists()


def logged():
    return list(ModelLogEntry.objects.values_list("action", flat=True))


def test_nothing_is_thinned_out_unasked(document, ada, rewrite):
    rewrite(*[bytes([65 + n]) for n in range(5)])
    assert thin_out(document) == []
    assert versions_of(document, ada).count() == 5


def test_the_newest_are_kept(document, ada, rewrite, settings):
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 2}
    rewrite(b"B", b"C", b"D", b"E")
    assert len(thin_out(document, dry_run=True)) == 2
    assert versions_of(document, ada).count() == 4
    assert "wagtail_m365.thin_out" not in logged()
    thin_out(document)
    assert contents(document, ada) == [b"D", b"C"]
    assert logged().count("wagtail_m365.thin_out") == 2


def test_the_day_of_removal_is_that_on_which_the_last_limit_is_passed(
    document, rewrite, settings
):
    rewrite(b"B", b"C", b"D")
    newest, middle, oldest = DocumentVersion.objects.order_by("-replaced_at")
    assert removal_dates(document) == {}
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 2}
    assert removal_dates(document) == {oldest.pk: newest.replaced_at}
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 1, "KEEP_VERSIONS_DAYS": 30}
    month = timedelta(days=30)
    assert removal_dates(document) == {
        middle.pk: middle.replaced_at + month,
        oldest.pk: oldest.replaced_at + month,
    }
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS_DAYS": 30}
    assert len(removal_dates(document)) == 3


def test_what_is_young_is_kept_too(document, ada, rewrite, settings):
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 1, "KEEP_VERSIONS_DAYS": 30}
    rewrite(b"B", b"C", b"D")
    oldest = versions_of(document, ada).last()
    long_ago = timezone.now() - timedelta(days=31)
    DocumentVersion.objects.filter(pk=oldest.pk).update(replaced_at=long_ago)
    assert thin_out(document) == [oldest]


def test_nothing_is_thinned_out_while_somebody_edits(document, ada, rewrite, settings):
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 1}
    rewrite(b"B", b"C", b"D")
    EditSession.objects.create(document=document, open_for=document, owner=ada)
    assert thin_out(document) == []


def test_nothing_is_thinned_out_when_somebody_begins_to_edit_at_that_moment(
    document, ada, rewrite, settings
):
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 1}
    rewrite(b"B", b"C", b"D")
    begun = []

    def open_it(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and not begun:
            begun.append(True)
            EditSession.objects.create(document=document, open_for=document, owner=ada)
        return execute(sql, params, many, context)

    with database.execute_wrapper(open_it):
        thin_out(document)
    assert begun
    assert contents(document, ada) == [b"C", b"B", b"first"]


def test_what_is_kept_anew_is_not_removed_for_an_old_version_of_the_same_content(
    document, ada, rewrite, settings
):
    settings.WAGTAIL_M365 = {"KEEP_VERSIONS": 1}
    rewrite(b"B", b"C", b"D")
    keep_beside(document, io.BytesIO(b"first"), Occasion(user=ada))
    thin_out(document)
    assert contents(document, ada) == [b"first"]


@pytest.mark.parametrize("stage", ["kept", "pending"])
def test_the_bytes_go_from_a_storage_without_paths_and_only_once_it_is_sure(
    saboteur, document, rewrite, django_capture_on_commit_callbacks, stage
):
    rewrite(b"second")
    DocumentVersion.objects.update(stage=stage)
    storage, name = (file := DocumentVersion.objects.get().file).storage, file.name
    with pytest.raises(NotImplementedError):
        _ = file.path
    documents = type(document).objects.filter(pk=document.pk)
    with transaction.atomic():
        documents.get().delete()
        transaction.set_rollback(True)
    assert storage.exists(name)
    assert documents.exists()
    with django_capture_on_commit_callbacks(execute=True):
        documents.get().delete()
    assert not storage.exists(name)
