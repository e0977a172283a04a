from __future__ import annotations

import logging
import time
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail import hooks
from wagtail.models import (
    CollectionViewRestriction,
    GroupCollectionPermission,
    ModelLogEntry,
)

from tests.throttled import the_wait_is_over
from wagtail_m365.documents import transfer_leases, transferring
from wagtail_m365.documents.transfer_batches import cancel, error_of, try_again
from wagtail_m365.documents.transferring import Work
from wagtail_m365.errors import QuotaExceeded
from wagtail_m365.graph.upload_sessions import FRAGMENT
from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import State
from wagtail_m365.tasks import sweep_transfers

from .transfers import LARGE, Clock, plan, run_all


@pytest.fixture
def account(ada, connect):
    return connect(ada)


@pytest.fixture
def drive(account, onedrive):
    return onedrive(account)


@pytest.fixture
def film(make_document):
    return make_document(LARGE, name="film.zip", title="Film")


@pytest.fixture
def transfer(film, ada, account, drive) -> Transfer:
    (only,) = plan([film], ada, account, below="Press")
    return only


class Dies(BaseException):
    """The worker is killed here."""


def dying(after: int, strike: type[BaseException] = Dies) -> type[Work]:
    """The worker dies when so many fragments are over."""

    class Dying(Work):
        left = after

        def progress(self, done: int) -> None:
            super().progress(done)
            self.left -= 1
            if not self.left:
                raise strike

    return Dying


def kill_worker(transfer: Transfer, after: int) -> None:
    with pytest.raises(Dies):
        transferring.run(transfer.pk, work=dying(after))


def let_lease_end() -> None:
    Transfer.objects.filter(state=State.RUNNING).update(lease_until=1)


def sent(microsoft) -> list[str]:
    return [
        each.headers["Content-Range"]
        for each in microsoft.requests
        if each.method == "PUT" and "Content-Range" in each.headers
    ]


def test_a_large_file_arrives_and_the_row_tells_everything(transfer, drive, film):
    run_all([transfer])
    assert drive.path == "Press/film.zip"
    assert drive.content == LARGE
    assert (transfer.state, transfer.error_code) == (State.DONE, "")
    assert transfer.bytes_done == transfer.size == len(LARGE)
    assert transfer.web_url.startswith("http")
    assert transfer.item_id
    assert transfer.session_sealed == ""
    assert transfer.slot is None
    assert ModelLogEntry.objects.get(action="wagtail_m365.save").data == {
        "name": "film.zip",
        "folder": "Press",
    }


def test_a_storage_without_paths_is_enough(
    saboteur, make_document, ada, account, drive
):
    document = make_document(LARGE, name="film.zip")
    run_all(plan([document], ada, account))
    assert drive.content == LARGE


def test_an_empty_file_arrives(make_document, ada, account, drive):
    (transfer,) = run_all(plan([make_document(b"", name="empty.txt")], ada, account))
    assert transfer.state == State.DONE
    assert drive.content == b""


def test_a_worker_that_is_killed_loses_nothing(transfer, drive, microsoft):
    kill_worker(transfer, after=1)
    assert transferring.run(transfer.pk) is None  # as long as its lease holds
    let_lease_end()
    microsoft.clear_requests()

    run_all([transfer])

    assert transfer.state == State.DONE
    assert transfer.attempts == 2
    assert drive.content == LARGE
    assert sent(microsoft)[0].startswith(f"bytes {FRAGMENT}-")


def test_a_file_that_arrived_when_its_worker_was_killed_is_not_sent_again(
    film, ada, account, drive, microsoft
):
    (transfer,) = plan([film], ada, account, conflict="fail")
    kill_worker(transfer, after=3)  # the third time, all is over
    let_lease_end()
    microsoft.clear_requests()

    run_all([transfer])

    assert transfer.state == State.DONE
    assert drive.path == "film.zip"
    assert sent(microsoft) == []


def test_a_session_that_expired_is_begun_anew(transfer, drive, microsoft):
    kill_worker(transfer, after=1)
    let_lease_end()
    microsoft.fail("upload_session_expired")

    run_all([transfer])

    assert transfer.state == State.DONE
    assert drive.content == LARGE


