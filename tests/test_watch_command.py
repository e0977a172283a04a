from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Collection

from wagtail_m365 import tasks
from wagtail_m365.models import WatchedFolder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(connected_editor, editor_account, microsoft, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    drive = microsoft.drive(editor_account)
    drive.put("Press/plan.pdf", b"plan")
    return WatchedFolder.objects.create(
        owner=connected_editor,
        connection=connected_editor.m365_connections.get(),
        collection=Collection.get_first_root_node(),
        place="mine",
        drive_id=drive.drive.id,
        item_id=drive.item("Press").id,
        name="Press",
    )


def test_the_command_runs_what_is_due_and_tells_what_was_done(folder, capsys):
    call_command("m365_watch")
    assert capsys.readouterr().out == "Press: imported: 1\n"
    call_command("m365_watch", str(folder.pk))
    assert capsys.readouterr().out == "Press: nothing had changed\n"


def test_the_command_fails_when_a_folder_does(folder, capsys):
    folder.connection.delete()
    with pytest.raises(CommandError):
        call_command("m365_watch")
    assert "watch_connection_gone" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wanted", ["Press", "no-such", "11111111-2222-3333-4444-555555555555"]
)
def test_the_command_names_the_folders_where_no_id_of_one_is_given(folder, wanted):
    with pytest.raises(CommandError) as refused:
        call_command("m365_watch", str(folder.pk), wanted)

    assert f"No id of a watched folder: {wanted}." in str(refused.value)
    assert f"{folder.pk}  Press" in str(refused.value)
    folder.refresh_from_db()
    assert folder.last_run_at is None


def test_the_task_runs_every_folder_that_is_due(folder):
    result = tasks.watch_folders.enqueue()
    assert result.return_value == {"ran": 1, "busy": 0, "failed": 0}
    result = tasks.watch_folder.enqueue(str(folder.pk))
    assert result.return_value == {}
