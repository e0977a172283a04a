"""Whatever breaks below our pages, no report, log, task or command tells a secret."""

from __future__ import annotations

import inspect
import io
import json
import logging
import sys
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from datetime import timedelta
from io import StringIO
from itertools import chain
from traceback import TracebackException
from urllib.parse import unquote

import django
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.signals import got_request_exception
from django.db import DatabaseError, connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from django.views.debug import ExceptionReporter
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks.base import Task
from wagtail.documents import get_document_model

from tests.documents.transfers import LARGE, plan
from wagtail_m365 import health, tasks
from wagtail_m365.documents.folders import Location
from wagtail_m365.health import bundle
from wagtail_m365.models import (
    CachedAccessToken,
    Connection,
    EditSession,
    Failure,
    FollowedDrive,
    Subscription,
    WatchedFolder,
)
from wagtail_m365.models.subscriptions import hash_of
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens import bundles

pytestmark = pytest.mark.django_db

CLIENT_STATE = "planted-client-state-of-a-subscription"
VALIDATION = "planted-validation-token"
ENCRYPTION_KEY = "planted-encryption-key"
LINK = "https://contoso.sharepoint.com/:f:/s/planted/link-that-gives-access"
ENCODED_LINK = urlsafe_b64encode(LINK.encode()).decode().rstrip("=")
#: In every address of Microsoft's storage that opens a file without a token.
PRE_AUTHENTICATED = ("/storage/upload/", "/storage/download/")


@pytest.fixture
def site(browser, settings, caplog):
    """Somebody connected, whose requests may end with a server error."""
    settings.WAGTAIL_M365 = {
        **settings.WAGTAIL_M365,
        "ENCRYPTION_KEYS": [ENCRYPTION_KEY],
        "WEBHOOKS": True,
    }
    # Django 6 wants addresses, Django 5 wants pairs.
    address = "admin@example.com"
    settings.ADMINS = [address if django.VERSION >= (6, 0) else ("Admin", address)]
    for name in ("msal", "urllib3", "requests", "wagtail_m365", "django_tasks"):
        caplog.set_level(logging.DEBUG, name)
    browser.connect(*bundles.EDIT, *bundles.SAVE, *bundles.SHARED)
    browser.client.raise_request_exception = False
    caplog.clear()
    return browser


@pytest.fixture
def planted(site):
    """All that must stay where it is, as far as it exists by now."""

    def planted():
        world = site.microsoft.world
        return {
            *(ENCRYPTION_KEY, CLIENT_STATE, VALIDATION, site.microsoft.secret),
            *(LINK, ENCODED_LINK),
            *chain(world.refresh_tokens, world.access_tokens, world.codes),
            *PRE_AUTHENTICATED,
        }

    return planted


@pytest.fixture
def reports():
    """The debug page, and what is mailed to the site's admins as HTML and as text."""
    made = []

    def report(sender, request, **kwargs):
        for debug in (False, True):
            with override_settings(DEBUG=debug):
                reporter = ExceptionReporter(request, *sys.exc_info())
                made.append(reporter.get_traceback_html())
                made.append(reporter.get_traceback_text())

    got_request_exception.connect(report)
    yield made
    got_request_exception.disconnect(report)


@pytest.fixture
def told(reports, caplog, mailoutbox):
    """All that was reported, logged and mailed."""

    def told():
        letters = [each.subject + each.body for each in mailoutbox]
        logged = [f"{vars(each)} {each.getMessage()}" for each in caplog.records]
        logged += [
            _with_variables(each.exc_info[1])
            for each in caplog.records
            if each.exc_info
        ]
        return unquote("\n".join([*reports, *letters, *logged, caplog.text]))

    return told


def _with_variables(error):
    """What services that collect errors take of a logged one: all variables."""
    taken = TracebackException.from_exception(error, capture_locals=True)
    return "".join(taken.format())


@pytest.fixture(autouse=True)
def webhook(site):
    drive = FollowedDrive.objects.create(
        connection=Connection.objects.get(), drive_id="b!1"
    )
    return Subscription.objects.create(
        drive=drive,
        subscription_id="s1",
        client_state_sha256=hash_of(Secret(CLIENT_STATE)),
        state="active",
        expires_at=timezone.now() + timedelta(days=9),
    )


@pytest.fixture
def full_disk():
    """Let the database refuse to write one table."""
    with ExitStack() as broken:

        def full_disk(model, *verbs):
            table = connection.ops.quote_name(model._meta.db_table)
            start = tuple(f"{verb} {table}" for verb in verbs or ("UPDATE",))

            def refuse(execute, sql, params, many, context):
                if sql.startswith(start):
                    raise DatabaseError("No space left on device")
                return execute(sql, params, many, context)

            broken.enter_context(connection.execute_wrapper(refuse))

        yield full_disk


