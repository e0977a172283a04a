"""Settings → Microsoft 365: where documents are edited."""

from __future__ import annotations

import pytest
from django.urls import reverse

from wagtail_m365.models import M365Settings
from wagtail_m365.models.configuration import edit_location
from wagtail_m365.testing.fake.drives import DriveSeam

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(browser):
    """The writer's browser, who may change the settings."""
    browser.user.is_superuser = True
    browser.user.save()
    return browser


@pytest.fixture
def library(admin) -> DriveSeam:
    admin.connect("Files.ReadWrite.All")
    return admin.microsoft.add_library("Press", admin.account)


def address():
    row = M365Settings.load()
    return reverse(
        "wagtailsettings:edit", args=["wagtail_m365", "m365settings", row.pk]
    )


def save(browser, **fields):
    return browser.post(
        address(), {"enabled": "on", "edit_place": "app_folder", **fields}
    )


def test_a_folder_of_the_onedrive_is_chosen(admin):
    save(admin, edit_place="onedrive", edit_path="/Website/Editing/")

    assert edit_location().path == "Website/Editing"
    assert edit_location().place == "onedrive"


@pytest.mark.parametrize("path", ["", "a/CON", "what?"])
def test_a_folder_that_onedrive_refuses_is_refused(admin, path):
    response = save(admin, edit_place="onedrive", edit_path=path)

    assert response.status_code == 200
    assert M365Settings.load().edit_place == "app_folder"


def test_a_library_is_looked_at_when_it_is_chosen(admin, library):
    folder = library.folder("Website/Editing")

    save(
        admin,
        edit_place="library",
        edit_drive_id=library.drive.id,
        edit_folder_id=folder.id,
    )

    assert M365Settings.load().edit_folder_name == "Press › Website › Editing"
    assert edit_location().folder_id == folder.id
    assert "Press › Website › Editing" in admin.get(address()).content.decode()


def test_a_library_that_is_not_there_is_refused(admin, library):
    response = save(
        admin,
        edit_place="library",
        edit_drive_id=library.drive.id,
        edit_folder_id="01NOTHING",
    )

    assert "Microsoft knows no such folder" in response.content.decode()
    assert M365Settings.load().edit_place == "app_folder"


def test_without_a_connected_account_it_is_kept_and_said_to_be_unseen(admin):
    save(admin, edit_place="library", edit_drive_id="b!drive")

    assert edit_location().drive_id == "b!drive"
    assert "not looked at" in admin.get(address()).content.decode()


def test_a_library_needs_a_drive(admin):
    assert save(admin, edit_place="library").status_code == 200
    assert M365Settings.load().edit_place == "app_folder"


def test_the_django_settings_win_and_are_shown(admin, settings):
    settings.WAGTAIL_M365 |= {"EDIT_LOCATION": {"onedrive": "Decided/Here"}}

    text = admin.get(address()).content.decode()
    save(admin, edit_place="library", edit_drive_id="b!other")

    assert edit_location().path == "Decided/Here"
    assert "Decided/Here" in text
    assert M365Settings.load().edit_place == "app_folder"
