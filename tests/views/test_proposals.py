from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from wagtail_m365.documents.keeping import Occasion
from wagtail_m365.documents.proposing import propose
from wagtail_m365.models import Proposal

from .conftest import may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moderated")]


@pytest.fixture
def moderated(switched_on, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "MODERATION": True}


@pytest.fixture
def waiting(document, writer):
    return propose(
        document,
        io.BytesIO(b"better rules"),
        Occasion(user=writer, comment="new rules for winter"),
        base_file_hash=document.get_file_hash(),
    )


@pytest.fixture
def chief(make_writer):
    return may(make_writer("chief"), "wagtail_m365.publish_brought_back")


@pytest.fixture
def content(document):
    def content():
        fresh = type(document).objects.get(pk=document.pk)
        with fresh.file.open() as file:
            return file.read()

    return content


def page(proposal):
    return reverse("wagtail_m365:proposal", args=[proposal.pk])


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_the_page_shows_author_comment_and_where_the_document_is_used(
    client, chief, waiting
):
    client.force_login(chief)
    shown = html(client.get(page(waiting)))
    assert "new rules for winter" in shown
    assert "Why: the author reads it." in shown
    assert "No page or snippet shows this document." in shown
    assert 'value="approve"' in shown
    assert 'value="withdraw"' not in shown


def test_the_author_may_look_and_withdraw_only(client, writer, waiting, content):
    client.force_login(writer)
    shown = html(client.get(page(waiting)))
    assert 'value="approve"' not in shown
    assert 'value="withdraw"' in shown
    refused = client.post(page(waiting), {"choice": "approve"})
    assert refused.status_code >= 400
    assert content() == b"rules"
    client.post(page(waiting), {"choice": "withdraw"})
    assert Proposal.objects.get().state == "withdrawn"


def test_approving_gives_the_document_the_file(client, chief, waiting, content):
    client.force_login(chief)
    answer = client.post(page(waiting), {"choice": "approve", "comment": "good"})
    assert answer.status_code == 302
    assert content() == b"better rules"


def test_rejecting_tells_the_author_in_the_panel(
    client, chief, writer, waiting, content
):
    client.force_login(chief)
    client.post(page(waiting), {"choice": "reject", "comment": "winter is over"})
    assert content() == b"rules"
    client.force_login(writer)
    edit = reverse("wagtaildocs:edit", args=[waiting.document_id])
    shown = html(client.get(edit))
    assert "Rejected" in shown
    assert "winter is over" in shown


def test_a_file_that_came_in_between_is_shown_before_it_is_replaced(
    client, chief, waiting, content
):
    waiting.base_file_hash = "another"
    waiting.save()
    client.force_login(chief)
    first = html(client.post(page(waiting), {"choice": "approve"}), 409)
    assert "Approve all the same" in first
    assert content() == b"rules"
    seen = waiting.document.get_file_hash()
    client.post(page(waiting), {"choice": "approve", "seen": seen})
    assert content() == b"better rules"


def test_get_decides_nothing(client, chief, waiting):
    client.force_login(chief)
    client.get(page(waiting), {"choice": "approve"})
    assert Proposal.objects.get().state == "waiting"


def test_strangers_see_neither_page_nor_list(client, outsider, waiting):
    client.force_login(outsider)
    assert client.get(page(waiting)).status_code in {302, 403}
    assert client.get(reverse("wagtail_m365:proposals")).status_code in {302, 403}


def test_the_report_lists_what_waits_for_documents_one_may_change(
    client, chief, group_of, waiting, django_user_model
):
    report = reverse("wagtail_m365:proposals")
    client.force_login(chief)
    assert page(waiting) in html(client.get(report))
    elsewhere = waiting.document.collection.add_child(name="Elsewhere")
    stranger = django_user_model.objects.create_user("stranger")
    group_of("Others", elsewhere, "wagtail_m365.use_microsoft365").user_set.add(
        stranger
    )
    client.force_login(stranger)
    shown = html(client.get(report))
    assert page(waiting) not in shown
    assert "No file waits for approval." in shown


def test_versions_and_side_panel_name_what_waits(client, writer, waiting):
    client.force_login(writer)
    for name in ("wagtail_m365:versions", "wagtaildocs:edit"):
        shown = html(client.get(reverse(name, args=[waiting.document_id])))
        assert page(waiting) in shown


def test_what_waits_can_be_downloaded_by_those_who_may_change_the_document(
    client, writer, outsider, waiting
):
    address = reverse("wagtail_m365:version_download", args=[waiting.version.pk])
    client.force_login(writer)
    assert b"".join(client.get(address).streaming_content) == b"better rules"
    client.force_login(outsider)
    assert client.get(address).status_code in {302, 403}


def test_groups_may_be_given_the_permission_by_collection(client, admin_user):
    client.force_login(admin_user)
    shown = html(client.get(reverse("wagtailusers_groups:add")))
    assert "Microsoft 365: publishing permissions" in shown
    right = Permission.objects.get(codename="publish_brought_back")
    assert f'value="{right.pk}"' in shown
