from __future__ import annotations

import io

import pytest

from wagtail_m365 import errors
from wagtail_m365.graph.links import organization_link

from .wire import HangUp, Reply, Wire


def names(items) -> set[str]:
    return {item.name for item in items}


def test_the_drive_of_the_person_is_known(client):
    drive = client.drives.mine()

    assert drive == client.drives.get(drive.id)
    assert drive.drive_type == "business"
    assert drive.quota.remaining > 0
    assert client.drives.root().drive_id == drive.id
    assert client.drives.root(drive.id).is_folder


def test_the_app_folder_is_made_when_it_is_first_asked_for(desk, ada):
    client = desk.client(ada, "Files.ReadWrite.AppFolder")

    folder = client.drives.app_folder()

    assert folder.is_folder
    assert client.drives.app_folder().id == folder.id
    below = client.drives.ensure_folder(folder.drive_id, "a/b", parent_id=folder.id)
    assert below.name == "b"


def test_an_item_is_found_by_its_path_and_by_its_id(client, drive):
    drive.put("/Reports 50%/Größe #1 + 'x'.txt", b"content")
    mine = client.drives.mine().id

    item = client.drives.by_path(mine, "Reports 50%/Größe #1 + 'x'.txt")

    assert item.parent_path == "/Reports 50%"
    assert item.path == "/Reports 50%/Größe #1 + 'x'.txt"
    assert item.size == 7
    assert item.mime_type == "text/plain"
    assert not item.is_folder
    assert item.modified_at.tzinfo is not None
    assert client.drives.item(mine, item.id).etag == item.etag


def test_an_item_that_is_not_there_is_not_found(client):
    mine = client.drives.mine().id

    with pytest.raises(errors.ItemNotFound) as raised:
        client.drives.by_path(mine, "nowhere/nothing.txt")

    assert raised.value.correlation_id


def test_a_long_folder_is_listed_to_its_end(client, drive):
    for number in range(205):
        drive.put(f"/many/{number}.txt", b"")
    folder = client.drives.by_path(client.drives.mine().id, "many")

    items = list(client.drives.children(folder.drive_id, folder.id))

    assert len(names(items)) == 205
    assert folder.child_count == 205


def test_a_listing_that_leads_elsewhere_is_not_followed(client, drive, microsoft):
    for number in range(205):
        drive.put(f"/{number}.txt", b"")
    root = client.drives.root()
    microsoft.fail("next_link_on_foreign_host")

    with pytest.raises(errors.ForeignAddress):
        list(client.drives.children(root.drive_id, root.id))


@pytest.mark.parametrize("path", ["../../../me", "a/../b", "./a"])
def test_a_path_does_not_lead_out_of_its_drive(client, microsoft, path):
    mine = client.drives.mine().id
    microsoft.clear_requests()

    with pytest.raises(errors.NameRefused):
        client.drives.by_path(mine, path)
    with pytest.raises(errors.NameRefused):
        client.drives.item(mine, "..")

    assert microsoft.requests == []


def test_words_are_searched_for(client, drive):
    drive.put("/a/Ada's report.txt", b"")
    drive.put("/b/other.txt", b"")
    mine = client.drives.mine().id

    assert names(client.drives.search(mine, "ada's rep")) == {"Ada's report.txt"}
    folder = client.drives.by_path(mine, "b")
    assert not names(client.drives.search(mine, "report", item_id=folder.id))


def test_folders_are_made_with_all_levels_that_are_missing(client, drive):
    mine = client.drives.mine().id

    made = client.drives.ensure_folder(mine, "/Website/Öffentlich #1/2026")
    again = client.drives.ensure_folder(mine, "Website/Öffentlich #1/2026/")

    assert made.id == again.id
    assert drive.item("/Website/Öffentlich #1/2026").is_folder


def test_a_folder_somebody_else_makes_at_the_same_moment_is_taken(wired, wire: Wire):
    taken = Reply(409, {"error": {"code": "nameAlreadyExists"}})
    missing = Reply(404, {"error": {"code": "itemNotFound"}})
    made = Reply(200, {"id": "01N", "name": "new", "folder": {}})
    wire.on("GET", r"/root:/new\?", missing)
    wire.on("GET", r"/root\?", Reply(200, {"id": "01R", "root": {}}))
    wire.on("POST", "/items/01R/children", taken)
    wire.on("GET", r"/items/01R:/new\?", made)

    assert wired.drives.ensure_folder("b!1", "new").id == "01N"


def test_a_file_in_the_place_of_a_folder_is_left_alone(client, drive):
    drive.put("/Website", b"a file")

    with pytest.raises(errors.NameTaken):
        client.drives.ensure_folder(client.drives.mine().id, "Website")
    with pytest.raises((errors.NameTaken, errors.ItemNotFound)):
        client.drives.ensure_folder(client.drives.mine().id, "Website/below")

    assert drive.file("/Website") == b"a file"


