from __future__ import annotations

import uuid

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from wagtail_m365.models import DocumentVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switched_on")]


@pytest.fixture
def version(document):
    return DocumentVersion.objects.create(
        document=document,
        file=ContentFile(b"before", name="rules-before.docx"),
        filename="rüles <before>.docx",
        size=6,
        stage=DocumentVersion.Stage.KEPT,
    )


@pytest.fixture
def person(client, writer):
    client.force_login(writer)
    return client


def address(name, version):
    return reverse(f"wagtail_m365:version_{name}", args=[version.pk])


def test_a_version_can_be_downloaded(person, version):
    response = person.get(address("download", version))

    assert b"".join(response.streaming_content) == b"before"
    assert response["Content-Disposition"].startswith("attachment;")


def test_no_browser_runs_what_is_downloaded(person, version):
    response = person.get(address("download", version))
    response.close()

    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_file_that_is_gone_is_explained(person, version):
    version.file.storage.delete(version.file.name)

    response = person.get(address("download", version))

    assert response.status_code == 404
    assert "cannot be downloaded" in response.content.decode()


def test_a_version_that_is_not_there_is_not_found(person, db):
    url = reverse("wagtail_m365:version_download", args=[uuid.uuid4()])

    assert person.get(url).status_code == 404


def test_a_version_that_was_never_kept_is_not_found(person, version):
    version.stage = DocumentVersion.Stage.STORING
    version.save()

    assert person.get(address("download", version)).status_code == 404
    assert person.post(address("restore", version)).status_code == 404


def test_restoring_is_asked_first(person, version):
    response = person.get(address("restore", version))

    assert response.status_code == 200
    assert "Restore this version" in response.content.decode()


def test_a_version_becomes_the_documents_file_again(person, version, document):
    response = person.post(address("restore", version))

    document.refresh_from_db()
    with document.open_file() as file:
        assert file.read() == b"before"
    assert response.url == reverse("wagtaildocs:edit", args=[document.pk])
    assert DocumentVersion.objects.count() == 2
