from __future__ import annotations

import copy
import pickle
import time

import pytest
from django.contrib.auth.models import AnonymousUser

from wagtail_m365.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionRequired,
    Misconfigured,
    NotConnected,
    ReconnectRequired,
    TemporarilyUnavailable,
)
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.broker import connection_of, get_token

pytestmark = pytest.mark.django_db


def ask(owner, endpoint, *scopes, **more):
    return get_token(owner, *scopes, world=endpoint.world(), **more)


def test_a_valid_token_costs_one_query(
    person, connection, have_token, django_assert_num_queries
):
    have_token(connection)
    with django_assert_num_queries(1):
        assert get_token(person, "User.Read").token == "access-0"


def test_a_second_ask_with_the_same_user_costs_no_query(
    person, connection, have_token, django_assert_num_queries
):
    have_token(connection)
    get_token(person, "User.Read")
    with django_assert_num_queries(0):
        assert get_token(person, "User.Read").token == "access-0"


def test_a_right_that_is_covered_by_a_greater_one_is_served(
    person, connection, have_token, django_assert_num_queries
):
    have_token(connection)
    with django_assert_num_queries(1):
        assert get_token(person, "https://graph.microsoft.com/files.read")


def test_a_user_who_is_pickled_or_copied_takes_no_token_along(
    person, connection, have_token
):
    have_token(connection)
    get_token(person)
    assert b"access-0" not in pickle.dumps(person)
    assert not copy.deepcopy(person)._m365_tokens


def test_a_token_shows_itself_to_nobody_who_does_not_ask(
    person, connection, have_token
):
    have_token(connection)
    token = get_token(person)
    assert "access-0" not in repr(token)
    with pytest.raises(TypeError):
        pickle.dumps(token)


def test_a_connection_and_a_service_name_are_owners_too(
    connect, have_token, connection
):
    have_token(connection, "hers")
    have_token(connect(service_name="newsletter"), "the site's")
    assert get_token(connection).token == "hers"
    assert get_token("newsletter").token == "the site's"


def test_the_default_connection_is_used_unless_another_is_named(
    person, connect, connection, have_token
):
    other = connect(person, object_id="other", default_for=None)
    have_token(connection, "of the default")
    have_token(other, "of the other")
    assert get_token(person).token == "of the default"
    assert get_token(other).token == "of the other"


def test_a_token_is_renewed_five_minutes_before_it_ends(
    person, connection, have_token, endpoint
):
    have_token(connection, left=299)
    assert ask(person, endpoint).token == "access-1"


def test_a_rotated_refresh_token_is_stored(person, connection, endpoint):
    ask(person, endpoint)
    connection.refresh_from_db()
    assert connection.open_refresh_token() == Secret("refresh-1")


def test_a_refresh_token_that_is_not_sent_again_stays(person, connection, endpoint):
    endpoint.rotates = False
    ask(person, endpoint)
    ask(person, endpoint, force_refresh=True)
    connection.refresh_from_db()
    assert connection.open_refresh_token() == Secret("refresh-0")


def test_a_fetched_token_is_ready_for_the_next_process(
    person, connection, endpoint, django_assert_num_queries
):
    ask(person, endpoint)
    with django_assert_num_queries(1):
        assert get_token(connection).token == "access-1"


def test_nothing_readable_is_in_the_database(person, connection, endpoint):
    ask(person, endpoint)
    connection.refresh_from_db()
    cached = CachedAccessToken.objects.get()
    assert "refresh-1" not in connection.refresh_token_sealed
    assert "access-1" not in cached.token_sealed


def test_a_token_can_be_demanded_anew(person, connection, have_token, endpoint):
    have_token(connection)
    assert ask(person, endpoint, force_refresh=True).token == "access-1"


def test_a_rejected_token_is_not_served_again(person, connection, have_token, endpoint):
    have_token(connection)
    assert ask(person, endpoint, rejected="access-0").token == "access-1"


def test_a_token_newer_than_the_rejected_one_is_served_without_a_refresh(
    person, connection, have_token, endpoint
):
    have_token(connection)
    assert ask(person, endpoint, rejected="older").token == "access-0"
    assert not endpoint.asked