@pytest.fixture
def broken_files(monkeypatch):
    """Files can be opened, and neither be read to their end nor be written."""

    def fail(*args, **kwargs):
        raise OSError("No space left on device")

    def read(size=-1):
        return b"P" if size == 1 else fail()

    def broken_files():
        whole = FileSystemStorage._open

        def _open(self, name, mode="rb"):
            file = whole(self, name, mode)
            file.file.close()
            file.file = io.BytesIO()
            file.file.read = read
            return file

        monkeypatch.setattr(FileSystemStorage, "_open", _open)
        monkeypatch.setattr(FileSystemStorage, "_save", fail)

    return broken_files


@pytest.fixture
def leaks(told, planted):
    """What of all that is planted stands in some text or was told."""

    def leaks(*texts):
        shown = unquote("\n".join([*texts, told()]))
        return [each for each in planted() if each in shown]

    return leaks


def _age(microsoft):
    """No token is ready: the next page has to fetch one."""
    CachedAccessToken.objects.update(expires_on=1)
    microsoft.clear_requests()


def _call(site):
    body = {"value": [{"subscriptionId": "s1", "clientState": CLIENT_STATE}]}
    address = reverse("wagtail_m365_public:notifications")
    return site.client.post(address, json.dumps(body), content_type="application/json")


def _breaks_while_it_keeps_a_token(site, document, full_disk, broken_files):
    _age(site.microsoft)
    full_disk(Connection)
    return site.get(reverse("m365_folders:choose"), {"at": Location().sign()})


def _breaks_while_it_opens_a_link_in_the_window(
    site, document, full_disk, broken_files
):
    _age(site.microsoft)
    full_disk(Connection)
    return site.post(reverse("m365_folders:open_link"), {"m365-link": LINK})


def _breaks_while_it_opens_a_link_on_the_page(site, document, full_disk, broken_files):
    _age(site.microsoft)
    full_disk(Connection)
    return site.post(reverse("wagtail_m365:import_link"), {"m365-link": LINK})


def _breaks_after_microsoft_sent_somebody_back(site, document, full_disk, broken_files):
    leaving = site.get(reverse("wagtail_m365:connect"))
    back = site.microsoft.sign_in(leaving.url, site.account)
    full_disk(Connection)
    return site.get(back)


def _breaks_in_a_call_of_microsofts(site, document, full_disk, broken_files):
    full_disk(FollowedDrive)
    return _call(site)


def _breaks_before_a_call_of_microsofts_is_believed(
    site, document, full_disk, broken_files
):
    full_disk(Subscription, "UPDATE", "SELECT")
    return _call(site)


def _breaks_while_it_notes_what_was_opened(site, document, full_disk, broken_files):
    full_disk(EditSession)
    return site.post(reverse("wagtail_m365:open", args=[document.pk]))


def _breaks_while_it_reads_what_it_sends(site, document, full_disk, broken_files):
    broken_files()
    return site.post(reverse("wagtail_m365:open", args=[document.pk]))


def _breaks_while_it_writes_what_it_brings_back(
    site, document, full_disk, broken_files
):
    site.post(reverse("wagtail_m365:open", args=[document.pk]))
    (copy,) = (path for path in site.drive.paths() if path.endswith(".docx"))
    site.drive.edit(copy, b"as a colleague left it")
    broken_files()
    return site.post(reverse("wagtail_m365:bring_back", args=[document.pk]))


BREAKING = [value for name, value in globals().items() if name.startswith("_breaks")]


@pytest.fixture(params=BREAKING, ids=lambda each: each.__name__[8:])
def broken(request, site, document, full_disk, broken_files):
    """A page that ended with an error that nobody foresaw."""
    return request.param(site, document, full_disk, broken_files)


def test_a_page_that_breaks_reports_no_secret(broken, told, leaks):
    assert broken.status_code == 500
    assert "No space left" in told()
    assert leaks(broken.content.decode()) == []


@pytest.mark.parametrize("fault", ["", "cut_connection", "server_error", "not_json"])
@pytest.mark.parametrize("page", ["m365_folders:open_link", "wagtail_m365:import_link"])
def test_a_link_that_gives_access_is_told_to_nobody(site, told, leaks, page, fault):
    if fault:
        site.microsoft.fail(fault, times=9, service="graph")
    answer = site.post(reverse(page), {"m365-link": LINK}, follow=True)

    kept = [*Failure.objects.values(), *site.client.session.items()]
    assert answer.status_code == 200
    assert any("/shares/" in one.path for one in site.microsoft.requests)
    assert leaks(answer.content.decode(), str(kept)) == []


