"""Pages whose form takes more than one request: each is played, and the log is read.

What a test's ``leaves`` promises is checked after it: the page was posted to by somebody,
and the log has the entry of that person.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.core.signals import request_started
from django.urls import resolve, reverse
from wagtail.models import ModelLogEntry

from wagtail_m365.models import (
    AppRegistration,
    Connection,
    EditSession,
    FollowedDrive,
    M365Settings,
    Transfer,
)
from wagtail_m365.tokens import bundles
from wagtail_m365.views.set_up import step_address

from .conftest import may
from .test_imports import Page

pytestmark = pytest.mark.django_db

#: Page → what its POST leaves in the log; filled by :func:`leaves`.
PLAYED: dict[str, str] = {}


def leaves(action: str, page: str) -> Callable:
    """This test posts to the page, and the log has such an entry afterwards."""
    PLAYED[page] = action

    def promise(test: Callable) -> Callable:
        test.promises = [*getattr(test, "promises", ()), (action, page)]
        return test

    return promise


@pytest.fixture(autouse=True)
def _promises_are_kept(request, db):
    posted = set()

    def watch(sender, environ, **more):
        if environ["REQUEST_METHOD"] == "POST":
            posted.add(resolve(environ["PATH_INFO"]).view_name)

    request_started.connect(watch, weak=False)
    yield
    request_started.disconnect(watch)
    by_people = ModelLogEntry.objects.exclude(user=None)
    told = set(by_people.values_list("action", flat=True))
    for action, page in getattr(request.function, "promises", ()):
        assert page in posted
        assert action in told


def on(name, *args):
    return reverse(f"wagtail_m365:{name}", args=args)


@pytest.fixture
def opened(connected, document):
    """A document that the writer has open, and that was edited since."""
    connected.post(on("open", document.pk))
    connected.drive.edit(connected.drive.paths()[0], b"edited")
    return document


@leaves("wagtail_m365.open", "wagtail_m365:open")
@leaves("wagtail_m365.bring_back", "wagtail_m365:bring_back")
def test_opening_and_bringing_back(connected, opened):
    connected.post(on("bring_back", opened.pk))

    assert of(opened)[::2] == ["wagtail_m365.open", "wagtail_m365.bring_back"]


@leaves("wagtail_m365.keep_both", "wagtail_m365:resolve")
def test_keeping_both(connected, opened):
    opened.file.save("rules.docx", ContentFile(b"replaced"), save=False)
    opened.file_hash, opened.file_size = "", None
    opened._set_document_file_metadata()
    opened.save()
    opened.file.close()
    connected.post(on("bring_back", opened.pk))
    connected.post(on("resolve", opened.pk), {"choice": "both"})

    assert of(opened)[1:] == ["wagtail_m365.conflict", "wagtail_m365.keep_both"]


@leaves("wagtail_m365.hand_over", "wagtail_m365:hand_over")
def test_handing_over(connected, opened, make_writer, connect_account, microsoft):
    colleague = make_writer("colleague")
    account = microsoft.add_account("colleague@contoso.example", name="Colleague")
    connect_account(colleague, account, *bundles.PROFILE, *bundles.EDIT)
    session = EditSession.objects.get()
    connected.post(on("hand_over", session.pk), {"to": colleague.pk})

    assert "wagtail_m365.hand_over" in of(opened)


@leaves("wagtail_m365.join", "wagtail_m365:join")
def test_joining(client, opened, make_writer):
    client.force_login(make_writer("second"))
    client.post(on("join", opened.pk))

    assert "wagtail_m365.join" in of(opened)


@leaves("wagtail_m365.import", "wagtail_m365:import_files")
@leaves("wagtail_m365.update", "wagtail_m365:update")
def test_importing_and_updating(browser, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    browser.connect(*bundles.SAVE)
    browser.drive.put("Press/plan.pdf", b"plan")
    page = Page(browser).in_folder("Press").choose("plan.pdf")
    page.bring("plan.pdf")
    entry = ModelLogEntry.objects.get(action="wagtail_m365.import")
    browser.drive.edit("Press/plan.pdf", b"new")
    browser.post(on("update", entry.object_id))

    update = ModelLogEntry.objects.get(action="wagtail_m365.update")
    assert update.object_id == entry.object_id


@leaves("wagtail_m365.save", "wagtail_m365:save")
def test_saving(browser, document):
    browser.connect(*bundles.SAVE)
    given = {"folder": "Press", "name": "rules.docx", "conflict": "rename"}
    browser.post(on("save", document.pk), given)

    assert of(document) == ["wagtail_m365.save"]


@pytest.fixture
def manager(client, microsoft, django_user_model):
    """May manage connections; their browser is `client`."""
    user = django_user_model.objects.create_user("manager")
    client.force_login(may(user, *_MANAGER))
    return user


_MANAGER = ("wagtailadmin.access_admin", "wagtail_m365.manage_connections")


@leaves("wagtail_m365.connect", "wagtail_m365:service_add_by_sign_in")
@leaves("wagtail_m365.reconnect", "wagtail_m365:service_renew")
@leaves("wagtail_m365.reconnect", "wagtail_m365:other_account")
def test_the_sites_own_account(client, manager, microsoft):
    first, second = (
        microsoft.add_account(f"{name}@contoso.example") for name in ("news", "press")
    )

    def sign_in(leaving, account):
        client.get(microsoft.sign_in(leaving.url, account))
        return of(Connection.objects.get())

    form = {"name": "news", "bundles": ["mail_send"], "way": "sign-in"}
    made = sign_in(client.post(on("service_add_by_sign_in"), form), first)
    renewed = sign_in(client.post(on("service_renew", "news"), form), first)
    refused = sign_in(client.post(on("service_renew", "news"), form), second)
    changed = sign_in(client.post(on("other_account")), second)

    once = "wagtail_m365.reconnect"
    assert made == ["wagtail_m365.connect"]
    assert renewed == refused == [*made, once]
    assert changed == [*made, once, once]


@leaves("wagtail_m365.connect", "wagtail_m365:service_add_by_token")
def test_a_pasted_token(client, manager, microsoft, connect_account, writer):
    account = microsoft.add_account("news@contoso.example")
    token = connect_account(writer, account, *bundles.PROFILE).open_refresh_token()
    client.post(
        on("service_add_by_token"), {"name": "script", "refresh_token": token.reveal()}
    )

    assert of(Connection.objects.service("script").get()) == ["wagtail_m365.connect"]
    assert token.reveal() not in str(list(ModelLogEntry.objects.values("data")))


@leaves("wagtail_m365.connect", "wagtail_m365:service_add_app_only")
def test_the_application_itself(client, manager):
    client.post(on("service_add_app_only"), {"name": "sync"})

    assert of(Connection.objects.get()) == ["wagtail_m365.connect"]


@pytest.fixture
def drive(microsoft, settings, connect_account, writer):
    """Is followed; but the address that Microsoft is to call does not answer."""
    nowhere = {"WEBHOOKS": True, "WEBHOOK_URL": "http://127.0.0.1:9/nowhere/"}
    settings.WAGTAIL_M365 = microsoft.settings(**nowhere)
    account = microsoft.add_account("news@contoso.example")
    connection = connect_account(writer, account, *bundles.SHARED)
    drive_id = microsoft.drive(account).drive.id
    return FollowedDrive.objects.create(connection=connection, drive_id=drive_id)


@leaves("wagtail_m365.fail_subscription", "wagtail_m365:renew_subscription")
def test_the_site_history_says_that_microsoft_did_not_come(client, manager, drive):
    for _ in range(2):
        client.post(on("renew_subscription", drive.pk))

    # A task says it once; who asks by hand is answered each time.
    assert of(drive.connection)[-2:] == ["wagtail_m365.fail_subscription"] * 2
    report = client.get(reverse("wagtailadmin_reports:site_history")).text
    assert f"changes in a drive of {drive.connection}" in report
    assert drive.drive_id not in report
    assert "writer" not in report.partition("asked in vain")[2].partition("</tr>")[0]


def of(row):
    found = ModelLogEntry.objects.filter(object_id=str(row.pk))
    return list(found.order_by("timestamp", "pk").values_list("action", flat=True))


@leaves("wagtail.create", "wagtail_m365:set_up_step")
def test_the_guide_tells_who_set_up_what(admin_client, settings):
    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["only tests"]}
    answers = {"who": "single", "cloud": "global", "features": ["edit"]}
    ids = {"client_id": str(uuid.uuid4()), "tenant": str(uuid.uuid4())}

    admin_client.post(step_address("accounts"), answers)
    admin_client.post(step_address("register"), ids)
    admin_client.post(step_address("register"), ids)
    admin_client.post(step_address("credential"), {"make_certificate": "1"})

    assert of(M365Settings.current()) == ["wagtail.edit"] * 3
    made = AppRegistration.objects.get()
    assert of(made) == ["wagtail.create", "wagtail.edit", "wagtail.edit"]
    assert "CERTIFICATE" not in str(list(ModelLogEntry.objects.values("data")))


@leaves("wagtail.create", "wagtail_m365:own_registration")
@leaves("wagtail.delete", "wagtail_m365:remove_own_registration")
def test_an_editors_own_registration_is_told(browser, writer, settings):
    M365Settings.objects.update_or_create(defaults={"own_registrations_allowed": True})
    entered = {
        "client_id": str(uuid.uuid4()),
        "tenant": "common",
        "credential_kind": "secret",
        "client_secret_input": "8Q~a-value",
    }
    browser.client.post(reverse("wagtail_m365:own_registration"), entered)
    row = AppRegistration.objects.get(owner_id=writer.pk)
    browser.client.post(reverse("wagtail_m365:own_registration"), entered)

    browser.client.post(reverse("wagtail_m365:remove_own_registration"))

    assert of(row) == ["wagtail.create", "wagtail.edit", "wagtail.delete"]
    assert "a-value" not in str(list(ModelLogEntry.objects.values("data")))


@leaves("wagtail_m365.retry_transfer", "wagtail_m365:retry_transfers")
def test_who_may_see_the_document_reads_who_cancelled(
    client, writer, make_writer, document, account_of
):
    transfer = Transfer.objects.create(
        kind=Transfer.Kind.SAVE,
        batch_id=uuid.uuid4(),
        owner=writer,
        connection=account_of(writer),
        document=document,
        title="Rules",
        size=4,
    )
    client.force_login(writer)
    for page in ("cancel_transfers", "retry_transfers"):
        client.post(reverse(f"wagtail_m365:{page}", args=[transfer.batch_id]))
    client.force_login(make_writer("colleague"))

    history = client.get(reverse("wagtail_m365:document_history", args=[document.pk]))

    shown = history.content.decode()
    assert "Cancelled sending a copy to Microsoft 365: Rules" in shown
    assert "Began anew to send a copy to Microsoft 365: Rules" in shown
