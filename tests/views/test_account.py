from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail import hooks
from wagtail.log_actions import registry as log_registry
from wagtail.models import ModelLogEntry

from wagtail_m365.hooks import Purpose
from wagtail_m365.models import CachedAccessToken, Connection

pytestmark = pytest.mark.django_db


def account_page(client):
    return client.get(reverse("wagtailadmin_account")).content.decode()


def save(client, **posted):
    page = client.get(reverse("wagtailadmin_account"))
    panels = [each for tab in page.context["panels_by_tab"].values() for each in tab]
    fields = [field for panel in panels for field in panel.get_form()]
    data = {f.html_name: f.value() or "" for f in fields if f.name != "avatar"}
    data |= {"name_email-first_name": "Ada", "name_email-last_name": "Lovelace"}
    data |= {"name_email-email": "ada@site.example"}
    return client.post(reverse("wagtailadmin_account"), {**data, **posted})


@pytest.fixture
def person(client, microsoft, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def connect(editor):
    def connect(name, **fields):
        connection = Connection(
            user=editor,
            client_id="client",
            tenant_id="tenant",
            object_id=name,
            username=f"{name}@contoso.example",
            granted_scopes="User.Read Files.ReadWrite.AppFolder",
            **fields,
        )
        connection.save()
        if not Connection.objects.default_of(editor).exists():
            connection.make_default()
        return connection

    return connect


def test_an_editor_is_offered_to_connect(person):
    page = account_page(person)

    assert "Connect a Microsoft account" in page
    assert reverse("wagtail_m365:connect") in page


def test_the_page_says_which_account_and_which_rights(person, connect):
    connect("ada", display_name="Ada Lovelace")

    page = account_page(person)

    assert "ada@contoso.example" in page
    assert "Ada Lovelace" in page
    assert "Read and change files in this site" in page
    assert "Connect another account" in page


def test_an_unknown_right_is_named_as_microsoft_names_it(person, connect):
    connection = connect("ada")
    connection.granted_scopes = "Whatever.New"
    connection.save()

    assert "Whatever.New" in account_page(person)


def test_a_right_says_which_plugin_needs_it(person, connect):
    connection = connect("ada")
    connection.granted_scopes = "Mail.Send"
    connection.save()
    purpose = Purpose(
        name="kit.mail", title="Mail press kits", reason="x", scopes=("Mail.Send",)
    )

    with hooks.register_temporarily("register_m365_purposes", lambda: [purpose]):
        page = account_page(person)

    assert "Send mail as you" in page
    assert "Mail press kits" in page


@pytest.mark.parametrize("state", [s for s in Connection.State.values if s != "active"])
def test_a_broken_connection_says_what_to_do(person, connect, state):
    connect("ada", state=state, state_details={"correlation_id": "abc-123"})

    page = account_page(person)

    assert "Next step" in page
    assert "abc-123" in page


def test_no_sealed_token_is_on_the_page(person, connect):
    connection = connect("ada", refresh_token_sealed="m1.sealed.refresh-token")
    CachedAccessToken.objects.create(
        connection=connection,
        audience="graph",
        scopes="",
        token_sealed="m1.sealed.access-token",
        expires_on=0,
        version=1,
    )

    page = account_page(person)

    assert "m1.sealed" not in page


def test_somebody_elses_account_is_not_on_the_page(
    person, connect, editor, django_user_model
):
    connection = connect("grace")
    connection.user = django_user_model.objects.create_user("somebody")
    connection.default_for = None
    connection.save()

    assert "grace@contoso.example" not in account_page(person)


def test_the_default_and_the_labels_are_chosen(person, connect):
    first, second = connect("ada"), connect("grace")

    response = save(
        person,
        **{
            "m365-default": str(second.pk),
            f"m365-label_{first.pk.hex}": "At home",
        },
    )

    first.refresh_from_db()
    second.refresh_from_db()
    assert response.status_code == 302
    assert (first.label, first.is_default) == ("At home", False)
    assert second.is_default


def test_a_label_that_is_too_long_is_refused(person, connect):
    connection = connect("ada")

    save(person, **{f"m365-label_{connection.pk.hex}": "x" * 101})

    connection.refresh_from_db()
    assert connection.label == ""


def test_somebody_elses_connection_cannot_be_made_the_default(
    person, connect, django_user_model
):
    connect("ada")
    connect("alan")
    foreign = Connection.objects.create(
        user=django_user_model.objects.create_user("somebody"), object_id="x"
    )

    save(person, **{"m365-default": str(foreign.pk)})

    foreign.refresh_from_db()
    assert not foreign.is_default


def test_a_save_that_never_showed_the_tab_changes_nothing(person, connect):
    connection = connect("ada", label="At home")

    person.post(reverse("wagtailadmin_account"), {"name_email-first_name": "Ada"})

    connection.refresh_from_db()
    assert connection.label == "At home"


def test_the_tab_is_hidden_without_the_permission(client, microsoft, outsider):
    client.force_login(outsider)

    assert "Microsoft 365" not in account_page(client)


def test_the_tab_is_hidden_while_nobody_can_connect(person, settings):
    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["x"]}

    assert "tab-m365" not in account_page(person)