def test_a_claims_challenge_is_sent_with_the_refresh(
    person, connection, have_token, endpoint
):
    have_token(connection)
    ask(person, endpoint, claims='{"access_token": {}}')
    assert endpoint.asked[0]["claims"] == '{"access_token": {}}'


def test_microsoft_may_ask_for_an_early_refresh(
    person, connection, have_token, endpoint
):
    have_token(connection, refresh_on=int(time.time()) - 1)
    assert ask(person, endpoint).token == "access-1"


def test_a_missing_right_is_named_without_asking_microsoft(
    person, connection, have_token, endpoint
):
    have_token(connection)
    with pytest.raises(ConsentRequired) as failed:
        ask(person, endpoint, "User.Read", "Mail.Send")
    assert failed.value.scopes == ("Mail.Send",)
    assert "scopes=Mail.Send" in failed.value.connect_url
    assert str(connection.pk) in failed.value.connect_url
    assert not endpoint.asked


def test_all_granted_rights_are_asked_for_so_that_one_token_serves_all(
    person, connection, endpoint
):
    ask(person, endpoint, "User.Read")
    assert endpoint.asked[0]["scopes"] == {"Files.ReadWrite", "User.Read"}


def test_a_withdrawn_right_does_not_take_the_others_along(person, connection, endpoint):
    endpoint.granted = frozenset({"User.Read"})
    endpoint.failures = [ConsentRequired(scopes=["Files.ReadWrite"])]
    assert ask(person, endpoint, "User.Read").token == "access-1"
    connection.refresh_from_db()
    assert connection.scopes == {"User.Read"}


def test_tokens_for_another_resource_are_kept_apart(person, connect, endpoint):
    sharepoint = "https://contoso.sharepoint.com/AllSites.Read"
    connection = connect(person, granted_scopes=f"{sharepoint} User.Read")
    endpoint.granted = frozenset({sharepoint})
    assert ask(person, endpoint, sharepoint).token == "access-1"
    assert endpoint.asked[0]["scopes"] == {sharepoint}
    endpoint.granted = frozenset({"User.Read"})
    assert ask(person, endpoint, "User.Read").token == "access-2"
    assert ask(person, endpoint, sharepoint).token == "access-1"
    connection.refresh_from_db()
    assert connection.scopes == {sharepoint, "User.Read"}


def test_one_token_is_for_one_resource(person, connection):
    with pytest.raises(ValueError, match="one resource"):
        get_token(person, "User.Read", "https://contoso.sharepoint.com/AllSites.Read")


@pytest.mark.parametrize("owner", [AnonymousUser(), "nobody"])
def test_who_is_not_connected_is_told_so(db, owner):
    with pytest.raises(NotConnected):
        get_token(owner)


def test_a_user_without_a_connection_is_told_where_to_connect(person):
    with pytest.raises(NotConnected) as failed:
        get_token(person)
    assert failed.value.connect_url.endswith("/m365/connect/")


def test_a_deactivated_user_has_no_token(person, connection, have_token):
    have_token(connection)
    person.is_active = False
    with pytest.raises(NotConnected):
        get_token(person)


def test_nobody_has_a_token_when_all_is_switched_off(
    person, connection, have_token, site
):
    have_token(connection)
    site.WAGTAIL_M365 = {**site.WAGTAIL_M365, "ENABLED": False}
    with pytest.raises(Misconfigured) as failed:
        get_token(person)
    assert failed.value.code == "not_enabled"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ReconnectRequired(), "needs_reconnect"),
        (InteractionRequired(claims='{"a": 1}'), "needs_interaction"),
        (ConsentRequired(scopes=["User.Read"]), "needs_consent"),
        (AccessDenied(), "denied"),
        (Misconfigured(code="aadsts7000222"), "misconfigured"),
    ],
)
def test_a_refusal_becomes_the_state_of_the_connection(
    person, connection, endpoint, error, state
):
    endpoint.failures = [error]
    with pytest.raises(type(error)):
        ask(person, endpoint)
    connection.refresh_from_db()
    assert connection.state == state


