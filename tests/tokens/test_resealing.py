"""Tokens on an old key move to the newest when they are read."""

from __future__ import annotations

import pytest
from django.db import OperationalError, transaction
from django.db import connection as database

from wagtail_m365.errors import ReconnectRequired, TemporarilyUnavailable
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.resealing import reseal_access_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old(person, connection, have_token, new_key):
    """A ready token under what is an old key now."""
    cached = have_token(connection)
    new_key()
    return cached


def again(owner):
    """The owner as a later request knows them, without what this one remembers."""
    return type(owner).objects.get(pk=owner.pk)


def is_stale():
    return vault().is_stale(CachedAccessToken.objects.get().token_sealed)


def test_the_first_read_seals_anew_and_the_second_writes_nothing(
    person, old, new_key, django_assert_num_queries
):
    assert get_token(person).token == "access-0"
    assert not is_stale()
    new_key(drop_old=True)
    later = again(person)
    with django_assert_num_queries(1):
        assert get_token(later).token == "access-0"


def test_a_secret_key_that_became_a_fallback_is_left_behind_too(
    site, person, connection, have_token
):
    site.WAGTAIL_M365 = {**site.WAGTAIL_M365, "ENCRYPTION_KEYS": []}
    have_token(connection)
    site.SECRET_KEY, site.SECRET_KEY_FALLBACKS = "another", [site.SECRET_KEY]
    get_token(person)
    site.SECRET_KEY_FALLBACKS = []
    assert get_token(again(person)).token == "access-0"


def test_inside_a_transaction_it_waits_for_the_commit(person, old):
    with transaction.atomic():
        assert get_token(person).token == "access-0"
        # No lock on the row, which others may have to renew.
        assert is_stale()
    assert not is_stale()


def test_after_a_rollback_the_next_reader_does_it(person, old):
    with transaction.atomic():
        assert get_token(person).token == "access-0"
        transaction.set_rollback(True)
    assert is_stale()
    assert get_token(again(person)).token == "access-0"
    assert not is_stale()


def test_what_somebody_renewed_meanwhile_is_not_overwritten(
    person, connection, old, endpoint
):
    with transaction.atomic():
        assert get_token(person).token == "access-0"
        assert get_token(
            again(person), force_refresh=True, world=endpoint.world()
        ).token == ("access-1")
    assert get_token(again(person)).token == "access-1"


def test_a_token_that_changed_between_reading_and_writing_stays(connection, old):
    context = access_token_context(connection.pk, "graph")
    newer = vault().seal(Secret("newer"), *context)
    CachedAccessToken.objects.update(token_sealed=newer)

    reseal_access_token(connection.pk, "graph", old.token_sealed, Secret("access-0"))

    assert CachedAccessToken.objects.get().token_sealed == newer


def refuse_writing(execute, sql, params, many, context):
    if sql.startswith("UPDATE"):
        raise OperationalError("read-only")
    return execute(sql, params, many, context)


def test_a_database_that_takes_no_writing_does_not_keep_the_token_back(
    person, old, caplog
):
    with database.execute_wrapper(refuse_writing):
        assert get_token(person).token == "access-0"
    assert is_stale()
    assert "could not be sealed anew" in caplog.text
    assert "access-0" not in caplog.text


def test_a_token_that_is_over_is_left_to_its_successor(person, old, endpoint):
    CachedAccessToken.objects.update(expires_on=1)
    endpoint.failures = [TemporarilyUnavailable()]
    with pytest.raises(TemporarilyUnavailable):
        get_token(person, world=endpoint.world())
    assert is_stale()


def test_a_refresh_token_moves_even_though_microsoft_is_down(
    person, connection, new_key, endpoint
):
    new_key()
    endpoint.failures = [TemporarilyUnavailable()]
    with pytest.raises(TemporarilyUnavailable):
        get_token(person, world=endpoint.world())
    new_key(drop_old=True)
    assert Connection.objects.get().open_refresh_token() == Secret("refresh-0")


def test_a_refresh_token_that_no_key_opens_stays_as_it_is(person, connection, endpoint):
    Connection.objects.update(refresh_token_sealed="m1.00000000.AA")
    with pytest.raises(ReconnectRequired):
        get_token(person, world=endpoint.world())
    assert Connection.objects.get().refresh_token_sealed == "m1.00000000.AA"
