from __future__ import annotations

import pytest
from django.core import mail
from django.db.models.signals import post_save
from wagtail.documents import get_document_model
from wagtail.models import GroupCollectionPermission

from wagtail_m365.documents.importing import import_file
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.documents.watching import go_on, pause, run_all
from wagtail_m365.errors import M365Error
from wagtail_m365.models import WatchedFolder, WatchedItem
from wagtail_m365.testing.fake.calls import state_of

from .storages import Died
from .watch import content_of, documents, edit_on_site, kept

pytestmark = pytest.mark.django_db


def test_the_first_run_imports_what_is_there_with_all_subfolders(watch):
    watch.put("a.pdf", b"a")
    watch.put("2026/June/b.pdf", b"b")
    watch.drive.put("Elsewhere/c.pdf", b"c")
    ran = watch.run()
    assert ran.error is None
    assert watch.titles == ["a", "b"]
    assert ran.counts == {"imported": 2}
    assert content_of(watch.document("b")) == b"b"
    assert watch.document("a").collection == watch.folder.collection


def test_a_later_run_asks_for_changes_only(watch):
    for number in range(5):
        watch.put(f"{number}.pdf")
    watch.run()
    watch.requests()
    assert watch.run().counts == {}
    assert len(watch.requests()) == 1


def test_new_changed_renamed_and_deleted_files_are_followed(watch):
    watch.put("changed.pdf", b"old")
    watch.put("renamed.pdf", b"same")
    watch.put("deleted.pdf", b"gone")
    watch.run()
    watch.edit("changed.pdf", b"new")
    watch.drive.rename("Press/renamed.pdf", "better name.pdf")
    watch.drive.delete("Press/deleted.pdf")
    watch.put("new.pdf", b"new one")
    counts = watch.run().counts
    assert counts == {"updated": 1, "renamed": 1, "left": 1, "imported": 1}
    assert watch.titles == ["better name", "changed", "deleted", "new"]
    assert content_of(watch.document("changed")) == b"new"
    assert kept(watch.document("changed")) == [b"old"]
    assert watch.document("better name").filename == "renamed.pdf"
    assert content_of(watch.document("better name")) == b"same"


def test_the_file_name_follows_too_where_that_was_chosen(watch):
    watch.set(follows_file_names=True)
    watch.put("renamed.pdf", b"same")
    watch.run()
    watch.drive.rename("Press/renamed.pdf", "better name.pdf")
    assert watch.run().counts == {"renamed": 1}
    assert watch.document("better name").filename == "better_name.pdf"
    assert content_of(watch.document("better name")) == b"same"


def test_a_version_says_where_both_contents_came_from(watch):
    watch.put("plan.pdf", b"old")
    watch.run()
    watch.edit("plan.pdf", b"new")
    watch.run()
    version = watch.document("plan").m365_versions.get()
    assert (version.source, version.replaced_with) == ("imported", "updated")


def test_a_title_that_was_changed_on_the_site_stays(watch):
    watch.put("plan.pdf")
    watch.run()
    documents().update(title="What people read")
    watch.drive.rename("Press/plan.pdf", "plan 2.pdf")
    watch.run()
    assert watch.titles == ["What people read"]


def test_files_moved_in_and_out_come_and_go(watch):
    watch.drive.put("Elsewhere/in.pdf", b"in")
    watch.put("out.pdf", b"out")
    watch.run()
    watch.drive.move("Elsewhere/in.pdf", "Press/2026")
    watch.drive.move("Press/out.pdf", "Elsewhere")
    counts = watch.run().counts
    assert counts == {"imported": 1, "left": 1}
    assert WatchedItem.objects.get(name="out.pdf").state == "gone"


def test_a_folder_that_is_moved_in_brings_what_it_held_before(watch):
    watch.drive.put("Elsewhere/Old/deep/x.pdf", b"x")
    watch.drive.put("Elsewhere/Old/y.pdf", b"y")
    watch.run()
    watch.drive.move("Elsewhere/Old", "Press")
    assert watch.run().counts == {"imported": 2}
    watch.drive.move("Press/Old", "Elsewhere")
    assert watch.run().counts == {"left": 2}