def test_a_known_refusal_is_told_again_without_asking_microsoft(
    person, connection, endpoint
):
    endpoint.failures = [InteractionRequired(claims='{"a": 1}', code="mfa")]
    for _ in range(2):
        with pytest.raises(InteractionRequired) as failed:
            ask(person, endpoint)
    assert failed.value.claims == '{"a": 1}'
    assert failed.value.code == "mfa"
    assert failed.value.connect_url
    assert len(endpoint.asked) == 1


def test_what_an_admin_can_mend_is_tried_again_by_itself(person, connection, endpoint):
    endpoint.failures = [Misconfigured(code="aadsts7000222")]
    with pytest.raises(Misconfigured):
        ask(person, endpoint)
    Connection.objects.update(retry_at=0)
    assert ask(person, endpoint).token == "access-1"
    connection.refresh_from_db()
    assert connection.state == "active"


def test_in_an_outage_the_old_token_is_served_while_it_holds(
    person, connection, have_token, endpoint
):
    have_token(connection, left=100)
    endpoint.failures = [TemporarilyUnavailable()]
    assert ask(person, endpoint).token == "access-0"


def test_in_an_outage_nobody_asks_again_before_the_back_off_is_over(
    person, connection, endpoint
):
    endpoint.failures = [TemporarilyUnavailable(retry_after=120)]
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable) as failed:
            ask(person, endpoint)
    assert 100 < failed.value.retry_after <= 120
    assert len(endpoint.asked) == 1


def test_a_spurious_refusal_of_personal_accounts_is_asked_about_once_more(
    person, connection, endpoint
):
    slept = []
    endpoint.failures = [ReconnectRequired(code="aadsts70000")]
    token = get_token(person, world=endpoint.world(sleep=slept.append))
    assert token.token == "access-1"
    assert slept == [2.0]


def test_a_second_such_refusal_is_believed(person, connection, endpoint):
    endpoint.failures = [ReconnectRequired(code="aadsts70000") for _ in range(2)]
    with pytest.raises(ReconnectRequired):
        get_token(person, world=endpoint.world(sleep=lambda seconds: None))


def test_an_unreadable_refresh_token_means_reconnect(person, connection, endpoint):
    Connection.objects.update(refresh_token_sealed="m1.00000000.AAAA")
    with pytest.raises(ReconnectRequired) as failed:
        ask(person, endpoint)
    assert failed.value.code == "undecryptable"


def test_an_unreadable_access_token_is_fetched_anew(
    person, connection, have_token, endpoint
):
    have_token(connection)
    CachedAccessToken.objects.update(token_sealed="garbage")
    assert ask(person, endpoint).token == "access-1"


def test_a_ciphertext_of_another_connection_does_not_open(
    connect, person, connection, have_token, endpoint
):
    stolen = have_token(connect(service_name="newsletter"), "not hers")
    mine = have_token(connection, "hers")
    CachedAccessToken.objects.filter(pk=mine.pk).update(
        token_sealed=stolen.token_sealed
    )
    assert ask(person, endpoint).token == "access-1"


def test_a_connection_of_another_app_registration_must_be_made_again(
    person, connection, endpoint
):
    Connection.objects.update(client_id="another")
    with pytest.raises(ReconnectRequired) as failed:
        ask(person, endpoint)
    assert failed.value.code == "other_registration"


def test_a_refresh_seals_again_with_the_newest_key(person, connection, endpoint, site):
    endpoint.rotates = False
    site.WAGTAIL_M365 = {
        **site.WAGTAIL_M365,
        "ENCRYPTION_KEYS": ["the new key", *site.WAGTAIL_M365["ENCRYPTION_KEYS"]],
    }
    before = connection.refresh_token_sealed.split(".")[1]
    ask(person, endpoint)
    connection.refresh_from_db()
    assert connection.refresh_token_sealed.split(".")[1] != before


def test_the_application_itself_asks_for_all_that_was_granted(connect, endpoint):
    connect(service_name="sync", kind=Connection.Kind.APP_ONLY, granted_scopes="")
    assert ask("sync", endpoint, "Mail.Send").token == "app-1"
    assert endpoint.asked[0]["scopes"] == {".default"}


def test_the_connection_of_an_owner_can_be_asked_for(person, connection):
    assert connection_of(person) == connection
    assert connection_of(connection) is connection