def test_whoever_was_taken_for_dead_stops_and_changes_nothing(
    transfer, drive, microsoft
):
    class Overtaken(Work):
        def progress(self, done: int) -> None:
            Transfer.objects.update(fence=self.transfer.fence + 1)
            super().progress(done)

    late = transferring.run(transfer.pk, clock=Clock(step=1), work=Overtaken)
    assert late.state == State.RUNNING
    assert Transfer.objects.get().state == State.RUNNING
    assert not [each for each in microsoft.requests if each.method == "DELETE"]


def test_a_queue_that_runs_out_of_time_goes_on_where_it_was(
    transfer, drive, microsoft, caplog
):
    with caplog.at_level(logging.CRITICAL, "wagtail_m365"):
        transferring.run(transfer.pk, work=dying(1, strike=TimeoutError))
    transfer.refresh_from_db()
    assert (transfer.state, transfer.slot) == (State.QUEUED, None)
    microsoft.clear_requests()
    run_all([transfer])
    assert transfer.state == State.DONE
    assert len(sent(microsoft)) == 2


def test_a_mistake_of_the_software_is_not_repeated_for_ever(transfer, drive, caplog):
    class Mistaken(Work):
        def session(self):
            raise ZeroDivisionError

    with caplog.at_level(logging.CRITICAL, "wagtail_m365"):
        transferring.run(transfer.pk, work=Mistaken)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.error_code) == (
        State.FAILED,
        "transfer_interrupted",
    )


def test_a_running_transfer_ends_between_two_fragments(transfer, drive, microsoft):
    class Unwanted(Work):
        def progress(self, done: int) -> None:
            cancel(Transfer.objects.all())
            super().progress(done)

    transferring.run(transfer.pk, clock=Clock(step=1), work=Unwanted)
    transfer.refresh_from_db()

    assert (transfer.state, transfer.slot) == (State.CANCELLED, None)
    assert drive.paths == []
    assert len(sent(microsoft)) == 1
    assert microsoft.requests[-1].method == "DELETE"


def test_what_has_not_begun_is_cancelled_at_once(transfer, microsoft):
    assert cancel(Transfer.objects.all()) == []
    assert transferring.run(transfer.pk) is None
    transfer.refresh_from_db()
    assert transfer.state == State.CANCELLED
    assert not microsoft.requests


def test_a_waiting_transfer_that_is_cancelled_ends_its_session(
    transfer, drive, microsoft
):
    kill_worker(transfer, after=1)
    let_lease_end()
    transfer_leases.requeue_abandoned(2)

    assert cancel(Transfer.objects.all()) == [transfer.pk]
    run_all([transfer])

    assert transfer.state == State.CANCELLED
    assert transfer.session_sealed == ""
    assert microsoft.requests[-1].method == "DELETE"


def test_cancelled_and_failed_ones_can_be_tried_again(transfer, drive):
    cancel(Transfer.objects.all())
    assert try_again(Transfer.objects.all()) == [transfer.pk]
    run_all([transfer])
    assert transfer.state == State.DONE


def test_a_full_drive_is_told_and_nothing_is_left_there(transfer, drive, microsoft):
    drive.seam.set_quota(FRAGMENT)
    run_all([transfer])
    assert (transfer.state, transfer.error_code) == (State.FAILED, "quota_exceeded")
    assert isinstance(error_of(transfer), QuotaExceeded)
    assert error_of(transfer).explanation.next_step
    assert drive.paths == []


def test_microsofts_wish_to_wait_is_written_down(transfer, drive, microsoft):
    microsoft.fail("throttled", retry_after=3000, method="POST", times=1)
    clock = Clock()
    transferring.run(transfer.pk, clock=clock)
    transfer.refresh_from_db()
    assert transfer.state == State.WAITING
    assert transfer.not_before >= clock.now + 3000
    assert transferring.run(transfer.pk, clock=clock) is None

    clock.now += 3400  # up to a tenth more, at random
    the_wait_is_over()
    transferring.run(transfer.pk, clock=clock)
    transfer.refresh_from_db()
    assert transfer.state == State.DONE


