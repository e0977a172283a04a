from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from wagtail_m365.documents.keeping import Occasion, kept_while_replaced
from wagtail_m365.documents.mending import mend
from wagtail_m365.documents.renaming import delete_old_file
from wagtail_m365.documents.wagtail_compat import file_form
from wagtail_m365.documents.writing_back import replace_file
from wagtail_m365.errors import (
    BothChanged,
    FileMissing,
    M365Error,
    NotAllowed,
    WriteFailed,
    WriteRefused,
)
from wagtail_m365.models import DocumentVersion, EditSession

from .storages import Died

OLD, NEW = b"first", b"second, and longer"


def replace(document, user, content=NEW, **options):
    options.setdefault("expected_hash", document.get_file_hash())
    return replace_file(document, user, io.BytesIO(content), **options)


def contents_of_versions(document):
    found = []
    for version in DocumentVersion.objects.of_document(document).kept():
        with version.file.storage.open(version.file.name) as file:
            found.append(file.read())
    return found


def test_the_document_keeps_all_but_its_content(document, ada, read):
    before = (document.pk, document.title, document.url, document.file.name)
    replace(document, ada)
    assert (document.pk, document.title, document.url, document.file.name) == before
    assert [tag.name for tag in document.tags.all()] == ["press"]
    assert document.collection.name == "Press"
    assert read(document) == NEW
    assert document.file_size == len(NEW)
    assert document.file_hash == hashlib.sha1(NEW).hexdigest()


@pytest.mark.parametrize(
    "name",
    ["documents/Annual report.docx", "documents/U\u0308ber.docx", "2019/May/a.docx"],
    ids=["spaces", "decomposed", "another folder"],
)
def test_a_name_that_no_upload_would_get_stays(document, ada, read, name):
    document.file.name = document.file.storage.save(name, ContentFile(OLD))
    document.save()
    before = document.url
    replace(document, ada)
    assert (document.file.name, document.url) == (name, before)
    assert read(document) == NEW


def test_another_document_with_the_same_file_keeps_it(
    document, make_document, ada, read
):
    other = make_document(title="Twin")
    type(other).objects.filter(pk=other.pk).update(file=document.file.name)
    replace(document, ada)
    assert read(document) == NEW
    assert read(other) == OLD


def test_a_name_from_before_that_a_document_still_has_is_not_cleared_away(
    document, read
):
    delete_old_file.enqueue(document.file.name)
    assert read(document) == OLD


def test_the_old_file_becomes_a_version(document, ada):
    occasion = Occasion(user=ada, source="brought_back", comment="New prices")
    version = replace(document, ada, occasion=occasion)
    assert contents_of_versions(document) == [OLD]
    assert version.sha256 == hashlib.sha256(OLD).hexdigest()
    assert version.size == len(OLD)
    assert version.filename == "report.docx"
    assert version.replaced_by == ada
    assert version.source == "site"


def test_a_version_tells_where_its_content_came_from(document, ada, ben):
    occasion = Occasion(user=ada, source="brought_back", comment="New prices")
    replace(document, ada, occasion=occasion)
    version = replace(document, ben, b"third")
    assert version.source == "brought_back"
    assert version.saved_by == ada
    assert version.comment == "New prices"


def test_the_replacement_is_in_the_log(document, ada):
    from wagtail.models import ModelLogEntry

    replace(document, ada)
    entry = ModelLogEntry.objects.filter(action="wagtail.edit").get()
    assert entry.user == ada
    assert entry.content_changed


def test_whoever_may_not_change_the_document_changes_nothing(
    document, make_editor, read
):
    reader = make_editor("cleo", "choose_document")
    with pytest.raises(NotAllowed):
        replace(document, reader)
    assert read(document) == OLD
    assert not DocumentVersion.objects.exists()


def test_another_content_than_expected_is_not_overwritten(document, ada, read):
    with pytest.raises(BothChanged):
        replace(document, ada, expected_hash="0" * 40)
    assert read(document) == OLD


def test_the_sites_own_form_may_refuse_the_file(document, ada, read, settings):
    settings.WAGTAILDOCS_MAX_UPLOAD_SIZE = 6
    with pytest.raises(WriteRefused) as refused:
        replace(document, ada)
    assert refused.value.facts["errors"]
    assert read(document) == OLD
    assert not DocumentVersion.objects.exists()


