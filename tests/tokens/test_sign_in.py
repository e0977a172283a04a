from __future__ import annotations

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from wagtail.models import ModelLogEntry

from tests.tokens.conftest import REDIRECT_URI
from wagtail_m365.errors import (
    ConsentRequired,
    M365Error,
    OtherAccount,
    SignInExpired,
    SignInRefused,
)
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import registration as site_registration
from wagtail_m365.signals import connection_made
from wagtail_m365.tokens import sign_in
from wagtail_m365.tokens.broker import get_token

pytestmark = pytest.mark.django_db

SCOPES = ("User.Read", "Files.ReadWrite.AppFolder")


@pytest.fixture
def session():
    return {}


@pytest.fixture
def start(person, microsoft, session):
    def start(user=person, *, scopes=SCOPES, **more):
        return sign_in.start(
            user,
            scopes=scopes,
            redirect_uri=more.pop("redirect_uri", REDIRECT_URI),
            session=more.pop("session", session),
            **more,
        )

    return start


@pytest.fixture
def finish(person, session):
    def finish(url, user=person, **more):
        query = dict(parse_qsl(urlsplit(url).query)) | more
        return sign_in.finish(user, query=query, session=session)

    return finish


@pytest.fixture
def come_back(start, finish, microsoft):
    """The whole way: there, signed in by the account, and back."""

    def come_back(account, user=None, *, consent=True, **more):
        who = {"user": user} if user else {}
        url = start(**who, **more)
        return finish(microsoft.sign_in(url, account, consent=consent), **who)

    return come_back


@pytest.fixture
def back(start, microsoft, ada):
    """Where the browser comes back to after a sign-in that was just done."""
    return microsoft.sign_in(start(), ada)


def test_a_sign_in_makes_a_connection(come_back, person, ada):
    signed_in = come_back(ada, next_url="/admin/documents/")
    connection = Connection.objects.get()
    assert signed_in.connection == connection
    assert signed_in.created
    assert signed_in.next_url == "/admin/documents/"
    assert connection.user == person
    assert connection.is_default
    assert connection.username == "ada@contoso.example"
    assert connection.display_name == "Ada Lovelace"
    assert connection.scopes >= set(SCOPES)
    assert connection.object_id == ada.object_id


def test_its_token_is_ready_at_once(come_back, person, ada, microsoft):
    come_back(ada)
    microsoft.clear_requests()
    assert get_token(person, "User.Read").token
    assert not microsoft.requests


def test_its_refresh_token_works(come_back, person, ada):
    come_back(ada)
    first = get_token(person).token
    assert get_token(person, force_refresh=True).token != first


def test_nothing_secret_is_in_the_log_and_the_session(come_back, ada, session):
    come_back(ada)
    entry = ModelLogEntry.objects.get(action="wagtail_m365.connect")
    text = json.dumps([session, entry.data])
    for secret in ("eyJ", "refresh_token", "code_verifier"):
        assert secret not in text


def test_others_are_told_of_a_new_connection(
    come_back, ada, django_capture_on_commit_callbacks
):
    heard = []

    def listen(connection, created, **kwargs):
        heard.append((connection.username, created))

    connection_made.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        come_back(ada)
    assert heard == [("ada@contoso.example", True)]


def test_state_nonce_and_pkce_are_sent(start, session):
    query = parse_qs(urlsplit(start()).query)
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["state"][0]) > 15
    assert query["nonce"]
    assert json.dumps(session)


def test_a_sign_in_can_be_ended_once(start, finish, microsoft, ada):
    back = microsoft.sign_in(start(), ada)
    finish(back)
    with pytest.raises(SignInExpired):
        finish(back)


def test_several_tabs_end_in_any_order(start, finish, microsoft, ada):
    backs = [microsoft.sign_in(start(next_url=f"/{n}/"), ada) for n in range(4)]
    ends = [finish(back).next_url for back in reversed(backs)]
    assert ends == ["/3/", "/2/", "/1/", "/0/"]
    assert Connection.objects.count() == 1


def test_the_oldest_of_six_makes_room(start, finish, microsoft, ada):
    backs = []
    for minute in range(6):
        with time_machine.travel(f"2026-11-21 10:0{minute}", tick=False):
            backs.append(start())
    states = [parse_qs(urlsplit(url).query)["state"][0] for url in backs]
    with (
        time_machine.travel("2026-11-21 10:06", tick=False),
        pytest.raises(SignInExpired),
    ):
        finish(f"/?state={states[0]}&error=access_denied")
    with (
        time_machine.travel("2026-11-21 10:06", tick=False),
        pytest.raises(SignInRefused),
    ):
        finish(f"/?state={states[1]}&error=access_denied")


def test_a_sign_in_ends_within_fifteen_minutes(start, finish):
    with time_machine.travel("2026-11-21 10:00", tick=False):
        state = parse_qs(urlsplit(start()).query)["state"][0]
    with (
        time_machine.travel("2026-11-21 10:16", tick=False),
        pytest.raises(SignInExpired),
    ):
        finish(f"/?state={state}&code=x")


