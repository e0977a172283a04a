"""Nothing secret leaves the token service but to who asked for it."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.views.debug import ExceptionReporter
from wagtail.models import ModelLogEntry

from tests.tokens.conftest import REDIRECT_URI
from wagtail_m365.errors import M365Error
from wagtail_m365.models import Connection
from wagtail_m365.tokens import flows, sign_in
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.credentials import TokenCredential

pytestmark = pytest.mark.django_db

FAULTS = (
    *("revoked_grant", "invalid_client", "consent_withdrawn", "mfa_required"),
    *("server_error", "cut_connection", "not_json"),
)


def secrets_of(microsoft, connection) -> list[str]:
    world = microsoft.world
    return [
        microsoft.secret,
        *world.refresh_tokens,
        *world.access_tokens,
        *world.codes,
        connection.open_refresh_token().reveal(),
    ]


def leaked(text: str, secrets: list[str]) -> list[str]:
    return [secret[:12] for secret in secrets if secret in text]


@pytest.fixture
def everything_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("msal", "urllib3", "wagtail_m365", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def test_a_sign_in_under_way_does_not_show_what_proves_it():
    begun = flows.SignIn(flow={"code_verifier": "a-verifier"}, user_id="1")
    assert "a-verifier" not in repr(begun)


def test_logs_of_a_whole_life_hold_no_secret(
    everything_is_logged, connected, person, microsoft
):
    session = {}
    url = sign_in.start(
        person, scopes=["User.Read"], redirect_uri=REDIRECT_URI, session=session
    )
    ada = microsoft.world.accounts[connected.object_id]
    back = microsoft.sign_in(url, ada)
    everything_is_logged.clear()
    sign_in.finish(person, query=dict(parse_qsl(urlsplit(back).query)), session=session)
    get_token(person, force_refresh=True)
    connected.refresh_from_db()
    text = everything_is_logged.text + json.dumps(session)
    assert leaked(text, secrets_of(microsoft, connected)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_failures_hold_no_secret(
    everything_is_logged, connected, person, microsoft, fault
):
    microsoft.fail(fault, times=3)
    with pytest.raises(M365Error) as failed:
        get_token(person, force_refresh=True, min_validity=9999)
    error = failed.value
    report = ExceptionReporter(None, failed.type, error, failed.tb).get_traceback_html()
    stored = Connection.objects.values_list("state_details", flat=True).get()
    texts = [
        report,
        everything_is_logged.text,
        repr(error) + str(error) + repr(vars(error)) + str(error.explanation),
        "".join(traceback.format_exception(error)),
        json.dumps(stored),
    ]
    secrets = secrets_of(microsoft, connected)
    assert leaked("\n".join(texts), secrets) == []


def test_the_audit_log_holds_no_secret(connected, microsoft):
    entries = [entry.data for entry in ModelLogEntry.objects.all()]
    assert leaked(json.dumps(entries), secrets_of(microsoft, connected)) == []


def test_objects_that_know_a_token_do_not_show_it(connected, person, microsoft):
    token = get_token(person)
    shown = [
        repr(token),
        repr(vars(person)),
        repr(connected),
        repr(TokenCredential(person).__dict__),
        pickle.dumps(person).decode("latin-1"),
    ]
    assert leaked("\n".join(shown), [token.token]) == []