def test_a_format_that_is_no_longer_allowed_is_refused(document, ada, read, settings):
    settings.WAGTAILDOCS_EXTENSIONS = ["pdf"]
    with pytest.raises(WriteRefused):
        replace(document, ada)
    assert read(document) == OLD


def test_a_file_that_vanished_is_not_silently_replaced(document, ada):
    document.file.storage.delete(document.file.name)
    with pytest.raises(FileMissing):
        replace(document, ada)
    assert not DocumentVersion.objects.exists()


def test_rows_that_go_with_it_change_in_the_same_transaction(document, ada, read):
    def fail(written, version):
        assert written.file_hash == hashlib.sha1(NEW).hexdigest()
        raise ValueError("the other row cannot be written")

    with pytest.raises(WriteFailed):
        replace(document, ada, alongside=fail)
    document.refresh_from_db()
    assert read(document) == OLD
    assert document.file_hash == hashlib.sha1(OLD).hexdigest()
    assert not DocumentVersion.objects.exists()


def steps_of(saboteur, document, user):
    """How many steps a replacement has, each of which may be the last."""
    saboteur.arm(0, Died)
    with connection.execute_wrapper(saboteur.query):
        replace(document, user)
    return saboteur.steps


def struck_at(saboteur, step, error, document, user):
    saboteur.arm(step, error)
    try:
        with connection.execute_wrapper(saboteur.query):
            replace(document, user)
    except (Died, M365Error, OSError):
        pass
    finally:
        saboteur.disarm()


def assert_nothing_is_lost(document, read):
    """The row and the storage agree, and the old content can still be had."""
    document.refresh_from_db()
    content = read(document)
    assert content in (OLD, NEW)
    assert document.file_hash == hashlib.sha1(content).hexdigest()
    assert document.file_size == len(content)
    assert document.filename == "report.docx"
    assert content == OLD or OLD in contents_of_versions(document)


def make_room(document):
    """The next document of this name has the file's name, and has it alone."""
    document.refresh_from_db()
    document.file.storage.delete(document.file.name)
    type(document).objects.filter(pk=document.pk).delete()


def test_a_death_at_any_step_loses_nothing(saboteur, make_document, ada, read):
    for step in range(1, steps_of(saboteur, make_document(OLD, "count.docx"), ada) + 1):
        document = make_document(OLD)
        struck_at(saboteur, step, Died, document, ada)
        mend(document)
        assert_nothing_is_lost(document, read)
        replace(document, ada, b"goes on")
        assert read(document) == b"goes on"
        make_room(document)


@pytest.mark.parametrize("error", [OSError, ConnectionError, RuntimeError])
def test_an_error_at_any_step_is_undone_at_once(
    saboteur, make_document, ada, read, error
):
    for step in range(1, steps_of(saboteur, make_document(OLD, "count.docx"), ada) + 1):
        document = make_document(OLD)
        try:
            struck_at(saboteur, step, error, document, ada)
        except RuntimeError:
            assert error is RuntimeError
        mend(document)
        assert_nothing_is_lost(document, read)
        make_room(document)


def test_mending_twice_changes_nothing(saboteur, make_document, ada, read):
    steps = steps_of(saboteur, make_document(OLD, "count.docx"), ada)
    for step in range(1, steps + 1):
        document = make_document(OLD)
        struck_at(saboteur, step, Died, document, ada)
        mend(document)
        assert not mend(document)
        assert_nothing_is_lost(document, read)
        make_room(document)


def test_a_death_while_mending_is_mended_as_well(saboteur, make_document, ada, read):
    for step in range(1, 8):
        document = make_document(OLD)
        struck_at_new_file(saboteur, document, ada)
        saboteur.arm(step, Died)
        try:
            mend(document)
        except Died:
            pass
        finally:
            saboteur.disarm()
        mend(document)
        assert_nothing_is_lost(document, read)
        make_room(document)


def struck_at_new_file(saboteur, document, user):
    """Die after the old file was deleted and the new one stored, before the row."""

    def die(*_):
        raise Died

    with pytest.raises(Died):
        replace(document, user, alongside=die)


def test_what_is_there_stays_where_the_old_bytes_are_lost(
    saboteur, make_document, ada, read
):
    document = make_document(OLD)
    struck_at_new_file(saboteur, document, ada)
    version = DocumentVersion.objects.get()
    version.file.storage.delete(version.file.name)
    there = read(document)
    with pytest.raises(FileMissing):
        mend(document)
    assert read(document) == there


