"""Document libraries of SharePoint sites, with and without required check-out."""

from __future__ import annotations

import requests

from wagtail_m365.testing.fake.calls import state_of
from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .conftest import CallerOf

WRITE = "Files.ReadWrite.All"


def _library(fake: FakeMicrosoft, ada: Account, **how: object) -> DriveSeam:
    return fake.add_library("Press office", ada, **how)


def test_a_library_belongs_to_everybody_of_the_tenant(
    fake: FakeMicrosoft, caller_of: CallerOf, ada: Account, ben: Account
) -> None:
    library = _library(fake, ada)
    path = f"drives/{library.drive.id}/root:/a.txt:/content"

    assert caller_of(ben, WRITE).put(path, b"1").status_code == 201
    assert library.file("a.txt") == b"1"


def test_a_library_with_members_is_closed_to_others(
    fake: FakeMicrosoft, caller_of: CallerOf, ada: Account, ben: Account
) -> None:
    library = _library(fake, ada, members={ada.object_id})
    path = f"drives/{library.drive.id}/root:/a.txt:/content"

    assert caller_of(ada, WRITE).put(path, b"1").status_code == 201
    assert caller_of(ben, WRITE).put(path, b"2").status_code == 403


def test_selected_sites_are_open_to_the_application_that_was_granted_them(
    fake: FakeMicrosoft, caller_of: CallerOf, ada: Account
) -> None:
    library = _library(fake, ada)
    site = state_of(fake.world).sites[library.drive.site_id]
    path = f"drives/{library.drive.id}/root:/a.txt:/content"
    caller = caller_of(ada, "Sites.Selected")
    before = caller.put(path, b"1").status_code

    site.selected_for.add(fake.app.client_id)

    assert (before, caller.put(path, b"1").status_code) == (403, 201)
    assert caller.get("me/drive/root/children").status_code == 403


def test_a_check_in_keeps_its_comment_and_shows_the_file_to_others(
    fake: FakeMicrosoft, caller_of: CallerOf, ada: Account, ben: Account
) -> None:
    library = _library(fake, ada, requires_check_out=True)
    path = f"drives/{library.drive.id}/root:/a.txt:"
    writer, reader = caller_of(ada, WRITE), caller_of(ben, WRITE)
    writer.put(f"{path}/content", b"1")
    hidden = reader.get(path).status_code

    writer.post(f"{path}/checkin", {"comment": "Done"})

    assert (hidden, reader.get(path).status_code) == (404, 200)
    assert library.item("a.txt").versions[-1].comment == "Done"


def test_what_somebody_has_checked_out_takes_no_upload_session_of_others(
    fake: FakeMicrosoft, caller_of: CallerOf, ada: Account, ben: Account
) -> None:
    library = _library(fake, ada)
    library.put("a.txt", b"1")
    path = f"drives/{library.drive.id}/root:/a.txt:"
    caller_of(ada, WRITE).post(f"{path}/checkout")

    session = caller_of(ben, WRITE).post(f"{path}/createUploadSession", {})

    assert session.status_code == 423
    assert library.file("a.txt") == b"1"


def test_the_control_api_makes_a_library(fake: FakeMicrosoft, ada: Account) -> None:
    url = f"{fake.authority}/_control/libraries"
    body = {"name": "Press", "account": ada.username, "requires_check_out": True}

    made = requests.Session().post(url, json=body, timeout=10).json()

    assert made["drive"].startswith("b!")
    assert made["folder"]
