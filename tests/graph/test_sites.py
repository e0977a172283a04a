from __future__ import annotations

import pytest

from wagtail_m365 import errors


def test_sites_are_found_by_their_words(client, site):
    assert [each.display_name for each in client.sites.search("market")] == [
        "Marketing"
    ]
    assert [each.id for each in client.sites.search("")] == [site.id]
    assert client.sites.get(site.id).web_url.startswith("http")


def test_a_site_has_libraries_with_folders(client, site):
    [library] = client.sites.drives(site.id)

    assert library.drive_type == "documentLibrary"
    assert client.drives.ensure_folder(library.id, "Press/2026").name == "2026"


def test_personal_accounts_have_no_sites(desk, microsoft):
    ben = microsoft.add_account("ben@outlook.com", "Ben", personal=True)

    with pytest.raises(errors.GraphError):
        list(desk.client(ben).sites.search("x"))