@pytest.mark.parametrize(("conflict", "name"), [("rename", "a 1"), ("fail", None)])
def test_a_folder_whose_name_is_taken(client, drive, conflict, name):
    drive.folder("/a")
    root = client.drives.root()

    if name is None:
        with pytest.raises(errors.NameTaken):
            client.drives.create_folder(root.drive_id, root.id, "a", conflict)
    else:
        made = client.drives.create_folder(root.drive_id, root.id, "a", conflict)
        assert made.name == name


def test_a_folder_name_onedrive_refuses_is_not_asked_for(client, microsoft):
    root = client.drives.root()
    microsoft.clear_requests()

    with pytest.raises(errors.NameRefused):
        client.drives.create_folder(root.drive_id, root.id, "a:b")
    with pytest.raises(errors.NameRefused):
        client.drives.create_folder(root.drive_id, root.id, "a/b")

    assert microsoft.requests == []


def test_an_item_is_renamed_and_moved(client, drive):
    drive.put("/a.txt", b"content")
    drive.folder("/to")
    mine = client.drives.mine().id
    item = client.drives.by_path(mine, "a.txt")
    folder = client.drives.by_path(mine, "to")

    moved = client.drives.update(
        mine, item.id, name="b.txt", parent_id=folder.id, if_match=item.etag
    )

    assert moved.id == item.id
    assert drive.paths() == ["to/b.txt"]
    with pytest.raises(errors.PreconditionFailed):
        client.drives.update(mine, item.id, name="c.txt", if_match=item.etag)


def test_an_item_is_deleted(client, drive):
    drive.put("/a.txt", b"content")
    item = client.drives.by_path(client.drives.mine().id, "a.txt")

    client.drives.delete(item.drive_id, item.id, if_match=item.etag)

    assert drive.paths() == []


def test_an_item_that_is_open_in_office_is_not_deleted(client, drive):
    drive.put("/a.txt", b"content")
    drive.lock("/a.txt")
    item = client.drives.by_path(client.drives.mine().id, "a.txt")

    with pytest.raises(errors.ItemLocked):
        client.drives.delete(item.drive_id, item.id)


def test_an_item_that_has_changed_is_not_deleted(client, drive):
    drive.put("/a.txt", b"content")
    item = client.drives.by_path(client.drives.mine().id, "a.txt")
    drive.edit("/a.txt", b"changed")

    with pytest.raises(errors.PreconditionFailed):
        client.drives.delete(item.drive_id, item.id, if_match=item.etag)


def test_an_item_is_deleted_for_good(client, drive):
    drive.put("/a.txt", b"content")
    item = client.drives.by_path(client.drives.mine().id, "a.txt")

    client.drives.permanently_delete(item.drive_id, item.id)

    assert drive.paths() == []


@pytest.mark.parametrize("conflict", ["fail", "rename"])
def test_a_copy_is_begun_and_can_be_watched(client, drive, conflict):
    drive.put("/a.txt", b"content")
    drive.folder("/to")
    mine = client.drives.mine().id
    item, folder = (client.drives.by_path(mine, name) for name in ("a.txt", "to"))

    monitor = client.drives.copy(
        mine,
        item.id,
        to_drive_id=mine,
        to_parent_id=folder.id,
        name="b.txt",
        conflict=conflict,
    )

    assert drive.file("/to/b.txt") == b"content"
    state = client.transport.storage("GET", monitor).json()
    assert state["status"] == "completed"


def test_the_organisation_gets_a_link(client, drive):
    drive.put("/a.docx", b"content")
    item = client.drives.by_path(client.drives.mine().id, "a.docx")

    link = organization_link(client, item.drive_id, item.id, kind="edit")

    assert link.url.reveal().startswith("http")
    assert link == organization_link(client, item.drive_id, item.id, kind="edit")


@pytest.mark.parametrize("kind", ["view", "edit"])
def test_a_link_that_others_could_use_too_is_taken_away_again(wired, wire, kind):
    link = {"scope": "anonymous", "webUrl": "https://1drv.example/a"}
    wire.on("POST", "/createLink$", Reply(201, {"id": "p1", "link": link}))
    wire.on("DELETE", "/permissions/p1$", Reply(204))

    with pytest.raises(errors.Forbidden):
        organization_link(wired, "b!1", "01A", kind=kind)

    assert [each.method for each in wire.asked] == ["POST", "DELETE"]


def test_a_preview_has_an_address_of_its_own(client, drive):
    drive.put("/a.docx", b"content")
    item = client.drives.by_path(client.drives.mine().id, "a.docx")

    address = client.drives.preview(item.drive_id, item.id)

    assert address.reveal().startswith("http")
    assert "http" not in repr(address)