def test_a_folder_that_is_deleted_takes_its_files_with_it(watch):
    watch.put("Old/x.pdf", b"x")
    watch.put("Old/deep/y.pdf", b"y")
    watch.put("z.pdf", b"z")
    watch.run()
    watch.drive.delete("Press/Old")
    assert watch.run().counts == {"left": 2}
    assert watch.titles == ["x", "y", "z"]


def test_what_both_sides_changed_is_kept_on_both_and_overwritten_on_neither(watch):
    watch.put("plan.pdf", b"base")
    watch.run()
    edit_on_site(watch.document("plan"), b"the site's")
    watch.edit("plan.pdf", b"the colleague's")
    assert watch.run().counts == {"conflict": 1}
    document = watch.document("plan")
    assert content_of(document) == b"the site's"
    assert b"the colleague's" in kept(document)
    assert watch.item("plan.pdf").state == "conflict"
    watch.edit("plan.pdf", b"the colleague's second")
    assert watch.run().counts == {"conflict": 1}
    assert content_of(document) == b"the site's"
    assert b"the colleague's second" in kept(document)


def test_what_was_changed_on_the_site_only_stays(watch):
    watch.put("plan.pdf", b"base")
    watch.run()
    edit_on_site(watch.document("plan"), b"the site's")
    assert watch.run().counts == {}
    assert content_of(watch.document("plan")) == b"the site's"


def test_a_document_deleted_on_the_site_does_not_come_back_by_itself(watch):
    watch.put("plan.pdf", b"base")
    watch.run()
    documents().get().delete()
    watch.edit("plan.pdf", b"new")
    assert watch.run().counts == {"dropped": 1}
    watch.edit("plan.pdf", b"newer")
    watch.run()
    assert not documents()
    assert watch.item("plan.pdf").state == "dropped"


@pytest.fixture
def by_hand(watch, ada, collection):
    """An editor has added a file of the folder as a document."""
    item = watch.put("plan.pdf", b"plan")
    file = RemoteFile(drive_id=watch.drive.drive.id, item_id=item.id, name="plan.pdf")
    import_file(file, watch.folder.connection, ada, collection=collection)


@pytest.mark.usefixtures("by_hand")
def test_what_an_editor_imported_by_hand_is_not_imported_twice(watch):
    assert watch.run().counts == {}
    watch.edit("plan.pdf", b"new")
    assert watch.run().counts == {"updated": 1}
    assert documents().count() == 1


@pytest.mark.usefixtures("by_hand")
def test_what_was_imported_by_hand_and_deleted_does_not_come_back_either(watch):
    watch.run()
    documents().get().delete()
    watch.edit("plan.pdf", b"new")
    assert watch.run().counts == {"dropped": 1}
    assert not documents()


def test_formats_and_sizes_are_filtered_before_anything_is_fetched(watch):
    watch.set(extensions="pdf docx", max_size=10)
    watch.put("a.pdf", b"a")
    watch.put("a.txt", b"a")
    watch.put("large.pdf", b"x" * 11)
    assert watch.run().counts == {"imported": 1, "filtered": 2}
    assert not [path for path in watch.requests() if "large" in path]


def test_without_subfolders_only_the_folder_itself_counts(watch):
    watch.set(subfolders=False)
    watch.put("a.pdf")
    watch.put("2026/b.pdf")
    watch.run()
    watch.put("2026/c.pdf")
    watch.put("d.pdf")
    watch.run()
    assert watch.titles == ["a", "d"]


def test_a_file_that_fails_is_shown_kept_and_tried_again_later(watch, settings):
    watch.put("a.pdf", b"a")
    watch.put("virus.exe", b"b")
    watch.put("empty.pdf", b"")
    assert watch.run().counts == {"imported": 1, "failed": 2}
    item = watch.item("virus.exe")
    assert (item.state, item.error_code) == ("failed", "format_not_taken")
    assert watch.item("empty.pdf").error_code == "empty_remote_file"
    assert watch.run().counts == {}
    settings.WAGTAILDOCS_EXTENSIONS = ["pdf", "exe"]
    watch.now += 400
    assert watch.run().counts == {"failed": 1, "imported": 1}
    assert watch.item("virus.exe").error_code == ""