def test_another_user_of_the_same_browser_cannot_end_it(start, finish, microsoft, ada):
    back = microsoft.sign_in(start(), ada)
    other = get_user_model().objects.create_user("other", "o@example.com", "pw")
    with pytest.raises(SignInExpired):
        finish(back, other)
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda ours: {"CLIENT_ID": "99999999-2222-3333-4444-555555555555"},
        lambda ours: {"CLOUD": {**ours["CLOUD"], "authority": "http://localhost:1"}},
        lambda ours: {"CLOUD": {**ours["CLOUD"], "graph": "http://localhost:1/v1.0"}},
    ],
    ids=["another application", "another authority", "another Graph"],
)
def test_a_sign_in_ends_only_where_it_was_begun(
    back, finish, microsoft, settings, change
):
    microsoft.clear_requests()
    ours = settings.WAGTAIL_M365
    settings.WAGTAIL_M365 = {**ours, **change(ours)}

    with pytest.raises(SignInExpired):
        finish(back)
    assert not microsoft.requests
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"state": "forged", "code": "stolen"},
        {"code": "stolen"},
        {"state": ""},
        {"client_info": "NQ"},
    ],
)
def test_a_callback_that_nobody_began_is_refused(db, person, session, query):
    with pytest.raises(SignInExpired):
        sign_in.finish(person, query=query, session=session)


@pytest.mark.parametrize(
    "kept",
    [
        None,
        ["x"],
        {"x": None},
        {"x": {}},
        {"x": {"flow": {}, "user_id": "1", "began_at": 0}},
        {"x": {"renamed": 1}},
    ],
)
def test_a_session_that_holds_garbage_is_no_failure(start, finish, session, kept):
    session["_wagtail_m365_sign_ins"] = kept
    with pytest.raises(SignInExpired):
        finish("/?state=x")

    session["_wagtail_m365_sign_ins"] = kept
    assert start()


@pytest.mark.parametrize("member", ["flow", "began_at"])
def test_a_sign_in_of_another_release_has_expired(back, finish, session, member):
    for kept in session["_wagtail_m365_sign_ins"].values():
        kept[member] = None
    with pytest.raises(SignInExpired):
        finish(back)


def test_a_hostile_client_info_changes_nothing(start, finish, microsoft, ada):
    back = microsoft.sign_in(start(), ada)
    assert finish(back, client_info="NQ").created


def test_a_forged_code_is_refused_and_told_where_to_go_on(start, finish, session):
    state = parse_qs(urlsplit(start(next_url="/admin/")).query)["state"][0]
    with pytest.raises(M365Error) as failed:
        finish(f"/?state={state}&code=forged")
    assert failed.value.facts["next_url"] == "/admin/"
    assert set(failed.value.facts["scopes"]) == set(SCOPES)
    assert not Connection.objects.exists()


def test_who_declines_is_not_connected(come_back, ada):
    with pytest.raises((SignInRefused, ConsentRequired)):
        come_back(ada, consent=False)
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    "next_url",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"],
)
def test_nobody_is_sent_off_the_site(come_back, ada, next_url):
    assert come_back(ada, next_url=next_url).next_url == ""


def test_a_connection_without_refresh_token_is_refused(come_back, ada, microsoft):
    microsoft.fail("no_refresh_token")
    with pytest.raises(SignInRefused) as failed:
        come_back(ada)
    assert failed.value.code == "no_refresh_token"
    assert not Connection.objects.exists()


def test_an_organisation_that_is_not_allowed_is_refused(
    come_back, ada, microsoft, site
):
    site.WAGTAIL_M365 = microsoft.settings(ALLOWED_TENANTS=["another-tenant"])
    with pytest.raises(SignInRefused) as failed:
        come_back(ada)
    assert failed.value.code == "tenant_not_allowed"


def test_an_organisation_that_is_allowed_is_let_in(come_back, ada, microsoft, site):
    site.WAGTAIL_M365 = microsoft.settings(
        ALLOWED_TENANTS=[microsoft.tenant.id.upper()]
    )
    assert come_back(ada).created


def test_signing_in_again_keeps_the_connection_and_its_name(come_back, ada):
    first = come_back(ada).connection
    Connection.objects.update(label="Work", state=Connection.State.NEEDS_RECONNECT)
    again = come_back(ada)
    assert not again.created
    kept = Connection.objects.get()
    assert (kept.pk, kept.label, kept.state) == (first.pk, "Work", "active")
    assert kept.version == first.version + 1


def test_more_rights_are_added_to_those_granted(come_back, ada, person):
    first = come_back(ada).connection
    come_back(ada, scopes=["Mail.Send"], connection=first)
    kept = Connection.objects.get()
    assert kept.scopes >= {*SCOPES, "Mail.Send"}
    assert get_token(person, "Mail.Send", "User.Read")


