"""The fixtures that other plugins take: a Microsoft, an editor, a connected editor."""

from __future__ import annotations

import pytest
from django.urls import reverse

from wagtail_m365 import api
from wagtail_m365.conf import settings as ours
from wagtail_m365.models import Connection

SCOPES = ("User.Read",)


def test_the_site_is_pointed_to_the_fake(microsoft):
    assert ours.CLOUD["authority"] == microsoft.authority
    assert microsoft.app.client_id == ours.CLIENT_ID


@pytest.mark.parametrize("run", [1, 2])
def test_each_test_has_a_world_of_its_own(microsoft, run):
    assert microsoft.world.accounts == {}
    microsoft.add_account("ada@contoso.example")


@pytest.mark.parametrize("host", ["http://localhost:8000", "http://testserver"])
def test_the_callback_is_registered(microsoft, host):
    assert microsoft.app.redirect(f"{host}{reverse('wagtail_m365:callback')}")


def test_the_editor_may_use_microsoft_365(editor):
    assert editor.has_perm("wagtailadmin.access_admin")
    assert editor.has_perm("wagtail_m365.use_microsoft365")
    assert not editor.is_superuser


def test_the_editor_may_change_documents(editor, client):
    client.force_login(editor)

    assert client.get(reverse("wagtaildocs:index")).status_code == 200
    assert client.get(reverse("wagtaildocs:add_multiple")).status_code == 200


def test_the_connected_editor_has_a_token_that_works(
    connected_editor, editor_account, microsoft
):
    connection = Connection.objects.get(user=connected_editor)
    token = api.get_token(connected_editor, *SCOPES)
    issued = microsoft.world.access_token(token.token)

    assert connection.username == editor_account.username
    assert issued.account is editor_account


def test_the_log_begins_after_the_connection(connected_editor, microsoft):
    assert microsoft.requests == []


def test_another_token_comes_when_time_has_passed(connected_editor, microsoft):
    first = api.get_token(connected_editor, *SCOPES)

    second = api.get_token(connected_editor, *SCOPES, force_refresh=True)

    assert second.token != first.token
    assert [each.form["grant_type"] for each in microsoft.requests] == ["refresh_token"]
