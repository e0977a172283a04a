from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wagtail_m365.graph.profile import Profile
from wagtail_m365.graph.types import Drive, DriveItem, UploadSession, Version


def test_an_item_that_tells_only_its_id_is_read():
    item = DriveItem.from_json({"id": "01A", "deleted": {"state": "deleted"}})

    assert item == DriveItem(id="01A", deleted=True)


def test_members_that_are_null_are_as_good_as_absent():
    names = "name parentReference file folder root deleted size eTag remoteItem"
    json = dict.fromkeys([*names.split(), "lastModifiedBy", "lastModifiedDateTime"])

    assert DriveItem.from_json({"id": "1", **json}) == DriveItem(id="1")


def test_an_item_is_read_with_everything_that_matters():
    item = DriveItem.from_json(
        {
            "@microsoft.graph.downloadUrl": "https://storage/x?tempauth=hush",
            "id": "01A",
            "name": "A b.docx",
            "size": 3,
            "eTag": '"{1},2"',
            "cTag": '"c:{1},1"',
            "lastModifiedDateTime": "2026-11-20T18:23:45.9356913Z",
            "lastModifiedBy": {"user": {"displayName": "Ada", "email": "ada@x"}},
            "parentReference": {
                "driveId": "b!1",
                "id": "01P",
                "path": "/drive/root:/B%20c",
            },
            "file": {
                "mimeType": "text/plain",
                "hashes": {"quickXorHash": "q", "sha256Hash": "AB", "sha1Hash": "CD"},
            },
            "remoteItem": {
                "id": "r",
                "parentReference": {"driveId": "b!2"},
                "folder": {},
            },
            "somethingNew": {"deeply": ["nested"]},
        }
    )

    assert item.path == "/B c/A b.docx"
    assert item.modified_at == datetime(2026, 11, 20, 18, 23, 45, 935691, UTC)
    assert item.modified_by == "Ada"
    assert (item.hashes.sha256, item.hashes.sha1) == ("ab", "cd")
    assert (item.remote_item.drive_id, item.remote_item.is_folder) == ("b!2", True)
    assert "hush" not in repr(item)


def test_the_root_is_a_folder_without_a_path_of_its_own():
    root = DriveItem.from_json({"id": "1", "name": "root", "root": {}})

    assert root.is_folder
    assert root.path == "/"


@pytest.mark.parametrize(
    ("ranges", "starts"),
    [
        (["0-"], (0,)),
        (["26-99"], (26,)),
        (["128-", "12-64"], (12, 128)),
        (["odd"], ()),
        ([], ()),
        (None, ()),
    ],
)
def test_expected_ranges_are_read_in_every_form(ranges, starts):
    session = UploadSession.from_json({"uploadUrl": "x", "nextExpectedRanges": ranges})

    assert session.next_ranges == starts


def test_a_time_that_cannot_be_read_is_none():
    assert (
        Version.from_json({"id": "1", "lastModifiedDateTime": "soon"}).modified_at
        is None
    )


def test_drives_and_profiles_are_read_with_little():
    assert Drive.from_json({"id": "1"}).quota.remaining is None
    assert (
        Drive.from_json({"id": "1", "owner": {"group": {"displayName": "G"}}}).owner
        == "G"
    )
    assert Profile.from_json({"id": "1", "mail": None}).mail == ""
