from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from wagtail_m365.models import Connection, Transfer
from wagtail_m365.models.transfers import TRANSITIONS, UNFINISHED, State
from wagtail_m365.redaction import Secret

ADDRESS = Secret("https://storage.example/upload?tempauth=very-secret")


@pytest.fixture
def transfer(db) -> Transfer:
    return Transfer.objects.create(kind="save", title="Report")


@pytest.mark.parametrize("state", State)
def test_the_ledger_knows_what_follows_on_what(state):
    assert set(TRANSITIONS) == set(State)
    transfer = Transfer(state=state)
    for following in State:
        allowed = following == state or following in TRANSITIONS[state]
        assert transfer.may_become(following) is allowed
    assert transfer.is_unfinished is (state in UNFINISHED)


def test_what_is_done_stays_done(transfer):
    transfer.write(state=State.RUNNING)
    transfer.end(State.DONE)
    with pytest.raises(ValueError, match="done to queued"):
        transfer.write(state=State.QUEUED)


def test_whoever_lost_the_transfer_writes_nothing(transfer):
    Transfer.objects.update(fence=7)
    assert not transfer.write(bytes_done=5)
    assert Transfer.objects.get().bytes_done == 0


def test_an_ended_transfer_gives_its_place_back(transfer):
    Transfer.objects.update(slot=2, lease_until=9, state=State.RUNNING)
    transfer.refresh_from_db()
    assert transfer.end(State.FAILED, error_code="quota_exceeded")
    row = Transfer.objects.get()
    assert (row.slot, row.lease_until) == (None, 0)
    assert row.finished_at is not None


def test_two_transfers_never_have_one_place_of_an_account(db):
    connection = Connection.objects.create(client_id="a", tenant_id="t", object_id="o")
    Transfer.objects.create(kind="save", connection=connection, slot=0)
    Transfer.objects.create(kind="save", connection=connection)
    Transfer.objects.create(kind="save", connection=connection)
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.create(kind="save", connection=connection, slot=0)


def test_the_address_of_an_upload_session_is_sealed_for_its_row(transfer):
    transfer.write(session_sealed=transfer.seal_session(ADDRESS))
    row = Transfer.objects.get()
    assert "secret" not in row.session_sealed
    assert row.open_session() == ADDRESS
    other = Transfer(session_sealed=row.session_sealed)
    assert other.open_session() is None


def test_an_address_that_no_key_opens_counts_as_none(transfer, settings):
    transfer.write(session_sealed=transfer.seal_session(ADDRESS))
    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["quite another key"]}
    assert transfer.open_session() is None