def test_a_busy_folder_is_left_to_the_run_that_holds_it(watch):
    assert WatchedFolder.objects.claim(watch.folder.pk, "other", watch.now)
    assert watch.run().is_busy
    watch.now += 700  # its process was killed: nobody has seen a sign of life
    assert not watch.run().is_busy


def test_a_run_that_was_taken_over_writes_nothing_more(watch, settings):
    watch.put("a.pdf", b"a")
    watch.put("b.pdf", b"b")

    def take_over(sender, instance, created, **kwargs):
        if created:  # while the first document is being made
            WatchedFolder.objects.update(lease_run="another")

    post_save.connect(take_over, sender=get_document_model())
    ran = watch.run()
    post_save.disconnect(take_over, sender=get_document_model())
    assert ran.error.code == "watch_busy"
    assert not documents()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_a_run_that_was_killed_is_taken_up_where_it_was(watch, saboteur):
    for number in range(4):
        watch.put(f"{number}.pdf", b"%d" % number)
    saboteur.die_at("save", 2)
    with pytest.raises(Died):
        watch.run()
    assert documents().count() == 1
    watch.now += 700
    assert watch.run().error is None
    assert watch.titles == ["0", "1", "2", "3"]


def test_a_paused_folder_does_not_run(watch):
    pause(watch.folder)
    watch.put("a.pdf")
    assert run_all(clock=watch.clock) == []
    assert watch.run().is_busy
    go_on(watch.folder)
    assert [one.counts for one in run_all(clock=watch.clock)] == [{"imported": 1}]


def test_a_lost_connection_stops_the_folder_and_tells_who_can_mend_it(watch, ada):
    watch.put("a.pdf")
    watch.run()
    watch.folder.connection.delete()
    ran = watch.run()
    assert ran.error.code == "watch_connection_gone"
    assert watch.row.state == "stopped"
    assert [letter.to for letter in mail.outbox] == [[ada.email]]
    assert "Press" in mail.outbox[0].subject
    assert watch.titles == ["a"]


def test_a_revoked_grant_stops_the_folder(watch):
    watch.put("a.pdf")
    connection = watch.folder.connection
    connection.access_tokens.all().delete()
    watch.microsoft.fail("revoked_grant", 5)
    assert watch.run().error is not None
    assert watch.row.state == "stopped"


def test_whoever_lost_the_permission_imports_nothing_more(watch, ada):
    GroupCollectionPermission.objects.filter(group__in=ada.groups.all()).delete()
    assert watch.run().error.code == "watch_not_allowed"


def test_the_folder_deleted_meanwhile_stops_the_run_and_keeps_documents(watch):
    watch.put("a.pdf")
    watch.run()
    watch.set(when_gone="delete")
    watch.drive.delete("Press")
    ran = watch.run()
    assert ran.error.code == "watch_folder_gone"
    assert watch.titles == ["a"]


def test_a_drive_that_is_gone_is_told_in_words_about_the_folder(watch):
    watch.put("a.pdf")
    watch.run()
    state_of(watch.microsoft.world).drives.clear()
    watch.run()
    row = watch.row
    assert (row.state, row.stop_code) == ("stopped", "watch_folder_gone")
    explanation = M365Error(code=row.stop_code).explanation
    assert "watched folder" in explanation.what
    assert "document again" not in explanation.next_step


def test_throttling_is_waited_for_and_nothing_is_stopped(watch):
    watch.put("a.pdf")
    watch.microsoft.fail("throttled", 50, service="graph", retry_after=3600)
    ran = watch.run()
    assert ran.error.code == "temporarily_unavailable"
    row = watch.row
    assert (row.state, row.lease_run) == ("active", "")
    assert row.not_before >= watch.now + 3000
    assert run_all(clock=watch.clock) == []


def test_a_link_on_a_foreign_host_is_not_followed(watch):
    for number in range(3):
        watch.put(f"{number}.pdf")
    watch.run()
    link = watch.row.link
    watch.set(link="https://evil.example/v1.0/drives/x/root/delta?token=1")
    ran = watch.run()
    assert ran.error.code == "foreign_address"
    assert watch.row.state == "active"
    watch.set(link=link)
    assert watch.run().error is None
