from __future__ import annotations

import time

import pytest

from wagtail_m365.errors import (
    M365Error,
    Misconfigured,
    NotConnected,
    SignInRefused,
)
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens import generation, tenants
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.service_connections import app_only, from_refresh_token

pytestmark = pytest.mark.django_db


def test_a_pasted_refresh_token_becomes_a_connection(connected, person):
    pasted = connected.open_refresh_token()
    made = from_refresh_token("newsletter", pasted, person)
    assert made.username == "ada@contoso.example"
    assert made.open_refresh_token() != pasted
    assert get_token("newsletter", "User.Read")
    assert get_token("newsletter", force_refresh=True)


def test_a_refresh_token_that_does_not_work_changes_nothing(connected, person):
    with pytest.raises(M365Error):
        from_refresh_token("newsletter", Secret("garbage"), person)
    assert not Connection.objects.service().exists()


def test_an_organisation_that_is_not_allowed_is_refused_with_its_refresh_token_too(
    connected, person, microsoft, site
):
    pasted = connected.open_refresh_token()
    site.WAGTAIL_M365 = microsoft.settings(ALLOWED_TENANTS=["another-tenant"])
    with pytest.raises(SignInRefused) as failed:
        from_refresh_token("newsletter", pasted, person)
    assert failed.value.code == "tenant_not_allowed"
    assert failed.value.facts["actual"] == "ada@contoso.example"
    assert not Connection.objects.service().exists()


def test_an_organisation_that_is_allowed_is_let_in_with_its_refresh_token(
    connected, person, microsoft, site
):
    allowed = [microsoft.tenant.id.upper()]
    site.WAGTAIL_M365 = microsoft.settings(ALLOWED_TENANTS=allowed)
    assert from_refresh_token("newsletter", connected.open_refresh_token(), person)


def test_where_organisations_are_listed_tokens_of_nobody_are_refused(
    person, microsoft, site
):
    tenants.refuse_other_tenants(None)
    site.WAGTAIL_M365 = microsoft.settings(ALLOWED_TENANTS=[microsoft.tenant.id])
    with pytest.raises(SignInRefused):
        tenants.refuse_other_tenants(None)


def test_a_service_connection_can_be_renewed_by_name(connected, person):
    first = from_refresh_token("newsletter", connected.open_refresh_token(), person)
    again = from_refresh_token("newsletter", first.open_refresh_token(), person)
    assert again.pk == first.pk
    assert get_token("newsletter")


@pytest.mark.parametrize("name", ["", "news letter", "../etc", "ä"])
def test_a_name_is_a_plain_word(connected, person, name):
    with pytest.raises(Misconfigured) as failed:
        from_refresh_token(name, connected.open_refresh_token(), person)
    assert failed.value.code == "invalid_name"


def test_the_application_itself_is_a_service_connection(microsoft, person):
    made = app_only("sync", person)
    assert made.kind == Connection.Kind.APP_ONLY
    assert made.refresh_token_sealed == ""
    assert get_token("sync", ".default").token
    assert get_token("sync", "Files.Read.All").token


def test_its_token_is_renewed(microsoft, person):
    app_only("sync", person)
    first = get_token("sync").token
    assert get_token("sync", rejected=first).token != first


def test_its_token_holds_as_long_as_is_asked_for(microsoft, person):
    app_only("sync", person)
    first = get_token("sync").token
    CachedAccessToken.objects.update(expires_on=time.time() + 600)
    generation.forget_kept_tokens()
    assert get_token("sync", min_validity=500).token == first
    assert get_token("sync", min_validity=900).token != first


def test_a_public_client_cannot_act_as_itself(microsoft, person, site):
    settings = microsoft.settings()
    del settings["CLIENT_SECRET"]
    site.WAGTAIL_M365 = settings
    with pytest.raises(Misconfigured):
        app_only("sync", person)
    assert not Connection.objects.exists()


def test_a_name_that_nobody_made_is_told(db):
    with pytest.raises(NotConnected) as failed:
        get_token("nobody")
    assert failed.value.code == "service_not_connected"
    assert failed.value.connect_url == ""
