from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from wagtail_m365 import api
from wagtail_m365.errors import Misconfigured
from wagtail_m365.models import AppRegistration, Connection, M365Settings

pytestmark = pytest.mark.django_db

ENTER = "wagtail_m365:own_registration"
REMOVE = "wagtail_m365:remove_own_registration"
SECRET = "Zq~8Q.the-value-of-her-own-secret"


@pytest.fixture
def allowed(db):
    row = M365Settings.current()
    row.own_registrations_allowed = True
    row.save()
    return row


@pytest.fixture
def person(client, microsoft, editor):
    client.defaults["SERVER_NAME"] = "localhost"
    client.force_login(editor)
    return client


@pytest.fixture
def her_app(microsoft):
    """An application that she has registered in her own tenant."""
    app = microsoft.world.add_app("Ada's own", microsoft.tenant)
    app.add_redirect_uri("http://localhost" + reverse("wagtail_m365:callback"))
    return app


def form(**changes):
    return {
        "tenant": "organizations",
        "client_id": "99999999-2222-3333-4444-555555555555",
        "credential_kind": "secret",
        "client_secret_input": SECRET,
        "certificate_input": "",
        "passphrase_input": "",
        "credential_expires_on": "",
        **changes,
    }


@pytest.fixture
def entered(person, allowed, her_app, microsoft):
    secret = her_app.add_secret().value
    answer = person.post(
        reverse(ENTER),
        form(
            client_id=her_app.client_id,
            client_secret_input=secret,
            tenant=microsoft.tenant.id,
        ),
    )
    assert answer.status_code == 302
    return AppRegistration.objects.get()


@pytest.fixture
def connected(person, entered, microsoft, editor_account):
    leaving = person.get(reverse("wagtail_m365:connect"), {"own": "1"})
    back = urlsplit(microsoft.sign_in(leaving["Location"], editor_account))
    person.get(back.path, {k: v[0] for k, v in parse_qs(back.query).items()})
    return Connection.objects.get()


def account_page(client):
    return client.get(reverse("wagtailadmin_account")).content.decode()


def test_an_editor_is_offered_it_only_where_an_admin_allows_it(person):
    assert reverse(ENTER) not in account_page(person)

    row = M365Settings.current()
    row.own_registrations_allowed = True
    row.save()
    assert reverse(ENTER) in account_page(person)


@pytest.mark.parametrize("method", ["get", "post"])
def test_where_it_is_not_allowed_the_page_says_so(person, method):
    answer = getattr(person, method)(reverse(ENTER), form())

    assert answer.context["explanation"].code == "own_registration_refused"
    assert not AppRegistration.objects.exists()


@pytest.mark.parametrize("name", [ENTER, REMOVE])
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_needs_the_permission_to_use_microsoft_365(
    client, editor, allowed, name, method
):
    permission = Permission.objects.get(codename="use_microsoft365")
    editor.user_permissions.remove(permission)
    for group in editor.groups.all():
        group.permissions.remove(permission)
    client.force_login(editor)

    answer = getattr(client, method)(reverse(name), form())
    assert answer.status_code in {302, 403}
    assert not AppRegistration.objects.exists()


def test_what_is_entered_is_hers_and_sealed(person, allowed, editor):
    person.post(reverse(ENTER), form())

    row = AppRegistration.objects.get()
    assert row.owner == editor
    assert SECRET not in row.client_secret_sealed
    assert row.client_secret().reveal() == SECRET


def test_what_counts_for_the_other_credential_is_hidden_by_the_script(person, allowed):
    page = person.get(reverse(ENTER)).content.decode()
    for name, kind in (("client_secret", "secret"), ("certificate", "certificate")):
        before = page[: page.index(f'name="{name}_input"')]
        condition = before.rpartition('data-controller="m365-when"')[2]
        assert f'data-m365-when-is-value="{kind}"' in condition


def test_its_secret_never_comes_back_to_a_page(person, allowed):
    refused = person.post(reverse(ENTER), form(tenant="no tenant")).content.decode()
    person.post(reverse(ENTER), form())
    pages = (refused, person.get(reverse(ENTER)).content.decode(), account_page(person))

    sealed = AppRegistration.objects.get().client_secret_sealed
    for page in pages:
        assert SECRET not in page
        assert sealed not in page


def test_an_empty_secret_keeps_the_stored_one(person, allowed):
    person.post(reverse(ENTER), form())
    person.post(reverse(ENTER), form(client_secret_input="", tenant="consumers"))

    row = AppRegistration.objects.get()
    assert (row.tenant, row.client_secret().reveal()) == ("consumers", SECRET)


