from __future__ import annotations

import io
import uuid
from datetime import timedelta

import docx
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from wagtail_m365.models import DocumentVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switched_on")]


@pytest.fixture
def person(client, writer):
    client.force_login(writer)
    return client


def keep(document, content=b"before", filename="rules.txt", **fields):
    return DocumentVersion.objects.create(
        document=document,
        file=ContentFile(content, name=filename),
        filename=filename,
        size=len(content),
        stage=DocumentVersion.Stage.KEPT,
        **fields,
    )


def word(*paragraphs):
    document, target = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(target)
    return target.getvalue()


def listed(person, document):
    return person.get(reverse("wagtail_m365:versions", args=[document.pk]))


def compared(person, version):
    return person.get(reverse("wagtail_m365:version_difference", args=[version.pk]))


def test_all_versions_are_listed_with_who_why_and_where_from(person, writer, document):
    keep(
        document,
        filename="rules-2025.docx",
        source=DocumentVersion.Source.BROUGHT_BACK,
        saved_by=writer,
        comment="New opening hours",
    )

    page = listed(person, document).content.decode()

    for text in ("rules-2025.docx", "Brought back", "writer", "New opening hours"):
        assert text in page
    for name in ("version_download", "version_difference", "version_restore"):
        version = DocumentVersion.objects.get()
        assert reverse(f"wagtail_m365:{name}", args=[version.pk]) in page


def test_the_file_that_it_has_now_is_told_with_its_comment(person, writer, document):
    keep(document, successor_comment="Corrected by the press office")

    page = listed(person, document).content.decode()

    assert "Corrected by the press office" in page


def test_versions_that_were_never_kept_are_not_listed(person, document):
    version = keep(document, filename="half-stored.docx")
    version.stage = DocumentVersion.Stage.STORING
    version.save()

    assert "half-stored.docx" not in listed(person, document).content.decode()


def test_without_versions_the_page_says_so(person, document):
    assert "None yet" in listed(person, document).content.decode()


def test_the_list_costs_the_same_for_many_versions(
    person, document, writer, django_assert_max_num_queries
):
    for number in range(8):
        keep(document, filename=f"{number}.txt", saved_by=writer, replaced_by=writer)
    listed(person, document)

    with django_assert_max_num_queries(25):
        listed(person, document)


def test_many_versions_are_shown_page_by_page(person, document):
    for number in range(31):
        keep(document, filename=f"file-{number}.txt")

    assert "Page 1 of 2" in listed(person, document).content.decode()


@pytest.mark.parametrize("ask", [listed, compared])
def test_nobody_reads_versions_of_a_document_out_of_reach(
    client, outsider, document, ask
):
    client.force_login(outsider)
    version = keep(document)

    answer = ask(client, document if ask is listed else version)

    assert answer.url == reverse("wagtailadmin_home")


def test_the_side_panel_leads_to_all_versions(person, document):
    keep(document)
    page = person.get(reverse("wagtaildocs:edit", args=[document.pk]))

    assert reverse("wagtail_m365:versions", args=[document.pk]) in page.content.decode()


def test_what_changed_since_a_version_can_be_read(person, make_document):
    document = make_document(content=word("Closed on Mondays"))
    version = keep(document, word("Closed on Sundays"), "rules.docx")

    page = compared(person, version).content.decode()

    assert "<mark>Sundays</mark>" in page
    assert "<mark>Mondays</mark>" in page


def test_text_of_a_file_is_no_markup_of_the_page(person, make_document):
    document = make_document("Notes", "notes.txt", b"<script>alert(1)</script>")
    version = keep(document, b"old", "notes.txt")

    page = compared(person, version).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_is_equal_is_said_to_be_equal(person, make_document):
    document = make_document("Notes", "notes.txt", b"same")
    version = keep(document, b"same", "notes.txt")

    assert "The text is the same" in compared(person, version).content.decode()


def test_files_that_are_no_text_are_not_compared(person, make_document):
    document = make_document("Photo", "photo.pdf", b"%PDF-1")
    version = keep(document, b"%PDF-2", "photo.pdf")

    assert "cannot be compared" in compared(person, version).content.decode()


def test_a_file_that_is_gone_is_explained(person, document):
    version = keep(document)
    version.file.storage.delete(version.file.name)

    assert compared(person, version).status_code == 404


def test_there_is_no_difference_to_a_version_that_is_not_there(person, db):
    url = reverse("wagtail_m365:version_difference", args=[uuid.uuid4()])

    assert person.get(url).status_code == 404


def test_a_restore_keeps_its_comment(person, document):
    version = keep(document)
    url = reverse("wagtail_m365:version_restore", args=[version.pk])

    person.post(url, {"comment": " Back to last year's rules "})

    latest = DocumentVersion.objects.kept().first()
    assert latest.successor_comment == "Back to last year's rules"


@pytest.mark.parametrize("comment", ["x" * 256, "a\0b"])
def test_a_comment_that_cannot_be_kept_restores_nothing(person, document, comment):
    version = keep(document)
    url = reverse("wagtail_m365:version_restore", args=[version.pk])

    assert person.post(url, {"comment": comment}).status_code == 400
    assert DocumentVersion.objects.count() == 1


def shown(person, document):
    return listed(person, document).content.decode()


def test_what_the_setting_will_remove_is_named(person, document, settings):
    keep(document, filename="old.txt")
    keep(document, filename="new.txt")
    assert "This site keeps" not in shown(person, document)
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "KEEP_VERSIONS": 1}
    page = shown(person, document)
    assert "This site keeps the newest version of a document." in page
    assert "1 version is beyond that." in page
    assert f"due since {date_format(timezone.localdate())}" in page
    assert DocumentVersion.objects.count() == 2


def test_the_day_until_which_each_version_is_kept_is_told(person, document, settings):
    keep(document, filename="old.txt")
    keep(document, filename="new.txt")
    settings.WAGTAIL_M365 |= {"KEEP_VERSIONS": 1, "KEEP_VERSIONS_DAYS": 30}
    page = shown(person, document)
    assert "the newest version of a document, and every version for 30 days" in page
    in_a_month = timezone.localdate() + timedelta(days=30)
    assert page.count(f"Kept until {date_format(in_a_month)}") == 1
    assert "beyond that" not in page
    settings.WAGTAIL_M365 |= {"KEEP_VERSIONS": None}
    assert shown(person, document).count(f"Kept until {date_format(in_a_month)}") == 2
