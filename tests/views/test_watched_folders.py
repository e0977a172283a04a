from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction

from wagtail_m365.documents.folders import Folder
from wagtail_m365.models import Connection, WatchedFolder
from wagtail_m365.tokens import bundles

from .conftest import may

pytestmark = pytest.mark.django_db

LIST = reverse("wagtail_m365:watched_folders")
ADD = reverse("wagtail_m365:watched_folder_add")


@pytest.fixture(autouse=True)
def _media_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def manager(browser):
    """The writer, who may manage watched folders too."""
    may(browser.user, "wagtail_m365.manage_watched_folders")
    browser.connect(*bundles.SAVE)
    browser.drive.put("Press/plan.pdf", b"plan")
    return browser


@pytest.fixture
def chosen(manager):
    """The value of the form's folder field."""
    item = manager.drive.item("Press")
    drive_id = manager.drive.drive.id
    return Folder(drive_id=drive_id, item_id=item.id, path="Press", name="Press").sign()


@pytest.fixture
def fields(manager, chosen):
    return {
        "source": chosen,
        "connection": str(manager.user.m365_connections.get().pk),
        "collection": Collection.get_first_root_node().pk,
        "subfolders": "on",
        "extensions": "",
        "when_gone": "keep",
    }


@pytest.fixture
def folder(manager, fields):
    manager.post(ADD, fields)
    return WatchedFolder.objects.get()


def url(name, folder):
    return reverse(f"wagtail_m365:{name}", args=[folder.pk])


def titles():
    return sorted(get_document_model().objects.values_list("title", flat=True))


def test_only_who_may_manage_them_sees_and_changes_watched_folders(
    folder, client, make_writer
):
    client.force_login(make_writer("eve"))
    for address in (LIST, ADD, url("watched_folder", folder)):
        assert client.get(address).status_code in (302, 403)
    for name in ("run", "pause", "go_on", "edit", "delete"):
        assert client.post(url(f"watched_folder_{name}", folder)).status_code in (
            302,
            403,
        )
    assert WatchedFolder.objects.get().state == "active"


def test_others_folders_are_not_found(folder, client, make_writer):
    eve = may(make_writer("eve"), "wagtail_m365.manage_watched_folders")
    client.force_login(eve)
    assert url("watched_folder", folder) not in client.get(LIST).text
    assert client.get(url("watched_folder", folder)).status_code == 404
    assert client.post(url("watched_folder_delete", folder)).status_code == 404


def test_an_administrator_sees_all_of_them(folder, client, make_writer):
    names = ("wagtail_m365.manage_watched_folders", "wagtail_m365.change_m365settings")
    client.force_login(may(make_writer("root"), *names))
    assert url("watched_folder", folder) in client.get(LIST).text


def test_a_folder_is_set_up_run_and_looked_at(manager, folder):
    assert (folder.owner, folder.item_id) == (
        manager.user,
        manager.drive.item("Press").id,
    )
    told = manager.post(url("watched_folder_run", folder), follow=True).text
    assert titles() == ["plan"]
    assert "1 imported" in told
    assert "plan.pdf" in told
    assert "1 imported" in manager.get(LIST).text


def test_nothing_is_said_of_runs_and_documents_that_never_were(manager, folder):
    assert "Nothing had changed" not in manager.get(LIST).text
    page = manager.get(url("watched_folder_delete", folder)).text
    assert "No document has come from it yet." in page
    assert "Its 0" not in page


def test_a_run_that_was_cut_short_is_not_said_to_have_found_nothing(manager, folder):
    folder.connection.delete()

    told = manager.post(url("watched_folder_run", folder), follow=True).text

    assert "It did not run to its end" in told
    assert "It did not run to its end" in manager.get(LIST).text
    assert "Nothing had changed" not in told


def test_the_page_names_what_does_not_work_and_why(manager, folder):
    manager.drive.put("Press/virus.exe", b"x")
    told = manager.post(url("watched_folder_run", folder), follow=True).text
    assert "Needs attention" in told
    assert "virus.exe" in told
    assert "This site takes no files of this format." in told


def test_a_conflict_leads_to_the_page_that_decides(manager, folder):
    manager.post(url("watched_folder_run", folder))
    document = get_document_model().objects.get()
    get_document_model().objects.update(file_hash="another")
    manager.drive.edit("Press/plan.pdf", b"new")
    told = manager.post(url("watched_folder_run", folder), follow=True).text
    assert reverse("wagtail_m365:update", args=[document.pk]) in told


def test_a_folder_rests_and_goes_on(manager, folder):
    manager.post(url("watched_folder_pause", folder))
    assert WatchedFolder.objects.get().state == "paused"
    manager.post(url("watched_folder_run", folder))
    assert titles() == []
    manager.post(url("watched_folder_go_on", folder))
    manager.post(url("watched_folder_run", folder))
    assert titles() == ["plan"]


