from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import State

from .conftest import may

pytestmark = pytest.mark.django_db
BATCH = uuid.uuid4()


def url(name, batch_id=BATCH):
    return reverse(f"wagtail_m365:{name}", args=[batch_id])


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def transfer(writer, account_of):
    return Transfer.objects.create(
        kind="save",
        batch_id=BATCH,
        owner=writer,
        connection=account_of(writer),
        title="Film",
        name="film.mp4",
        original_name="film.mp4",
        size=1000,
        bytes_done=250,
    )


@pytest.fixture
def page(client, writer, transfer):
    client.force_login(writer)
    return client


def set_state(state, **columns):
    Transfer.objects.update(state=state, **columns)


def test_the_page_shows_how_far_each_file_is(page):
    set_state(State.RUNNING, lease_until=1e12)
    shown = html(page.get(url("transfer_batch")))
    assert 'value="25"' in shown
    assert 'role="status"' in shown
    assert "0 of 1 file saved." in shown
    assert "Cancel: Film" in shown


def test_the_part_that_is_asked_for_again_is_no_whole_page(page):
    shown = html(page.get(url("transfer_rows")))
    assert "<html" not in shown
    assert 'data-unfinished="1"' in shown


def test_a_finished_transfer_leads_to_the_file(page):
    set_state(State.DONE, web_url="https://contoso.example/film")
    shown = html(page.get(url("transfer_batch")))
    assert 'href="https://contoso.example/film"' in shown
    assert "Nothing is left to do." in shown
    assert 'data-unfinished="0"' in shown


def test_a_size_stands_alone_where_no_name_is_known(page):
    set_state(State.FAILED, name="", original_name="", size=2048)
    shown = html(page.get(url("transfer_batch")))
    facts = shown.partition('<p class="m365-meta">')[2].partition("</p>")[0]
    assert facts.split() == ["2.0", "KB"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://evil.example/"])
def test_no_address_is_linked_that_is_no_web_address(page, address):
    set_state(State.DONE, web_url=address, share_url=address)
    assert address not in html(page.get(url("transfer_batch")))


def test_a_failed_transfer_says_why_and_what_to_do(page):
    set_state(State.FAILED, error_code="quota_exceeded")
    shown = html(page.get(url("transfer_batch")))
    assert "full" in shown
    assert "Try again: Film" in shown


def test_a_transfer_that_microsoft_asked_to_wait_says_until_when(page, settings):
    settings.TIME_ZONE = "UTC"
    set_state(State.WAITING, not_before=4_102_488_000)
    assert "Not before noon" in html(page.get(url("transfer_batch")))
    set_state(State.WAITING, not_before=1)
    assert "Not before" not in html(page.get(url("transfer_batch")))


def test_missing_rights_lead_to_the_sign_in_and_back(page):
    error = {"type": "NotConnected", "code": "not_connected", "facts": {}}
    set_state(State.FAILED, error_code="not_connected", error=error)
    shown = html(page.get(url("transfer_batch")))
    assert reverse("wagtail_m365:connect") in shown


def test_a_transfer_nobody_works_on_can_be_taken_up_again(page, monkeypatch):
    set_state(State.RUNNING, lease_until=1)
    shown = html(page.get(url("transfer_batch")))
    assert url("go_on_with_transfers") in shown


def test_it_is_nobody_elses(client, make_writer, transfer):
    client.force_login(make_writer("other"))
    for name in ("transfer_batch", "transfer_rows"):
        assert client.get(url(name)).status_code in {302, 403}
    for name in ("cancel_transfers", "retry_transfers", "go_on_with_transfers"):
        assert client.post(url(name)).status_code in {302, 403}
    transfer.refresh_from_db()
    assert (transfer.state, transfer.cancel_requested) == (State.QUEUED, False)


def test_managers_see_everybodys(client, make_writer, transfer):
    manager = may(make_writer("manager"), "wagtail_m365.manage_edit_sessions")
    client.force_login(manager)
    assert "Film" in html(client.get(url("transfer_batch")))
    assert "Film" in html(client.get(reverse("wagtail_m365:transfers")))


def test_a_batch_that_never_was(page):
    assert page.get(url("transfer_batch", uuid.uuid4())).status_code == 404


def test_nothing_changes_with_get(page, transfer):
    for name in ("cancel_transfers", "retry_transfers", "go_on_with_transfers"):
        assert page.get(url(name)).status_code == 405


def test_one_is_cancelled_and_the_others_go_on(page, transfer):
    other = Transfer.objects.create(kind="save", batch_id=BATCH, owner=transfer.owner)
    page.post(url("cancel_transfers"), {"transfer": transfer.pk})
    transfer.refresh_from_db()
    other.refresh_from_db()
    assert (transfer.state, other.state) == (State.CANCELLED, State.QUEUED)


def test_what_has_failed_is_queued_again(page, transfer):
    set_state(State.FAILED, error_code="quota_exceeded")
    page.post(url("retry_transfers"))
    transfer.refresh_from_db()
    assert (transfer.state, transfer.error_code) == (State.QUEUED, "")


def test_an_id_that_is_none_is_not_found(page):
    given = {"transfer": "nonsense"}
    assert page.post(url("cancel_transfers"), given).status_code == 404


def test_the_report_shows_ones_own_and_filters(client, make_writer, page, transfer):
    Transfer.objects.create(kind="save", title="Theirs", owner=make_writer("other"))
    listed = html(page.get(reverse("wagtail_m365:transfers")))
    assert "Film" in listed
    assert "Theirs" not in listed
    none = page.get(reverse("wagtail_m365:transfers"), {"state": "done"})
    assert "No transfer matches these filters." in html(none)


def test_the_report_is_exported_without_formulas(page, transfer):
    Transfer.objects.update(title="=cmd()")
    response = page.get(reverse("wagtail_m365:transfers"), {"export": "csv"})
    text = b"".join(response.streaming_content).decode()
    assert "'=cmd()" in text
    assert "film.mp4" in text


def test_a_large_batch_is_paged(page, transfer, django_assert_max_num_queries):
    Transfer.objects.bulk_create(
        Transfer(kind="save", batch_id=BATCH, owner=transfer.owner, title=f"No {n}")
        for n in range(120)
    )
    with django_assert_max_num_queries(40):
        first = html(page.get(url("transfer_batch")))
    assert "Page 1 of 3" in first
    assert first.count('<li class="m365-transfer ') == 50
