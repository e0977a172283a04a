from __future__ import annotations

import json
import re
from urllib.request import Request, urlopen

import pytest
import responses

from wagtail_m365.documents.importing import import_file, imported_before
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.models import RemoteSource, WatchedFolder

from .watch import Watch, documents

pytestmark = pytest.mark.django_db


@pytest.fixture
def personal(ada, connect, microsoft, collection, settings):
    """The folder “Press” of a personal OneDrive."""
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "TENANT": "common"}
    connection = connect(ada, personal=True)
    drive = microsoft.drive(connection.account)
    folder = WatchedFolder.objects.create(
        owner=ada,
        connection=connection,
        collection=collection,
        place="mine",
        drive_id=drive.drive.id,
        item_id=drive.folder("Press").id,
        name="Press",
    )
    return Watch(drive=drive, microsoft=microsoft, folder=folder)


@pytest.fixture
def other_case():
    """Microsoft writes ids in the other case, in lists of changes (``turned``)."""

    def turned(value):
        return {
            key: each.swapcase()
            if key in {"id", "driveId"} and isinstance(each, str)
            else turned(each)
            if isinstance(each, dict)
            else each
            for key, each in value.items()
        }

    def changes(request):
        with urlopen(Request(request.url, headers=dict(request.headers))) as answer:
            page = json.load(answer)
        return 200, {}, json.dumps(page | {"value": [*map(turned, page["value"])]})

    with responses.RequestsMock(assert_all_requests_are_fired=False) as between:
        between.add_passthru("http://")
        between.add_callback("GET", re.compile(".*/delta.*"), changes)
        yield


def test_a_file_stays_in_the_folder_however_its_ids_are_written(personal, other_case):
    personal.set(when_gone="delete")
    personal.put("plan.pdf", b"plan")
    personal.put("2026/notes.pdf", b"notes")
    personal.run()
    personal.edit("plan.pdf", b"new plan")
    personal.edit("2026/notes.pdf", b"new notes")
    assert personal.run().counts == {"updated": 2}
    assert personal.titles == ["notes", "plan"]


def test_a_file_that_was_deleted_is_known_however_its_id_is_written(
    personal, other_case
):
    personal.put("plan.pdf", b"plan")
    personal.run()
    personal.drive.delete("Press/plan.pdf")
    assert personal.run().counts == {"left": 1}


def test_each_file_has_one_row(personal, other_case):
    personal.put("plan.pdf", b"plan")
    personal.run()
    personal.edit("plan.pdf", b"new plan")
    personal.run()
    assert personal.folder.items.files().count() == 1


@pytest.fixture
def by_hand(personal, ada, collection):
    """An editor has added a file of the folder; its ids were told in the other case."""
    item = personal.put("plan.pdf", b"plan")
    drive_id = personal.drive.drive.id
    file = RemoteFile(drive_id=drive_id, item_id=item.id, name="plan.pdf")
    import_file(file, personal.folder.connection, ada, collection=collection)
    RemoteSource.objects.update(
        drive_id=drive_id.swapcase(), item_id=item.id.swapcase()
    )
    return file


@pytest.mark.usefixtures("by_hand")
def test_what_an_editor_added_is_not_imported_twice_however_its_ids_are_written(
    personal,
):
    assert personal.run().counts == {}
    assert documents().count() == 1


def test_what_was_added_before_is_known_however_its_ids_are_written(by_hand, ada):
    assert imported_before([by_hand], ada) == {by_hand.item_id: documents().get()}


def test_ids_of_a_library_differ_by_their_case(watch, other_case):
    watch.put("plan.pdf", b"plan")
    watch.run()
    watch.edit("plan.pdf", b"new plan")
    assert watch.run().counts == {}
