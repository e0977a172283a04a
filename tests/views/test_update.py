from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection

from wagtail_m365.documents.importing import import_file
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.tokens import bundles

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(browser, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    browser.connect(*bundles.SAVE)
    item = browser.drive.put("plan.pdf", b"base")
    file = RemoteFile(drive_id=browser.drive.drive.id, item_id=item.id, name="plan.pdf")
    return import_file(
        file,
        browser.user.m365_connections.get(),
        browser.user,
        collection=Collection.get_first_root_node(),
    ).document


def update_url(document):
    return reverse("wagtail_m365:update", args=[document.pk])


def edit_page(browser, document):
    return browser.get(reverse("wagtaildocs:edit", args=[document.pk])).text


def content(document):
    document = get_document_model().objects.get(pk=document.pk)
    with document.file.open() as file:
        return file.read()


def test_an_imported_document_offers_it_and_another_does_not(
    browser, imported, document
):
    assert "Update from OneDrive" in edit_page(browser, imported)
    assert "Update from OneDrive" not in edit_page(browser, document)


def test_the_newest_file_is_fetched(browser, imported):
    browser.drive.edit("plan.pdf", b"new")
    assert browser.get(update_url(imported)).status_code == 200
    told = browser.post(update_url(imported), follow=True).text
    assert "has the newest file now" in told
    assert content(imported) == b"new"


def test_both_sides_are_shown_before_anything_is_taken(browser, imported):
    imported.file.save("plan.pdf", ContentFile(b"own"), save=False)
    imported._set_document_file_metadata()
    imported.file.close()
    imported.save()
    browser.drive.edit("plan.pdf", b"theirs")
    shown = browser.post(update_url(imported))
    assert shown.status_code == 409
    assert "Keep the site" in shown.text
    assert content(imported) == b"own"
    browser.post(update_url(imported), {"choice": "ours"})
    assert content(imported) == b"own"
    browser.post(update_url(imported), {"choice": "theirs"})
    assert content(imported) == b"theirs"


def test_whoever_may_not_edit_the_document_is_refused(client, outsider, imported):
    client.force_login(outsider)
    assert client.get(update_url(imported)).status_code in (302, 403)
    assert client.post(update_url(imported)).status_code in (302, 403)


def test_a_file_that_is_gone_is_explained(browser, imported):
    browser.drive.delete("plan.pdf")
    assert browser.post(update_url(imported)).status_code == 404
    assert content(imported) == b"base"