def test_who_is_connected_sees_why_it_does_not_work(person, connect, settings):
    connect("ada")
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "ENABLED": False}

    page = account_page(person)

    assert "not_enabled" in page
    assert (
        reverse("wagtail_m365:disconnect", args=[Connection.objects.get().pk]) in page
    )


class TestDisconnecting:
    @pytest.fixture(autouse=True)
    def connected(self, person, connect):
        self.connection = connect("ada")
        self.address = reverse("wagtail_m365:disconnect", args=[self.connection.pk])

    def test_asking_changes_nothing(self, person):
        page = person.get(self.address).content.decode()

        assert "ada@contoso.example" in page
        assert Connection.objects.exists()

    def test_it_forgets_the_tokens_and_says_where_to_look_at_microsoft(self, person):
        response = person.post(self.address, follow=True)

        assert not Connection.objects.exists()
        assert not CachedAccessToken.objects.exists()
        assert "https://myapps.microsoft.com" in response.content.decode()

    def test_it_needs_no_microsoft(self, person, out_of_reach):
        person.post(self.address)

        assert not Connection.objects.exists()

    def test_it_is_in_the_log_under_the_person(self, person, editor):
        person.post(self.address)

        entry = ModelLogEntry.objects.get(action="wagtail_m365.disconnect")
        assert entry.user == editor
        assert "ada@contoso.example" in str(entry.data)
        assert log_registry.action_exists("wagtail_m365.disconnect")

    def test_it_warns_of_open_documents(self, person):
        self.connection.edit_sessions.create(document_title="Report")

        assert "1 document is still open" in person.get(self.address).content.decode()

    def test_a_forged_form_of_another_site_does_nothing(self, person, client_with_csrf):
        response = client_with_csrf.post(self.address)

        assert response.status_code == 403
        assert Connection.objects.exists()

    def test_nobody_is_sent_off_the_site(self, person):
        response = person.post(self.address, {"next": "https://evil.example/"})

        assert response["Location"].startswith(reverse("wagtailadmin_account"))

    def test_the_permission_is_needed(self, client, editor, outsider):
        self.connection.user = outsider
        self.connection.default_for = None
        self.connection.save()
        client.force_login(outsider)

        for response in (client.get(self.address), client.post(self.address)):
            assert response["Location"] == reverse("wagtailadmin_home")
        assert Connection.objects.exists()

        permission = Permission.objects.get(codename="use_microsoft365")
        outsider.user_permissions.add(permission)
        client.post(self.address)
        assert not Connection.objects.exists()


@pytest.fixture
def client_with_csrf(editor):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(editor)
    return browser