def test_the_secret_is_asked_again_for_another_application(person, allowed):
    person.post(reverse(ENTER), form())
    other = "88888888-2222-3333-4444-555555555555"
    answer = person.post(reverse(ENTER), form(client_secret_input="", client_id=other))

    assert "client_secret_input" in answer.context["form"].errors
    assert AppRegistration.objects.get().client_id != other


def test_the_secret_is_asked_again_when_the_site_has_moved(person, allowed):
    person.post(reverse(ENTER), form())
    AppRegistration.objects.update(authority_url="https://old.example")
    answer = person.post(reverse(ENTER), form(client_secret_input=""))

    assert "client_secret_input" in answer.context["form"].errors


def test_an_editor_cannot_choose_the_servers(person, allowed, microsoft):
    person.post(
        reverse(ENTER),
        form(cloud="custom", authority_url="https://evil.example", owner="1"),
    )

    assert AppRegistration.objects.get().authority_url == microsoft.authority


def test_an_account_is_connected_with_it(connected, entered, her_app, microsoft):
    assert connected.registration == entered
    assert connected.client_id == her_app.client_id
    assert connected.authority == microsoft.authority


def test_a_refresh_uses_it(connected, editor, microsoft, her_app):
    microsoft.clear_requests()

    assert api.get_token(editor, "User.Read", force_refresh=True).token
    (asked,) = [each for each in microsoft.requests if each.path.endswith("/token")]
    assert her_app.client_id in str(asked)


def test_it_is_renewed_with_itself(person, connected, her_app):
    leaving = person.get(reverse("wagtail_m365:reconnect", args=[connected.pk]))

    assert f"client_id={her_app.client_id}" in leaving["Location"]


def test_the_sites_own_stays_the_others(person, connected, microsoft, editor_account):
    leaving = person.get(reverse("wagtail_m365:connect"), {"another": "1"})
    back = urlsplit(microsoft.sign_in(leaving["Location"], editor_account))
    person.get(back.path, {k: v[0] for k, v in parse_qs(back.query).items()})

    registrations = set(Connection.objects.values_list("registration", flat=True))
    assert registrations == {connected.registration_id, None}


def test_switching_it_off_refuses_tokens_at_once_and_says_why(
    connected, editor, allowed, django_user_model
):
    assert api.get_token(editor, "User.Read").token

    allowed.own_registrations_allowed = False
    allowed.save()
    with pytest.raises(Misconfigured) as failed:
        api.get_token(django_user_model.objects.get(pk=editor.pk), "User.Read")
    assert failed.value.code == "own_registration_refused"
    assert failed.value.explanation.next_step


def test_when_it_is_switched_off_it_can_still_be_removed(person, connected, allowed):
    allowed.own_registrations_allowed = False
    allowed.save()
    page = account_page(person)
    assert reverse(REMOVE) in page
    assert reverse(ENTER) + '"' not in page

    person.post(reverse(REMOVE))
    assert not AppRegistration.objects.exists()
    assert not Connection.objects.exists()


def test_disconnecting_its_last_account_removes_it(person, connected):
    person.post(reverse("wagtail_m365:disconnect", args=[connected.pk]))

    assert not AppRegistration.objects.exists()


def test_who_leaves_leaves_no_secret_behind(person, allowed, editor):
    person.post(reverse(ENTER), form())

    editor.is_active = False
    editor.save()
    assert not AppRegistration.objects.exists()


def test_a_sign_in_ends_nowhere_when_it_was_removed_meanwhile(
    person, entered, microsoft, editor_account
):
    leaving = person.get(reverse("wagtail_m365:connect"), {"own": "1"})
    person.post(reverse(REMOVE))
    back = urlsplit(microsoft.sign_in(leaving["Location"], editor_account))
    answer = person.get(back.path, {k: v[0] for k, v in parse_qs(back.query).items()})

    assert answer["Location"] == reverse("wagtail_m365:connect_failed")
    assert not Connection.objects.exists()


def test_without_one_there_is_nothing_to_connect_with(person, allowed):
    assert person.get(reverse("wagtail_m365:connect"), {"own": "1"}).status_code == 404


def test_an_admin_neither_sees_nor_chooses_it(admin_client, entered):
    index = admin_client.get(reverse("m365_registrations:index")).content.decode()
    page = admin_client.get(
        reverse("wagtailsettings:edit", args=["wagtail_m365", "m365settings"]),
        follow=True,
    ).content.decode()

    assert entered.name not in index
    assert entered.name not in page
    for name in ("edit", "delete"):
        address = reverse(f"m365_registrations:{name}", args=[entered.pk])
        assert admin_client.get(address).status_code == 404


def test_the_admin_decides_in_the_settings(admin_client):
    address = reverse("wagtailsettings:edit", args=["wagtail_m365", "m365settings"])
    page = admin_client.get(address, follow=True)

    assert "own_registrations_allowed" in page.content.decode()
