"""A file is stored before the row that names it: what became of the row decides."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.models.signals import post_save
from django_tasks import default_task_backend
from wagtail.documents import get_document_model

from wagtail_m365.documents.importing import import_file
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.documents.transferring import TakenOver
from wagtail_m365.errors import WriteFailed
from wagtail_m365.models import RemoteSource

from .storages import FragileStorage
from .watch import content_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def index():
    """Something that the site does after each change of a document; it may fail."""

    class Index:
        error = None
        #: Fail within the transaction, too.
        at_once = False

        def fails(self, error, *, at_once=False):
            self.error, self.at_once = error, at_once

        def update(self):
            if self.error is not None:
                raise self.error

    index = Index()

    def changed(**_):
        if index.at_once:
            index.update()
        transaction.on_commit(index.update)

    model = get_document_model()
    post_save.connect(changed, sender=model)
    yield index
    post_save.disconnect(changed, sender=model)


@pytest.fixture
def bring(ada, connect, collection, microsoft):
    """Import one file of Ada's OneDrive."""
    account = connect(ada)
    drive = microsoft.drive(account.account)
    item = drive.put("Press/plan.pdf", b"the plan")
    file = RemoteFile(drive_id=drive.drive.id, item_id=item.id, name=item.name, size=8)

    def bring(**how):
        return import_file(file, account, ada, collection=collection, **how).document

    bring.drive = drive
    return bring


def stored(settings):
    files = (path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file())
    return sorted(path.name for path in files)


def test_an_import_outlives_what_fails_after_its_commit(bring, index, settings, caplog):
    index.fails(RuntimeError("no search server"))
    document = bring()
    assert content_of(document) == b"the plan"
    assert RemoteSource.objects.get().document_id == document.pk
    assert "no search server" in caplog.text
    assert stored(settings) == ["plan.pdf"]


def test_the_end_of_the_process_after_its_commit_takes_no_file_away(bring, index):
    index.fails(SystemExit())
    with pytest.raises(SystemExit):
        bring()
    assert content_of(get_document_model().objects.get()) == b"the plan"


def test_an_import_that_was_taken_over_leaves_no_stray_bytes(bring, settings):
    def taken_over(document, source):
        raise TakenOver

    with pytest.raises(TakenOver):
        bring(alongside=taken_over)
    assert not get_document_model().objects.exists()
    assert stored(settings) == []


def test_what_fails_before_the_commit_leaves_nothing(bring, index, settings):
    index.fails(RuntimeError("no search server"), at_once=True)
    with pytest.raises(WriteFailed):
        bring()
    assert not get_document_model().objects.exists()
    assert stored(settings) == []


def test_a_renamed_file_outlives_what_fails_after_the_commit(watch, index, settings):
    watch.set(follows_file_names=True)
    watch.put("plan.pdf", b"the plan")
    watch.run()
    watch.drive.rename("Press/plan.pdf", "better.pdf")
    index.fails(RuntimeError("no search server"))
    assert watch.run().counts == {"renamed": 1}
    document = watch.document("better")
    assert (document.filename, content_of(document)) == ("better.pdf", b"the plan")
    assert RemoteSource.objects.get().title_given == "better"
    assert stored(settings) == ["better.pdf"]


def test_the_end_of_the_process_while_renaming_leaves_no_stray_bytes(
    watch, index, settings
):
    watch.set(follows_file_names=True)
    watch.put("plan.pdf", b"the plan")
    watch.run()
    watch.drive.rename("Press/plan.pdf", "better.pdf")
    index.fails(SystemExit(), at_once=True)
    with pytest.raises(SystemExit):
        watch.run()
    assert content_of(watch.document("plan")) == b"the plan"
    assert stored(settings) == ["plan.pdf"]


def test_a_title_follows_on_although_something_failed_after_a_commit(watch, index):
    watch.put("plan.pdf", b"the plan")
    watch.run()
    watch.drive.rename("Press/plan.pdf", "better.pdf")
    index.fails(RuntimeError("no search server"))
    with pytest.raises(RuntimeError):
        watch.run()
    index.fails(None)
    watch.drive.rename("Press/better.pdf", "best.pdf")
    watch.now += 10_000
    watch.run()
    assert watch.titles == ["best"]


@pytest.fixture
def renamed(saboteur, watch, monkeypatch):
    """A file in a storage that cannot be made anew gets another name."""
    monkeypatch.delattr(FragileStorage, "deconstruct")
    watch.set(follows_file_names=True)
    watch.put("plan.pdf", b"the plan")
    watch.run()
    watch.drive.rename("Press/plan.pdf", "better.pdf")
    assert watch.run().counts == {"renamed": 1}
    return watch.document("better").file


def test_the_file_of_the_old_name_goes_from_any_storage(renamed):
    assert list(renamed.storage.files) == [renamed.name]


def test_who_deletes_the_file_of_the_old_name_is_told_no_more_than_the_name(
    request, settings
):
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}
    }
    renamed = request.getfixturevalue("renamed")
    told = [each for each in default_task_backend.results if "old" in each.task.name]
    assert [each.args for each in told] == [["documents/plan.pdf"]]
    assert renamed.name == "documents/better.pdf"