def test_a_version_nobody_needs_goes_when_it_was_given_up(
    saboteur, make_document, ada, read
):
    document = make_document(OLD)
    struck_at_new_file(saboteur, document, ada)
    assert mend(document)
    assert DocumentVersion.objects.count() == 1
    yesterday = timezone.now() - timedelta(days=1)
    DocumentVersion.objects.update(replaced_at=yesterday)
    mend(document)
    assert not DocumentVersion.objects.exists()


@pytest.fixture
def has_been_out(document, ada):
    return EditSession.objects.create(document=document, owner=ada, state="discarded")


def test_an_upload_by_wagtails_form_keeps_the_old_file_too(
    document, ada, read, has_been_out
):
    upload = SimpleUploadedFile("report.docx", NEW)
    with kept_while_replaced(document, ada):
        form = file_form(document, ada, upload)
        assert form.is_valid()
        form.save()
    assert read(document) == NEW
    assert contents_of_versions(document) == [OLD]


def test_an_upload_by_wagtails_form_that_fails_is_undone(
    document, ada, read, has_been_out
):
    storage, name = document.file.storage, document.file.name

    def fail_half_way():
        with kept_while_replaced(document, ada):
            storage.delete(name)
            raise ValueError("the form failed half way")

    with pytest.raises(ValueError, match="half way"):
        fail_half_way()
    assert read(document) == OLD
    assert not DocumentVersion.objects.exists()


def edit_in_the_admin(client, document, **fields):
    form = {"title": "Report", "collection": document.collection_id, "tags": "press"}
    address = reverse("wagtaildocs:edit", args=[document.pk])
    return client.post(address, form | fields)


def test_an_upload_in_the_admin_keeps_the_old_file(
    client, document, ada, read, has_been_out
):
    client.force_login(ada)
    url = document.url
    answer = edit_in_the_admin(
        client, document, file=SimpleUploadedFile("report.docx", NEW)
    )
    assert answer.status_code == 302
    assert read(document) == NEW
    assert contents_of_versions(document) == [OLD]
    document.refresh_from_db()
    assert document.url == url


def test_another_title_in_the_admin_makes_no_version(
    client, document, ada, has_been_out
):
    client.force_login(ada)
    assert edit_in_the_admin(client, document, title="New").status_code == 302
    assert not DocumentVersion.objects.exists()


def test_documents_that_never_left_the_site_are_as_they_always_were(
    client, document, ada, read
):
    client.force_login(ada)
    upload = SimpleUploadedFile("report.docx", NEW)
    assert edit_in_the_admin(client, document, file=upload).status_code == 302
    assert read(document) == NEW
    assert not DocumentVersion.objects.exists()


def test_a_missing_file_hinders_nobody_from_uploading_a_new_one(
    client, document, ada, read, has_been_out
):
    document.file.storage.delete(document.file.name)
    client.force_login(ada)
    upload = SimpleUploadedFile("report.docx", NEW)
    assert edit_in_the_admin(client, document, file=upload).status_code == 302
    assert read(document) == NEW


class OutOfReach(Exception):
    """What the library of a cloud storage raises while it is not reached."""


@pytest.mark.usefixtures("saboteur", "has_been_out")
def test_a_file_that_cannot_be_read_just_now_is_not_replaced_unkept(
    saboteur, client, document, ada, read
):
    client.force_login(ada)
    saboteur.arm(1, OutOfReach, "open")
    upload = SimpleUploadedFile("report.docx", NEW)
    answer = edit_in_the_admin(client, document, file=upload)
    assert "did not give" in str(answer.context["form"].errors["file"])
    assert read(document) == OLD


@pytest.mark.usefixtures("saboteur", "has_been_out")
def test_an_upload_in_the_admin_writes_over_nobody_else(
    saboteur, client, document, ada, read
):
    client.force_login(ada)
    upload = SimpleUploadedFile("report.docx", NEW)
    # While the old file is being kept, somebody else replaces it.
    saboteur.arm(3, lambda: replace(document, ada, b"meanwhile"))
    answer = edit_in_the_admin(client, document, file=upload)
    assert "nothing was touched" in str(answer.context["form"].errors["file"])
    assert read(document) == b"meanwhile"
    assert contents_of_versions(document) == [OLD]
