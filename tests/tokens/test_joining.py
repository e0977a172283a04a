from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from wagtail_m365.errors import ReconnectRequired, TemporarilyUnavailable
from wagtail_m365.tokens import joining
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.demands import AccessToken, Demand
from wagtail_m365.tokens.joining import join
from wagtail_m365.tokens.looking_up import Ready, path_from


class Way:
    """A way that ends when it is told to, and counts who went."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.gone = 0
        self.error = error

    def __call__(self) -> str:
        self.gone += 1
        self.begun.set()
        assert self.may_end.wait(10)
        if self.error:
            raise self.error
        return "token"


def nothing() -> None:
    return None


@pytest.fixture
def together():
    """One goes, nine join while the first is under way; then the first may end."""

    def together(way, *, instead=nothing, patience=10.0):
        arrived = threading.Semaphore(0)

        def at_hand():
            arrived.release()
            return instead()

        with ThreadPoolExecutor(10) as executor:
            first = executor.submit(join, "key", way, instead=nothing, patience=10)
            assert way.begun.wait(10)
            others = [
                executor.submit(join, "key", way, instead=at_hand, patience=patience)
                for _ in range(9)
            ]
            for _ in others:
                assert arrived.acquire(timeout=10)
            if patience:
                way.may_end.set()
            ends = [future.exception() or future.result() for future in others]
            way.may_end.set()
            return [first.exception() or first.result(), *ends]

    return together


def test_one_goes_and_all_get_what_it_got(together):
    way = Way()
    assert together(way) == ["token"] * 10
    assert way.gone == 1


def test_a_failure_is_everybodys_and_each_raises_its_own(together):
    ends = together(Way(ReconnectRequired(code="aadsts700082")))
    assert {type(end) for end in ends} == {ReconnectRequired}
    assert {end.code for end in ends} == {"aadsts700082"}
    assert len({id(end) for end in ends[1:]}) == 9


def test_who_has_something_at_hand_does_not_wait(together):
    assert together(Way(), instead=lambda: "older") == ["token", *["older"] * 9]


def test_nobody_waits_for_ever(together):
    ends = together(Way(), patience=0)
    assert ends[0] == "token"
    assert {type(end) for end in ends[1:]} == {TemporarilyUnavailable}


def test_who_comes_afterwards_begins_anew():
    way = Way()
    way.may_end.set()
    for _ in range(2):
        join("key", way, instead=nothing, patience=1)
    assert way.gone == 2


def test_different_wishes_do_not_wait_for_each_other():
    way, other = Way(), Way()
    other.may_end.set()
    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(join, "one", way, instead=nothing, patience=10)
        assert way.begun.wait(10)
        assert join("other", other, instead=nothing, patience=10) == "token"
        way.may_end.set()
        assert first.result(timeout=10) == "token"


@pytest.mark.django_db
def test_callers_for_the_same_owner_join_before_they_read_anything(
    person, connection, endpoint, monkeypatch, django_assert_num_queries
):
    """In a herd, what each reads for itself costs more than the request."""
    under_way: Future[Ready] = Future()
    under_way.set_result(Ready(AccessToken("another's", 2**40), connection.pk, 0, 0, 0))
    key = (path_from(person), Demand(audience="graph", scopes=frozenset()))
    monkeypatch.setitem(joining._under_way, key, under_way)

    with django_assert_num_queries(1):
        assert get_token(person, world=endpoint.world()).token == "another's"
    assert endpoint.asked == []


@pytest.mark.django_db
def test_an_ageing_token_serves_while_another_caller_fetches(
    person, connection, endpoint, have_token, monkeypatch
):
    have_token(connection, "ageing", left=100)
    key = (path_from(person), Demand(audience="graph", scopes=frozenset()))
    monkeypatch.setitem(joining._under_way, key, Future())

    assert get_token(person, world=endpoint.world()).token == "ageing"
