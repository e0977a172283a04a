from __future__ import annotations

import pytest

from wagtail_m365.checks import check_types
from wagtail_m365.errors import Misconfigured
from wagtail_m365.models.edit_locations import EditLocation


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("app_folder", EditLocation()),
        ({"onedrive": "/a/b/"}, EditLocation(place="onedrive", path="a/b")),
        ({"library": "b!1"}, EditLocation(place="library", drive_id="b!1")),
        (
            {"library": "b!1", "folder": "01A"},
            EditLocation(place="library", drive_id="b!1", folder_id="01A"),
        ),
    ],
)
def test_the_setting_says_where_copies_lie(value, expected):
    assert EditLocation.of_setting(value) == expected


@pytest.mark.parametrize(
    "value",
    ["library", {}, {"library": ""}, {"onedrive": "a", "folder": "b"}, {"folder": "b"}],
)
def test_what_cannot_be_understood_is_refused_and_reported(value, settings):
    settings.WAGTAIL_M365 = {"EDIT_LOCATION": value}

    with pytest.raises(Misconfigured) as refused:
        EditLocation.of_setting(value)

    assert refused.value.code == "edit_location_unreadable"
    assert [each.id for each in check_types()] == ["wagtail_m365.E002"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"JOIN_BY_LINK": "maybe"},
        {"PRIVATE_COLLECTIONS": "never"},
        {"OPEN_WITH": {"word": "phone"}},
        {"OPEN_WITH": {"outlook": "desktop"}},
        {"LIBRARY_SCOPE": "Sites.FullControl.All"},
    ],
)
def test_words_that_nobody_understands_are_reported(wrong, settings):
    settings.WAGTAIL_M365 = wrong

    assert [each.id for each in check_types()] == ["wagtail_m365.E002"]