def test_a_folder_that_has_stopped_says_why_and_run_now_tries_again(manager, folder):
    Connection.objects.all().delete()
    told = manager.post(url("watched_folder_run", folder), follow=True).text
    assert "not connected any more" in told
    assert WatchedFolder.objects.get().state == "stopped"


def test_a_change_lets_the_next_run_look_at_everything_anew(manager, folder, fields):
    manager.drive.put("Press/notes.docx", b"notes")
    fields = {**fields, "extensions": ".PDF, *.txt"}
    assert manager.post(url("watched_folder_edit", folder), fields).status_code == 302
    assert WatchedFolder.objects.get().extensions == "pdf txt"
    manager.post(url("watched_folder_run", folder))
    assert titles() == ["plan"]
    manager.post(url("watched_folder_edit", folder), {**fields, "extensions": ""})
    manager.post(url("watched_folder_run", folder))
    assert titles() == ["notes", "plan"]


def test_documents_stay_when_a_folder_is_given_up(manager, folder):
    manager.post(url("watched_folder_run", folder))
    assert (
        "Its 1 document stays" in manager.get(url("watched_folder_delete", folder)).text
    )
    manager.post(url("watched_folder_delete", folder))
    assert not WatchedFolder.objects.exists()
    assert titles() == ["plan"]


def test_nobody_watches_into_a_collection_that_is_not_theirs(manager, fields):
    press = Collection.get_first_root_node().add_child(name="Press")
    manager.user.groups.get().collection_permissions.update(collection=press)
    assert manager.post(ADD, fields).status_code == 200
    assert not WatchedFolder.objects.exists()


def test_nobody_watches_with_somebody_elses_account(
    manager, fields, account_of, writer
):
    other = type(manager.user).objects.create_user("other")
    fields["connection"] = str(account_of(other).pk)
    assert manager.post(ADD, fields).status_code == 200
    assert not WatchedFolder.objects.exists()


def test_an_account_that_cannot_read_the_folder_is_refused(manager, fields, chosen):
    manager.drive.delete("Press")
    told = manager.post(ADD, fields)
    assert told.status_code == 200
    assert not WatchedFolder.objects.exists()


def test_a_private_collection_is_shown_only_where_documents_go_to_one(manager):
    page = manager.get(ADD).text
    before = page[: page.index('name="private_collection"')]
    condition = before.rpartition('data-controller="m365-when"')[2]
    assert 'data-m365-when-is-value="unpublish"' in condition


def test_a_private_collection_is_wanted_where_documents_go_to_one(manager, fields):
    told = manager.post(ADD, {**fields, "when_gone": "unpublish"})
    assert "Choose a private collection." in told.text
    archive = Collection.get_first_root_node().add_child(name="Archive")
    CollectionViewRestriction.objects.create(
        collection=archive, restriction_type="login"
    )
    fields |= {"when_gone": "unpublish", "private_collection": archive.pk}
    assert manager.post(ADD, fields).status_code == 302
    assert WatchedFolder.objects.get().private_collection == archive


def test_the_menu_shows_it_to_who_may(manager, client, make_writer):
    assert LIST in manager.get(reverse("wagtailadmin_home")).text
    client.force_login(make_writer("eve"))
    assert LIST not in client.get(reverse("wagtailadmin_home")).text


def test_what_is_below_a_private_collection_is_private_too(manager, fields):
    archive = Collection.get_first_root_node().add_child(name="Archive")
    CollectionViewRestriction.objects.create(
        collection=archive, restriction_type="login"
    )
    below = archive.add_child(name="Of last year")
    fields |= {"when_gone": "unpublish", "private_collection": below.pk}
    assert manager.post(ADD, fields).status_code == 302
    assert WatchedFolder.objects.get().private_collection == below


def test_the_form_asks_as_often_however_many_collections_there_are(
    manager, django_assert_max_num_queries
):
    manager.get(ADD)
    with CaptureQueriesContext(connection) as with_few:
        manager.get(ADD)
    for number in range(20):
        Collection.get_first_root_node().add_child(name=f"Collection {number}")
    with django_assert_max_num_queries(len(with_few)):
        manager.get(ADD)


def test_long_lists_of_watched_folders_are_told_by_pages(manager, folder):
    rows = WatchedFolder.objects.filter(pk=folder.pk)
    columns = rows.values("owner_id", "connection_id", "collection_id", "place").get()
    WatchedFolder.objects.bulk_create(
        WatchedFolder(**columns, drive_id="drive", item_id=str(number), name="More")
        for number in range(60)
    )
    page = manager.get(LIST).text
    assert page.count("More") < 60
    assert "Page 1 of 2" in page
