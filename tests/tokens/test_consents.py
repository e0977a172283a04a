from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from wagtail_m365.errors import ConsentRequired
from wagtail_m365.models import Connection, ConsentRequest
from wagtail_m365.tokens import bundles, consents
from wagtail_m365.tokens.broker import get_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(connection, person):
    return consents.request(["Mail.Send"], user=person, connection=connection)


def test_the_letter_links_to_the_organisations_consent_page(site):
    letter = consents.letter(
        ["Sites.Read.All", "Files.ReadWrite"],
        redirect_uri="https://site.example/back/",
        tenant="contoso-id",
    )
    parts = urlsplit(letter.url)
    query = parse_qs(parts.query)
    assert f"{parts.scheme}://{parts.netloc}" == "https://login.microsoftonline.com"
    assert parts.path == "/contoso-id/v2.0/adminconsent"
    assert "https://graph.microsoft.com/Sites.Read.All" in query["scope"][0]
    assert query["client_id"] == [letter.client_id]


def test_the_letter_gives_a_reason_for_every_right(site):
    letter = consents.letter(
        ["Files.ReadWrite", "Unknown.Right"], redirect_uri="https://site.example/"
    )
    assert [one.scope for one in letter.permissions] == [
        "Files.ReadWrite",
        "Unknown.Right",
    ]
    assert all(str(one.why) and str(one.without) for one in letter.permissions)


def test_every_right_of_our_own_is_explained():
    ours = {*bundles.PROFILE, *bundles.EDIT, *bundles.SAVE, *bundles.SITES}
    assert ours <= {permission.scope for permission in bundles.OWN_PERMISSIONS}


def test_asking_twice_is_asking_once(waiting, connection, person):
    consents.request(["Mail.Send"], user=person, connection=connection)
    assert ConsentRequest.objects.count() == 1


def test_a_request_that_is_not_granted_keeps_waiting(waiting, connection, endpoint):
    endpoint.failures = [ConsentRequired(admin=True) for _ in range(4)]
    consents.look_again(waiting, world=endpoint.world())
    connection.refresh_from_db()
    assert waiting.granted_at is None
    assert connection.state == Connection.State.ACTIVE


def test_microsoft_is_asked_every_half_hour_at_most(waiting, endpoint):
    endpoint.failures = [ConsentRequired(admin=True) for _ in range(4)]
    consents.look_again(waiting, world=endpoint.world())
    once = len(endpoint.asked)
    consents.look_again(waiting, world=endpoint.world())
    assert len(endpoint.asked) == once
    waiting.looked_at = timezone.now() - timedelta(minutes=31)
    consents.look_again(waiting, world=endpoint.world())
    assert len(endpoint.asked) == 2 * once


def test_the_editor_is_told_once_when_it_is_granted(waiting, person, endpoint):
    endpoint.granted |= {"Mail.Send"}
    (looked_at,) = consents.look_at_all(world=endpoint.world())
    assert looked_at.granted_at
    news = ConsentRequest.objects.news_for(person)
    assert [one.wanted for one in news] == [("Mail.Send",)]
    news[0].mark_told()
    assert not ConsentRequest.objects.news_for(person)


def test_what_was_granted_can_be_used_at_once(waiting, person, endpoint):
    endpoint.granted |= {"Mail.Send"}
    consents.look_again(waiting, world=endpoint.world())
    assert get_token(person, "Mail.Send").token


def test_a_sign_in_may_bring_what_was_waited_for(connected, person):
    granted = consents.request(["User.Read"], user=person)
    still_waiting = consents.request(["Mail.Send"], user=person)
    consents.granted_by_sign_in(connected)
    granted.refresh_from_db()
    still_waiting.refresh_from_db()
    assert granted.granted_at
    assert not still_waiting.granted_at


def test_whoever_signs_in_is_not_told_that_an_administrator_did(connected, person):
    consents.request(["User.Read"], user=person)
    consents.granted_by_sign_in(connected)
    assert not ConsentRequest.objects.waiting().exists()
    assert not ConsentRequest.objects.news_for(person).exists()


def test_who_asked_for_a_connection_of_the_site_is_told_when_it_is_signed_in(
    connected, person
):
    consents.request(["User.Read"], user=person, connection=connected)
    connected.user, connected.service_name = None, "newsletter"
    consents.granted_by_sign_in(connected)
    assert ConsentRequest.objects.news_for(person).exists()
