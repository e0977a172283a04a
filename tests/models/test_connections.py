from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.template import Context, Template
from django.utils import timezone

from wagtail_m365.errors import Undecryptable
from wagtail_m365.models import Connection
from wagtail_m365.models.connections import PERSONAL_TENANT
from wagtail_m365.redaction import Secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(django_user_model):
    return django_user_model.objects.create_user("ada")


@pytest.fixture
def connect(ada):
    def connect(object_id="a", user=ada, **more):
        return Connection.objects.create(
            user=user, client_id="app", tenant_id="t", object_id=object_id, **more
        )

    return connect


def test_one_connection_is_the_default_and_comes_first(connect, ada):
    first, second = connect("a"), connect("b")
    second.make_default()
    assert list(Connection.objects.of_user(ada)) == [second, first]
    first.make_default()
    assert Connection.objects.default_of(ada).get() == first
    assert list(Connection.objects.of_user(ada)) == [first, second]


def test_the_database_refuses_a_second_default(connect, ada):
    connect("a", default_for=ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        connect("b", default_for=ada)


def test_the_database_refuses_the_same_account_twice(connect):
    connect("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        connect("a")


def test_service_connections_have_unique_names(connect):
    connect("a", user=None, service_name="newsletter")
    connect("a", user=None, service_name="sync")
    assert Connection.objects.service().count() == 2
    assert Connection.objects.service("sync").get().service_name == "sync"
    with pytest.raises(IntegrityError), transaction.atomic():
        connect("b", user=None, service_name="sync")


def test_idle_are_those_that_need_keeping_alive(connect):
    now = timezone.now()
    old = {"last_refreshed_at": now - timedelta(days=61)}
    idle = connect("a", **old)
    connect("young", last_refreshed_at=now)
    connect("lost", state=Connection.State.NEEDS_RECONNECT, **old)
    connect("app", kind=Connection.Kind.APP_ONLY, **old)
    rows = Connection.objects.active().idle_since(now - timedelta(days=60))
    assert list(rows) == [idle]


def test_a_refresh_token_opens_in_its_own_row_only(connect):
    mine, other = connect("a"), connect("b")
    mine.set_refresh_token(Secret("refresh"))
    assert mine.open_refresh_token() == Secret("refresh")
    other.refresh_token_sealed = mine.refresh_token_sealed
    with pytest.raises(Undecryptable):
        other.open_refresh_token()


def test_a_template_cannot_show_a_token(connect):
    connection = connect()
    connection.set_refresh_token(Secret("refresh"))
    for expression in ("open_refresh_token", "open_refresh_token.reveal"):
        template = Template(f"[{{{{ connection.{expression} }}}}]")
        assert template.render(Context({"connection": connection})) == "[]"


def test_a_connection_is_named_by_what_people_know(connect):
    connection = connect(username="ada@contoso.example")
    assert str(connection) == "ada@contoso.example"
    connection.label = "Work"
    assert str(connection) == "Work"


def test_consent_is_withdrawn_on_microsofts_own_pages(connect):
    assert "myapps" in connect("a").consent_page
    personal = Connection(tenant_id=PERSONAL_TENANT)
    assert personal.is_personal
    assert "account.live.com" in personal.consent_page