def test_who_is_put_off_again_and_again_has_failed(transfer, drive, microsoft):
    Transfer.objects.update(attempts=transferring.ATTEMPTS - 1)
    microsoft.fail("throttled", retry_after=3000, method="POST", times=1)
    run_all([transfer])
    assert transfer.state == State.FAILED


def test_a_document_that_became_private_meanwhile_stays_here(
    transfer, film, drive, settings
):
    settings.WAGTAIL_M365 = settings.WAGTAIL_M365 | {"PRIVATE_COLLECTIONS": "forbid"}
    CollectionViewRestriction.objects.create(
        collection=film.collection, restriction_type="login"
    )
    run_all([transfer])
    assert (transfer.state, transfer.error_code) == (
        State.FAILED,
        "private_collection",
    )
    assert drive.paths == []


def test_who_lost_the_right_meanwhile_saves_nothing(transfer, drive):
    GroupCollectionPermission.objects.all().delete()
    run_all([transfer])
    assert (transfer.state, transfer.error_code) == (State.FAILED, "not_allowed")
    assert drive.paths == []


def test_who_left_meanwhile_saves_nothing(transfer, ada, drive):
    type(ada).objects.update(is_active=False)
    run_all([transfer])
    assert (transfer.state, transfer.error_code) == (State.FAILED, "not_allowed")
    assert drive.paths == []


def test_a_document_that_is_gone_is_told(transfer, film):
    film.delete()
    run_all([transfer])
    assert transfer.error_code == "document_deleted"
    assert str(transfer) == "Film"


def test_an_account_that_is_gone_is_told(transfer, account):
    account.delete()
    run_all([transfer])
    assert transfer.error_code == "transfer_account_gone"


def test_an_account_has_so_many_places(film, ada, account, settings):
    settings.WAGTAIL_M365 = settings.WAGTAIL_M365 | {"TRANSFERS_PER_CONNECTION": 2}
    transfers = plan([film, film, film], ada, account)
    held = [transfer_leases.claim(each.pk, now=100) for each in transfers]
    assert [each and each.slot for each in held] == [0, 1, None]
    held[0].end(State.DONE)
    assert transfer_leases.next_due(account.pk, now=100) == transfers[2].pk
    assert transfer_leases.claim(transfers[2].pk, now=100).slot == 0


def test_the_dead_keep_no_place(film, ada, account, settings):
    settings.WAGTAIL_M365 = settings.WAGTAIL_M365 | {"TRANSFERS_PER_CONNECTION": 1}
    first, second = plan([film, film], ada, account)
    assert transfer_leases.claim(first.pk, now=100)
    later = 100 + transfer_leases.LEASE + 1
    assert transfer_leases.claim(second.pk, now=later)
    first.refresh_from_db()
    assert first.state == State.QUEUED


def test_progress_is_written_twice_a_second_at_most(
    transfer, drive, django_assert_num_queries
):
    claimed = transfer_leases.claim(transfer.pk, now=1_000_000)
    claimed.size = 100
    clock = Clock()
    work = transferring.Work(claimed, clock)
    with django_assert_num_queries(0):
        for done in range(50):
            work.progress(done)
    clock.now += transferring.NOTE_EVERY
    with django_assert_num_queries(1):
        work.progress(60)
    assert Transfer.objects.get().bytes_done == 60


def test_a_slow_line_keeps_the_lease(transfer, drive):
    claimed = transfer_leases.claim(transfer.pk, now=1_000_000)
    clock = Clock()
    work = transferring.Work(claimed, clock)
    clock.now += transfer_leases.LEASE / 2
    work.alive()
    assert Transfer.objects.get().lease_until == clock.now + transfer_leases.LEASE


def test_no_secret_address_is_told_to_anybody(transfer, microsoft, caplog):
    caplog.set_level(logging.DEBUG)
    microsoft.fail("throttled", times=9, retry_after=3000, method="PUT", after=1)
    run_all([transfer])
    row = Transfer.objects.values().get()
    told = f"{row} {transfer!r} {caplog.text}"
    assert "tempauth" not in told
    assert "/storage/" not in str(row)


