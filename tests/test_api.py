from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from wagtail_m365 import api
from wagtail_m365.errors import AccessDenied, ConsentRequired, NotConnected
from wagtail_m365.models import Connection

pytestmark = pytest.mark.django_db


def request_of(user, path="/reports/?page=2"):
    request = RequestFactory().get(path)
    request.user = user
    return request


@api.token_required("User.Read")
def report(request, number=0):
    return HttpResponse(f"report {number}")


def test_anyone_gets_a_valid_token_for_an_editor(connected_editor):
    token = api.get_token(connected_editor, "User.Read")
    assert token.token
    assert token.expires_on > 0
    assert token.token not in repr(token)


@pytest.mark.parametrize("scope", [["User.Read"], None, b"User.Read", 7])
def test_a_scope_that_is_no_text_is_told_to_the_developer(connected_editor, scope):
    with pytest.raises(TypeError, match="argument of its own"):
        api.get_token(connected_editor, scope)


@pytest.mark.parametrize(
    "scope", ["", "User.Read Mail.Send", " User.Read", "User.Read\n"]
)
def test_several_scopes_in_one_text_are_told_to_the_developer(connected_editor, scope):
    # Asked for as one, the editor would be sent to grant what nobody can grant.
    with pytest.raises(ValueError, match="argument of its own"):
        api.get_token(connected_editor, scope)


@pytest.mark.parametrize("claims", ["bm8ganNvbg==", "[1]", {"a": 1}, "[" * 9999])
def test_claims_that_are_no_object_are_told_to_the_developer(
    connected_editor, microsoft, claims
):
    with pytest.raises(ValueError, match="claims"):
        api.get_token(connected_editor, "User.Read", claims=claims)

    # One plugin's mistake is no trouble of the connection.
    assert not microsoft.requests
    assert api.connections(connected_editor).get().state == "active"


def test_rights_of_openid_connect_and_default_may_stand_beside_others(connected_editor):
    assert api.get_token(connected_editor, "openid", "offline_access", "User.Read")
    assert api.get_token(connected_editor, ".default", "User.Read")


def test_a_graph_client_asks_as_the_editor(connected_editor, editor_account):
    me = api.graph(connected_editor, "User.Read").get("/me")
    assert me["userPrincipalName"] == editor_account.username


def test_a_graph_client_renews_a_refused_token(connected_editor, microsoft):
    microsoft.fail("expired_token")
    assert api.graph(connected_editor, "User.Read").get("/me")


def test_a_credential_and_an_auth_are_given_to_other_libraries(connected_editor):
    token = api.get_token(connected_editor).token
    scope = "https://graph.microsoft.com/.default"
    assert api.credential(connected_editor).get_token(scope).token == token
    assert api.auth(connected_editor, "User.Read")


def test_connections_are_listed_with_the_default_first(connected_editor):
    first = api.connections(connected_editor).get()
    Connection.objects.create(user=connected_editor, object_id="second", client_id="x")
    assert api.connections(connected_editor).count() == 2
    assert api.connections(connected_editor).first() == first


def test_a_link_asks_for_rights_and_comes_back():
    url = api.connect_url("Mail.Send", "Calendars.Read", next="/reports/")
    assert url.endswith(
        "/m365/connect/?scopes=Calendars.Read+Mail.Send&next=%2Freports%2F"
    )


def test_a_missing_right_carries_the_link_that_grants_it(connected_editor):
    with pytest.raises(ConsentRequired) as failed:
        api.get_token(connected_editor, "Mail.Send")
    assert "Mail.Send" in failed.value.connect_url
    assert failed.value.explanation.next_step


def test_a_view_runs_when_its_token_is_there(connected_editor):
    assert report(request_of(connected_editor), number=7).content == b"report 7"


def test_a_view_sends_who_is_not_connected_to_microsoft_and_back(editor, microsoft):
    answer = report(request_of(editor))
    assert answer.status_code == 302
    assert "/m365/connect/?scopes=User.Read" in answer.url
    assert "next=%2Freports%2F%3Fpage%3D2" in answer.url


def test_a_view_asks_only_for_what_is_missing(connected_editor):
    @api.token_required("User.Read", "Mail.Send")
    def view(request):
        raise AssertionError

    assert "scopes=Mail.Send&" in view(request_of(connected_editor)).url


def test_a_view_sends_who_is_not_logged_in_to_the_log_in(db, settings):
    answer = report(request_of(AnonymousUser()))
    assert answer.url.startswith(settings.LOGIN_URL)


def test_a_view_raises_what_a_sign_in_does_not_cure(connected_editor, microsoft):
    @api.token_required("User.Read", purpose="refused")
    def view(request):
        raise NotImplementedError

    from wagtail import hooks

    from wagtail_m365.hooks import Purpose
    from wagtail_m365.models import RefusedPurpose

    purpose = Purpose(name="refused", title="No", reason="No.", scopes=("User.Read",))
    RefusedPurpose.refuse("refused")
    with (
        hooks.register_temporarily("register_m365_purposes", lambda: [purpose]),
        pytest.raises(AccessDenied),
    ):
        view(request_of(connected_editor))


def test_async_code_gets_the_same_token(connected_editor):
    token = api.get_token(connected_editor).token
    assert async_to_sync(api.aget_token)(connected_editor).token == token


def test_async_views_are_guarded_too(connected_editor):
    @api.token_required("User.Read")
    async def view(request):
        return HttpResponse("async")

    request = AsyncRequestFactory().get("/")
    request.user = connected_editor
    assert async_to_sync(view)(request).content == b"async"


def test_the_owner_of_nothing_is_told_so(editor, microsoft):
    with pytest.raises(NotConnected):
        api.graph(editor, "User.Read").get("/me")
