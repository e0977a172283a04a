from __future__ import annotations

import pytest
from django.core.signals import request_finished
from wagtail import hooks

from wagtail_m365.errors import AccessDenied, Misconfigured
from wagtail_m365.hooks import Purpose
from wagtail_m365.models import RefusedPurpose, TokenUse
from wagtail_m365.tokens import bundles, purposes
from wagtail_m365.tokens.broker import get_token

pytestmark = pytest.mark.django_db

NEWS = Purpose(
    name="press_kit.files",
    title="Press kits",
    reason="Lists the files that you choose.",
    scopes=("Files.ReadWrite",),
)


@pytest.fixture(autouse=True)
def plugin():
    with hooks.register_temporarily("register_m365_purposes", lambda: [NEWS]):
        yield


@pytest.fixture(autouse=True)
def fresh_log(monkeypatch):
    monkeypatch.setattr(purposes, "use_log", purposes.UseLog())


@pytest.fixture(autouse=True)
def tokens(connection, have_token):
    have_token(connection)


def test_a_use_is_logged_with_its_purpose(person, connection):
    get_token(person, purpose="press_kit.files")
    use = TokenUse.objects.get()
    assert (use.connection, use.purpose, use.uses) == (connection, NEWS.name, 1)
    assert use.account == str(connection)


def test_every_use_is_counted_when_the_request_is_over(person):
    for _ in range(5):
        get_token(person, purpose="press_kit.files")
    purposes.use_log.write()
    assert TokenUse.objects.get().uses == 5


def test_a_request_that_ends_writes_the_log():
    receivers = [receiver[0][0] for receiver in request_finished.receivers]
    assert "wagtail_m365_use_log" in receivers


def test_the_log_outlives_the_connection(person, connection):
    get_token(person, purpose="press_kit.files")
    connection.delete()
    assert TokenUse.objects.get().account == "ada@contoso.example"


def test_the_rights_of_the_purpose_are_asked_for_where_none_are_named(
    person, connection, endpoint
):
    token = get_token(
        person, purpose="press_kit.files", force_refresh=True, world=endpoint.world()
    )
    assert "Files.ReadWrite" in token.scopes


def test_a_purpose_cannot_get_more_than_it_was_declared_for(person):
    with pytest.raises(Misconfigured) as failed:
        get_token(person, "User.Read", purpose="press_kit.files")
    assert failed.value.code == "purpose_exceeded"


def test_a_misspelt_purpose_names_the_nearest_one(person):
    with pytest.raises(Misconfigured, match=r"press_kit\.files"):
        get_token(person, "User.Read", purpose="press_kit.file")


def test_an_admin_can_refuse_a_purpose_at_once(person, endpoint):
    get_token(person, purpose="press_kit.files")
    RefusedPurpose.refuse("press_kit.files")
    fresh = type(person).objects.get(pk=person.pk)
    with pytest.raises(AccessDenied) as failed:
        get_token(fresh, purpose="press_kit.files")
    assert failed.value.code == "purpose_refused"
    with pytest.raises(AccessDenied):
        get_token(fresh, purpose="press_kit.files", force_refresh=True)


def test_other_uses_go_on_when_one_purpose_is_refused(person):
    RefusedPurpose.refuse("press_kit.files")
    assert get_token(person, "Files.ReadWrite").token == "access-0"


def test_a_refusal_can_be_taken_back(person):
    RefusedPurpose.refuse("press_kit.files")
    RefusedPurpose.allow("press_kit.files")
    assert get_token(person, purpose="press_kit.files")


def test_a_purpose_costs_no_further_query(
    person, connection, django_assert_num_queries
):
    get_token(person, purpose="press_kit.files")
    with django_assert_num_queries(1):
        get_token(connection, purpose="press_kit.files")


def test_the_log_is_shortened(person, site):
    get_token(person, purpose="press_kit.files")
    TokenUse.objects.update(day="2001-01-01")
    assert purposes.shorten_use_log() == 1


def test_what_stops_without_a_right_is_named_by_the_plugins_titles():
    asking = [
        Purpose(name=name, title=title, reason="Sends.", scopes=("Mail.Send",))
        for name, title in (("a", "Invitations"), ("b", "Reminders"))
    ]
    (permission,) = bundles.explained(["Mail.Send"], asking)
    assert permission.without == (
        "“Invitations” stops working. “Reminders” stops working."
    )