def test_microsofts_wish_to_wait_holds_for_all_transfers_of_the_account(
    film, ada, account, drive, microsoft
):
    first, second = plan([film, film], ada, account)
    microsoft.fail("throttled", retry_after=3000, method="POST", times=1)
    clock = Clock()
    transferring.run(first.pk, clock=clock)
    microsoft.clear_requests()

    assert transferring.run(second.pk, clock=clock) is None
    assert transfer_leases.next_due(account.pk, now=clock.now + 2999) is None
    assert not microsoft.requests

    clock.now += 3001
    the_wait_is_over()
    transferring.run(second.pk, clock=clock)
    second.refresh_from_db()
    assert second.state == State.DONE


def test_the_site_is_told_of_a_copy_that_a_worker_has_sent(transfer, film, drive):
    told = []
    with hooks.register_temporarily("after_m365_save", lambda **how: told.append(how)):
        run_all([transfer])
    (how,) = told
    assert how["request"] is None
    assert how["document"] == film
    assert how["item"].id == transfer.item_id


def test_a_hook_that_fails_changes_nothing_about_a_copy(transfer, drive, caplog):
    def fail(**how):
        raise ValueError("the site's own mistake")

    with hooks.register_temporarily("after_m365_save", fail):
        run_all([transfer])
    assert transfer.state == State.DONE
    assert "A hook failed after" in caplog.text


def test_the_sweeping_command_goes_on_with_what_had_to_wait(transfer, drive, capsys):
    Transfer.objects.update(state=State.WAITING, not_before=1)
    call_command("m365_sweep", "--dry-run")
    assert "Transfers that go on: 1" in capsys.readouterr().out
    transfer.refresh_from_db()
    assert transfer.state == State.WAITING
    call_command("m365_sweep")
    transfer.refresh_from_db()
    assert transfer.state == State.DONE
    assert drive.content == LARGE


@pytest.fixture
def old(transfer):
    """It ended longer ago than transfers are kept; another one has not ended."""
    long_ago = timezone.now() - timedelta(days=400)
    Transfer.objects.update(state=State.FAILED, finished_at=long_ago)
    pending = Transfer.objects.get()
    pending.pk, pending._state.adding = uuid.uuid4(), True
    pending.state, pending.not_before = State.WAITING, time.time() + 3000
    pending.save()
    return transfer


def test_old_transfers_leave_the_report(old, capsys):
    call_command("m365_sweep", "--dry-run")
    assert "Old transfers that leave the report: 1" in capsys.readouterr().out
    assert Transfer.objects.count() == 2
    call_command("m365_sweep")
    assert Transfer.objects.get().state == State.WAITING


def test_a_worker_lets_old_transfers_leave_the_report(old):
    sweep_transfers.enqueue()
    assert Transfer.objects.get().state == State.WAITING


def test_the_site_says_how_long_transfers_are_kept(old, settings):
    settings.WAGTAIL_M365 = settings.WAGTAIL_M365 | {"KEEP_TRANSFERS_DAYS": 500}
    sweep_transfers.enqueue()
    assert Transfer.objects.count() == 2


@pytest.fixture
def arrived(make_document, ada, account, sample, microsoft):
    """A library rewrites it; what it made of it could not be looked at yet."""
    document = make_document(sample("quarterly-report.docx"), name="report.docx")
    (transfer,) = plan([document], ada, account)
    microsoft.fail("throttled", retry_after=3000, service="storage", method="GET")
    run_all([transfer])
    assert transfer.state == State.WAITING
    Transfer.objects.update(not_before=0)
    the_wait_is_over()
    return transfer


def test_what_has_arrived_is_not_sent_again_to_be_looked_at(arrived, drive):
    run_all([arrived])
    assert (arrived.state, arrived.name) == (State.DONE, "report.docx")
    assert drive.paths == ["report.docx"]


def test_what_has_arrived_is_looked_at_all_the_same(arrived, drive):
    drive.edit(b"something else")
    run_all([arrived])
    assert (arrived.state, arrived.error_code) == (State.FAILED, "copy_not_as_sent")
    assert arrived.item_id == ""


def test_what_has_arrived_and_was_deleted_is_sent_again(arrived, drive):
    drive.seam.delete(drive.path)
    run_all([arrived])
    assert arrived.state == State.DONE
    assert drive.paths == ["report.docx"]