def test_another_account_does_not_take_a_connections_place(come_back, ada, microsoft):
    connection = come_back(ada).connection
    bob = microsoft.add_account("bob@contoso.example")
    with pytest.raises(OtherAccount) as failed:
        come_back(bob, connection=connection)
    assert failed.value.facts["expected"] == "ada@contoso.example"
    assert failed.value.facts["actual"] == "bob@contoso.example"
    assert failed.value.facts["connection_id"] == str(connection.pk)
    assert Connection.objects.get().username == "ada@contoso.example"
    assert Connection.objects.get().version == connection.version


def test_another_account_takes_the_place_when_the_editor_agreed(
    come_back, ada, microsoft, person
):
    connection = come_back(ada).connection
    bob = microsoft.add_account("bob@contoso.example")
    come_back(bob, connection=connection, any_account=True)
    kept = Connection.objects.get()
    assert (kept.pk, kept.username) == (connection.pk, "bob@contoso.example")
    assert kept.object_id == bob.object_id
    assert get_token(person)
    entry = ModelLogEntry.objects.get(action="wagtail_m365.reconnect")
    assert entry.message.endswith(": instead of ada@contoso.example")


def of_another_registration(connection):
    """As it stands there after the site has changed to another app registration."""
    connection.client_id = "99999999-2222-3333-4444-555555555555"
    connection.save()
    return connection


def test_an_account_keeps_its_connection_when_the_site_changes_the_application(
    come_back, ada, person
):
    old = come_back(ada).connection
    old.granted_scopes += " Mail.Send"
    of_another_registration(old)
    signed_in = come_back(ada)
    assert not signed_in.created
    kept = Connection.objects.get()
    assert (kept.pk, kept.state, kept.is_default) == (old.pk, "active", True)
    # What was granted to the other application, this one may not do.
    assert "Mail.Send" not in kept.scopes
    assert get_token(person)


def test_an_account_connected_twice_is_renewed_where_its_new_row_is(come_back, ada):
    old = of_another_registration(come_back(ada).connection)
    new = Connection.objects.create(
        user=old.user,
        client_id=site_registration().client_id,
        tenant_id=old.tenant_id,
        object_id=old.object_id,
    )
    signed_in = come_back(ada, connection=old)
    assert signed_in.connection == new != old
    assert not signed_in.created


def test_an_account_with_a_row_of_its_own_does_not_take_anothers_place(
    come_back, ada, microsoft
):
    connection = come_back(ada).connection
    bob = microsoft.add_account("bob@contoso.example")
    come_back(bob)
    with pytest.raises(OtherAccount):
        come_back(bob, connection=connection, any_account=True)


def test_a_second_account_becomes_a_second_connection(come_back, ada, microsoft):
    come_back(ada)
    bob = microsoft.add_account("bob@contoso.example")
    second = come_back(bob).connection
    assert not second.is_default
    assert Connection.objects.count() == 2


def test_two_editors_may_connect_the_same_account(come_back, ada, editors_group):
    other = get_user_model().objects.create_user("other", "o@example.com", "pw")
    other.groups.add(editors_group)
    come_back(ada)
    come_back(ada, user=other)
    assert Connection.objects.count() == 2


def test_a_connection_removed_meanwhile_is_made_anew(
    start, finish, microsoft, ada, come_back
):
    connection = come_back(ada).connection
    back = microsoft.sign_in(start(connection=connection), ada)
    connection.delete()
    assert finish(back).created


@pytest.fixture
def manages_connections(person):
    """The person has the permission for the site's own connections, too."""
    person.user_permissions.add(Permission.objects.get(codename="manage_connections"))


@pytest.mark.usefixtures("manages_connections")
def test_an_admin_makes_a_service_connection_by_signing_in(come_back, ada):
    signed_in = come_back(ada, service_name="newsletter")
    assert signed_in.connection.user is None
    assert get_token("newsletter", "User.Read")


@pytest.mark.parametrize("name", ["", "newsletter"])
def test_whoever_lost_the_right_at_microsoft_makes_no_connection(
    start, finish, microsoft, ada, name
):
    back = microsoft.sign_in(start(service_name=name), ada)
    lost = get_user_model().objects.get()
    lost.groups.clear()
    with pytest.raises(SignInRefused) as refused:
        finish(back, user=lost)
    assert refused.value.code == "not_permitted"
    assert not Connection.objects.exists()


@pytest.mark.usefixtures("manages_connections")
def test_a_service_connection_keeps_its_account_too(come_back, ada, microsoft):
    come_back(ada, service_name="newsletter")
    bob = microsoft.add_account("bob@contoso.example")
    with pytest.raises(OtherAccount):
        come_back(bob, service_name="newsletter")
    assert not come_back(ada, service_name="newsletter").created


def test_a_personal_account_is_told_apart(come_back, microsoft, site):
    site.WAGTAIL_M365 = microsoft.settings(TENANT="common")
    personal = microsoft.add_account("ada@outlook.example", personal=True)
    connection = come_back(personal).connection
    assert connection.is_personal
    assert "account.live.com" in connection.consent_page
