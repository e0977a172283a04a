from __future__ import annotations

import pytest
from django.core.management import call_command

from tests.tokens.test_broker import ask
from wagtail_m365 import api
from wagtail_m365.errors import Actor, ReconnectRequired
from wagtail_m365.models import AppRegistration, CachedAccessToken, Connection
from wagtail_m365.models import M365Settings as SettingsRow
from wagtail_m365.tokens import servers

pytestmark = pytest.mark.django_db

GLOBAL = ("https://login.microsoftonline.com", "https://graph.microsoft.com")
FOREIGN = {"authority": "https://login.evil.example", "graph": "https://g.example/v1.0"}


def repoint(site, cloud):
    site.WAGTAIL_M365 = {**site.WAGTAIL_M365, "CLOUD": cloud}


def servers_of(connection):
    row = Connection.objects.get(pk=connection.pk)
    return row.authority, row.graph_origin


def test_a_sign_in_remembers_the_servers_it_was_made_with(connected, microsoft):
    origin = microsoft.graph.removesuffix("/v1.0")
    assert servers_of(connected) == (microsoft.authority, origin)


@pytest.mark.parametrize(
    "cloud",
    [
        "us_gov",
        FOREIGN,
        {"authority": GLOBAL[0], "graph": FOREIGN["graph"]},
        {"authority": FOREIGN["authority"], "graph": f"{GLOBAL[1]}/v1.0"},
    ],
    ids=["another preset", "another server", "another Graph", "another authority"],
)
def test_a_refresh_token_goes_to_no_other_server(
    site, person, connection, endpoint, cloud
):
    repoint(site, cloud)

    with pytest.raises(ReconnectRequired) as failed:
        ask(person, endpoint)
    assert failed.value.code == "other_authority"
    assert failed.value.connect_url
    assert endpoint.asked == []


def test_the_editor_is_told_to_ask_before_connecting_again(
    site, person, connection, endpoint
):
    repoint(site, FOREIGN)

    with pytest.raises(ReconnectRequired) as failed:
        ask(person, endpoint)
    explanation = failed.value.explanation
    assert explanation.actor is Actor.EDITOR
    assert "another server" in explanation.what
    assert "ask an administrator" in explanation.next_step


def test_a_connection_works_again_when_the_cloud_is_set_back(
    site, person, connection, endpoint
):
    repoint(site, FOREIGN)
    with pytest.raises(ReconnectRequired):
        ask(person, endpoint)

    repoint(site, "global")
    assert ask(person, endpoint).token == "access-1"
    assert Connection.objects.get().state == Connection.State.ACTIVE


def test_another_version_of_graph_is_the_same_server(
    site, person, connection, endpoint
):
    repoint(site, {"authority": GLOBAL[0], "graph": f"{GLOBAL[1]}/beta"})

    assert ask(person, endpoint).token == "access-1"


def test_a_connection_of_unknown_servers_is_not_believed(person, connection, endpoint):
    Connection.objects.update(authority="", graph_origin="")

    with pytest.raises(ReconnectRequired):
        ask(person, endpoint)
    assert endpoint.asked == []


def test_older_connections_are_bound_when_the_site_is_migrated(
    person, connection, endpoint
):
    Connection.objects.update(authority="", graph_origin="")

    call_command("migrate", verbosity=0)
    assert servers_of(connection) == GLOBAL
    assert ask(person, endpoint).token == "access-1"


def test_migrating_binds_no_connection_anew(site, connection):
    repoint(site, FOREIGN)

    servers.remember_servers_of_older_connections("default")
    assert servers_of(connection) == GLOBAL


def test_without_a_usable_cloud_older_connections_stay_unbound(site, connection):
    Connection.objects.update(authority="", graph_origin="")
    repoint(site, "no such cloud")

    servers.remember_servers_of_older_connections("default")
    assert servers_of(connection) == ("", "")


def test_ready_tokens_go_when_the_registration_names_another_server(
    person, connection, have_token
):
    row = AppRegistration.objects.create(name="Site", client_id="x")
    have_token(connection)

    row.name = "Renamed"
    row.save()
    assert CachedAccessToken.objects.exists()

    row.cloud = "us_gov"
    row.save()
    assert not CachedAccessToken.objects.exists()


def test_ready_tokens_go_when_another_registration_is_chosen(connection, have_token):
    SettingsRow.objects.create()
    have_token(connection)

    row = SettingsRow.objects.get()
    row.save()
    assert CachedAccessToken.objects.exists()

    row.registration = AppRegistration.objects.create(name="Other", client_id="x")
    row.save()
    assert not CachedAccessToken.objects.exists()


def test_a_reconnection_binds_to_the_servers_of_now(
    microsoft, connected_editor, connect_account, editor_account
):
    Connection.objects.update(authority="https://old.example", graph_origin="")
    with pytest.raises(ReconnectRequired):
        api.get_token(connected_editor, "User.Read", force_refresh=True)

    connection = connect_account(connected_editor, editor_account, "User.Read")
    assert connection.authority == microsoft.authority
    assert api.get_token(connected_editor, "User.Read", force_refresh=True).token