def test_a_file_is_checked_out_and_in(client, drive):
    drive.put("/a.docx", b"content")
    mine = client.drives.mine().id
    item = client.drives.by_path(mine, "a.docx")

    client.drives.checkout(mine, item.id)
    assert client.drives.item(mine, item.id).publication == "checkout"
    client.drives.checkin(mine, item.id, comment="Done")
    assert client.drives.item(mine, item.id).publication == "published"
    client.drives.checkout(mine, item.id)
    client.drives.discard_checkout(mine, item.id)
    assert client.drives.item(mine, item.id).publication == "published"


def test_versions_are_told_newest_first(client, drive):
    drive.put("/a.txt", b"1")
    drive.edit("/a.txt", b"22")
    item = client.drives.by_path(client.drives.mine().id, "a.txt")

    versions = list(client.drives.versions(item.drive_id, item.id))

    assert [version.size for version in versions] == [2, 1]


def test_a_file_is_downloaded(client, drive):
    drive.put("/a.txt", b"content")
    item = client.drives.by_path(client.drives.mine().id, "a.txt")
    target = io.BytesIO()

    result = client.drives.download(item, target)

    assert target.getvalue() == b"content"
    assert result.quick_xor == item.hashes.quick_xor


def test_a_download_that_ends_early_is_gone_on_with(client, drive, microsoft):
    content = bytes(range(256)) * 9000
    drive.put("/a.bin", content)
    item = client.drives.by_path(client.drives.mine().id, "a.bin")
    microsoft.fail("truncated_download", times=2)
    target = io.BytesIO()

    client.drives.download(item, target)

    assert target.getvalue() == content


def test_a_file_that_changes_while_it_is_fetched_is_noticed(client, drive, microsoft):
    drive.put("/a.bin", bytes(range(256)) * 9000)
    item = client.drives.by_path(client.drives.mine().id, "a.bin")
    microsoft.fail("changed_during_download")

    with pytest.raises(errors.ContentMismatch):
        client.drives.download(item, io.BytesIO())


def test_recent_and_shared_items_are_listed(client, drive):
    drive.put("/a.txt", b"")

    assert names(client.drives.recent()) <= {"a.txt"}
    assert list(client.drives.shared_with_me()) == []


def test_without_the_right_everything_is_forbidden(desk, ada):
    with pytest.raises(errors.Forbidden):
        desk.client(ada, "User.Read").drives.mine()


def test_the_person_is_known(client):
    assert client.me().user_principal_name == "ada@contoso.onmicrosoft.com"


def test_personal_drives_work_as_well(desk, microsoft):
    ben = microsoft.add_account("ben@outlook.com", "Ben", personal=True)
    client = desk.client(ben)
    folder = client.drives.ensure_folder(client.drives.mine().id, "a/b")

    assert client.drives.item(folder.drive_id, folder.id).path == "/a/b"
    assert client.drives.mine().drive_type == "personal"
    assert not folder.etag.startswith('"')
    client.drives.delete(folder.drive_id, folder.id, if_match=folder.etag)


def test_a_folder_whose_making_was_not_answered_is_there_all_the_same(wired, wire):
    gone = Reply(404, {"error": {"code": "itemNotFound"}})
    taken = Reply(409, {"error": {"code": "nameAlreadyExists"}})
    made = {"id": "01F", "name": "Press", "folder": {}}
    wire.on("GET", r"/items/01P:/Press\?", gone, Reply(200, made))
    wire.on("GET", r"/items/01P\?", Reply(200, {"id": "01P", "folder": {}}))
    wire.on("POST", "/children", HangUp, taken)

    assert wired.drives.ensure_folder("b!1", "Press", parent_id="01P").id == "01F"


def test_a_folder_that_somebody_asks_for_is_asked_for_once(wired, wire):
    wire.on("POST", "/children", HangUp)

    with pytest.raises(errors.TemporarilyUnavailable):
        wired.drives.create_folder("b!1", "01P", "Press")

    assert len(wire.of("POST")) == 1


# As Graph answers for an account without a OneDrive (msgraph-sdk-dotnet#579).
NO_ONEDRIVE = {"code": "ResourceNotFound", "message": "User's mysite not found."}


@pytest.mark.parametrize("ask", ["mine", "root", "app_folder"])
def test_an_account_without_a_onedrive_is_told_so(wired, wire, ask):
    wire.on("GET", "/me/drive", Reply(404, {"error": NO_ONEDRIVE}))

    with pytest.raises(errors.ItemNotFound) as raised:
        getattr(wired.drives, ask)()

    assert "OneDrive has not been set up" in str(raised.value.explanation.what)


def test_what_is_not_found_elsewhere_says_nothing_of_the_onedrive(wired, wire):
    wire.on("GET", "/drives/b!1", Reply(404, {"error": NO_ONEDRIVE}))

    with pytest.raises(errors.ItemNotFound) as raised:
        wired.drives.get("b!1")

    assert "OneDrive has not been set up" not in str(raised.value.explanation.what)