def test_what_microsoft_asks_of_us_leaves_no_trace(site, told, leaks):
    address = reverse("wagtail_m365_public:notifications")
    site.client.post(f"{address}?validationToken={VALIDATION}")
    _call(site)
    forged = {"value": [{"subscriptionId": "s1", "clientState": CLIENT_STATE + "x"}]}
    site.client.post(address, json.dumps(forged), content_type="application/json")
    site.client.post(address, CLIENT_STATE, content_type="application/json")

    kept = [*Subscription.objects.values(), *FollowedDrive.objects.values()]
    assert "left unheard" in told()
    assert leaks(str(kept)) == []


#: Parameters of tasks: keys of rows, and words that everybody may read.
PARAMETERS = {"drive_id", "subscription_id", "event", "connection_id", "folder_id"}
PARAMETERS |= {"idle_days", "transfer_id"}
TASKS = {name: each for name, each in vars(tasks).items() if isinstance(each, Task)}


def _arguments(site):
    """For each task the row that it is about."""
    document = get_document_model()(title="Large")
    document.file.save("large.docx", ContentFile(LARGE))
    site.post(reverse("wagtail_m365:open", args=[document.pk]))
    account = Connection.objects.get()
    (transfer,) = plan([document], site.user, account)
    folder = WatchedFolder.objects.create(
        connection=account,
        drive_id=site.drive.drive.id,
        item_id=site.drive.folder("Watched").id,
        collection=document.collection,
    )
    webhook = Subscription.objects.get(subscription_id="s1")
    return {
        "drive_id": str(webhook.drive_id),
        "subscription_id": str(webhook.pk),
        "event": "reauthorizationRequired",
        "connection_id": str(account.pk),
        "folder_id": str(folder.pk),
        "idle_days": 0,
        "transfer_id": str(transfer.pk),
    }


def _parameters(task):
    return list(inspect.signature(task.func).parameters)


def test_a_task_takes_keys_only():
    assert len(TASKS) > 10
    for task in TASKS.values():
        assert set(_parameters(task)) <= PARAMETERS


@pytest.fixture(params=["", "revoked_grant"])
def arguments(request, site):
    """Rows for tasks and commands, on a good day and on a bad one; no token is ready."""
    arguments = _arguments(site)
    _age(site.microsoft)
    if request.param:
        site.microsoft.fail(request.param, times=50)
    return arguments


@pytest.fixture
def enqueued(monkeypatch):
    """What the task backend was given and what came of it."""
    results = []
    backend = type(task_backends[DEFAULT_TASK_BACKEND_ALIAS])
    enqueue = backend.enqueue

    def noted(self, *args, **kwargs):
        results.append(enqueue(self, *args, **kwargs))
        return results[-1]

    monkeypatch.setattr(backend, "enqueue", noted)
    return results


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_given_and_gives_no_secret(name, arguments, enqueued, leaks):
    task = TASKS[name]
    task.enqueue(*[arguments[each] for each in _parameters(task)])

    shown = [(each, each.args, each.kwargs, each.errors) for each in enqueued]
    assert shown
    assert leaks(str(shown)) == []


@pytest.mark.parametrize(
    "words",
    [
        ["m365_health"],
        ["m365_health", "--json", "--user", "writer"],
        ["m365_health", "--bundle", "-"],
        ["m365_keep_alive", "--idle-days", "0"],
        ["m365_renew_subscriptions"],
        ["m365_rotate_keys"],
        ["m365_sweep"],
        ["m365_warn_of_expiry"],
        ["m365_watch"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("arguments")
def test_a_command_tells_no_secret(words, leaks):
    out, raised = StringIO(), ""
    try:
        call_command(*words, stdout=out, stderr=out, verbosity=3)
    except (CommandError, SystemExit) as error:
        raised = f"{error!r} {vars(error)}"

    assert out.getvalue() or raised
    assert leaks(out.getvalue(), raised) == []


def test_the_support_bundle_holds_no_secret(site, leaks, settings):
    site.get(reverse("wagtail_m365:callback"), {"state": "s", "code": "forged-code"})
    report = health.examine(health.assumed_visit(), Connection.objects.get())
    settings.WAGTAIL_M365 = {
        **settings.WAGTAIL_M365,
        "PROXIES": {"https": "http://ada:planted-password@proxy.example:3128"},
    }

    written = bundle.written(report, with_names=True)

    assert "findings" in written
    assert leaks(written) == []
    assert "planted-password" not in written
    assert "forged-code" not in written
