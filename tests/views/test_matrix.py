"""Every page of ours × every role × GET and POST: who gets in.

The table is ``matrix.txt``. A page without a row fails; so does a row without a page. To
add one, write its name with eleven question marks for GET and as many for POST: the test says
what it saw, and you say whether that is right.
"""

from __future__ import annotations

import io
import re
import uuid
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection as database
from django.test import Client
from django.urls import get_resolver, reverse
from wagtail import hooks
from wagtail.models import Collection

from tests.testapp.models import Policy
from wagtail_m365.documents.folders import Folder
from wagtail_m365.documents.importing import import_file
from wagtail_m365.documents.keeping import Occasion
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.proposing import propose
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.hooks import Purpose
from wagtail_m365.models import (
    AppRegistration,
    Connection,
    DocumentVersion,
    FollowedDrive,
    RefusedPurpose,
    Transfer,
    WatchedFolder,
)
from wagtail_m365.tokens import bundles

from .conftest import may

pytestmark = pytest.mark.django_db

#: In the order of the columns.
ROLES = (
    "anonymous",
    "outsider",  # may enter the admin, nothing else
    "editor",  # use_microsoft365, documents of every collection
    "collection_editor",  # use_microsoft365, documents of another collection only
    "moderator",  # documents of every collection, without use_microsoft365
    "session_manager",  # an editor with manage_edit_sessions
    "publisher",  # an editor with publish_brought_back, on a site with MODERATION
    "watcher",  # an editor with manage_watched_folders
    "connection_manager",  # manage_connections
    "site_admin",  # settings and app registrations
    "superuser",
)
SEEN = {
    "+": "let in",
    "-": "refused, or led home",
    "L": "asked to log in",
    "0": "not found",
    "x": "no such method",
}
TABLE = Path(__file__).with_name("matrix.txt")
_ROW = re.compile(r"(?P<name>[\w:]+) +(?P<get>[-+L0x?]{11}) +(?P<post>[-+L0x?]{11})")


def rows():
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [_ROW.fullmatch(line) for line in lines if line and line[0] != "#"]


def patterns(resolver, namespace=""):
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from patterns(each, inner)
        elif each.name:
            yield f"{namespace}{each.name}", each


def pages():
    """Name → entry in the addresses of every page that this extension adds."""
    found = dict(patterns(get_resolver()))
    return {name: found[name] for name in found if re.match(r"(wagtail_)?m365", name)}


def ours():
    """Name → pattern of every page that this extension adds."""
    return {name: page.pattern for name, page in pages().items()}


def test_every_page_has_a_row_and_every_row_a_page():
    assert sorted(row["name"] for row in rows()) == sorted(ours())


MAIL = Purpose(name="kit.mail", title="Mail", reason="Sends.", scopes=("Mail.Send",))


@pytest.fixture
def press(db):
    return Collection.get_first_root_node().add_child(name="Press")


@pytest.fixture
def people(make_writer, django_user_model, press):
    """Somebody of every role but the anonymous."""
    board = Collection.get_first_root_node().add_child(name="Board")
    use, ours = "wagtail_m365.use_microsoft365", "wagtail_m365"
    people = {
        "editor": make_writer("editor"),
        "collection_editor": make_writer("collection_editor", board),
        "moderator": make_writer("moderator", None, "wagtailadmin.access_admin"),
        "superuser": django_user_model.objects.create_superuser("superuser"),
    }
    for name, right in {
        "session_manager": "manage_edit_sessions",
        "publisher": "publish_brought_back",
        "watcher": "manage_watched_folders",
    }.items():
        people[name] = make_writer(name, None, use, f"{ours}.{right}")
    for name, rights in {
        "outsider": (),
        "connection_manager": ("manage_connections",),
        "site_admin": (
            "change_m365settings",
            "add_appregistration",
            "change_appregistration",
            "delete_appregistration",
        ),
    }.items():
        user = django_user_model.objects.create_user(name)
        named = (f"{ours}.{right}" for right in rights)
        people[name] = may(user, "wagtailadmin.access_admin", *named)
    return people


@pytest.fixture
def accounts(people, microsoft, connect_account):
    """The connected accounts of the editor, who has all that pages are about, and others."""
    scopes = (*bundles.PROFILE, *bundles.EDIT, *bundles.SAVE)
    accounts = {}
    for name in ("editor", "session_manager", "watcher"):
        account = microsoft.add_account(f"{name}@{microsoft.tenant.domain}", name)
        connection = connect_account(people[name], account, *scopes)
        accounts[name] = connection, microsoft.drive(account)
    return accounts


@pytest.fixture
def about_documents(make_document, people, press, accounts, settings):
    """A document that is open, has a version and a file that waits for approval."""
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "MODERATION": True}
    document = make_document(collection=press)
    session = open_document(document, people["editor"]).session
    version = DocumentVersion.objects.create(
        document=document,
        file=ContentFile(b"before", name="before.docx"),
        filename="before.docx",
        stage=DocumentVersion.Stage.KEPT,
    )
    proposal = propose(
        document,
        io.BytesIO(b"better rules"),
        Occasion(user=people["editor"]),
        base_file_hash=document.get_file_hash(),
    )
    return {
        "document_id": document.pk,
        "session_id": session.pk,
        "version_id": version.pk,
        "proposal_id": proposal.pk,
        "snippet_id": Policy.objects.create(name="Visits", document=document).pk,
    }


@pytest.fixture
def about_places(people, accounts, press):
    """An imported document, a transfer of the editor's, a folder of the watcher's."""
    connection, drive = accounts["editor"]
    item = drive.put("plan.pdf", b"plan")
    file = RemoteFile(drive_id=drive.drive.id, item_id=item.id, name="plan.pdf")
    imported = import_file(file, connection, people["editor"], collection=press)
    transfer = Transfer.objects.create(
        kind=Transfer.Kind.SAVE,
        batch_id=uuid.uuid4(),
        owner=people["editor"],
        connection=connection,
        document=imported.document,
        title="Plan",
        size=4,
    )
    followed = FollowedDrive.objects.create(
        connection=connection, drive_id=drive.drive.id
    )
    connection, drive = accounts["watcher"]
    drive.put("Kits/logo.pdf", b"logo")
    folder = WatchedFolder.objects.create(
        owner=people["watcher"],
        connection=connection,
        collection=press,
        place="mine",
        drive_id=drive.drive.id,
        item_id=drive.item("Kits").id,
        name="Kits",
        path="Kits",
    )
    return {
        "imported_id": imported.document.pk,
        "batch_id": transfer.batch_id,
        "folder_id": folder.pk,
        "drive_id": followed.pk,
    }


@pytest.fixture
def site(about_documents, about_places, accounts):
    """One of everything that a page may be about, by the name in its address."""
    Connection.objects.create(
        service_name="site", client_id="client", tenant_id="tenant", object_id="site"
    )
    registration = AppRegistration.objects.create(name="Spare", client_id="spare")
    RefusedPurpose.objects.create(name=MAIL.name)
    with hooks.register_temporarily("register_m365_purposes", lambda: [MAIL]):
        yield {
            **about_documents,
            **about_places,
            "connection_id": accounts["editor"][0].pk,
            "registration_id": registration.pk,
            "pk": registration.pk,
            "app_label": "testapp",
            "model_name": "policy",
            "step": "accounts",
        }


@pytest.fixture
def bodies(people, accounts, press):
    """Page → what its form sends when all is well."""
    connection, drive = accounts["watcher"]
    drive.put("News/news.pdf", b"news")
    news = Folder(
        drive_id=drive.drive.id, item_id=drive.item("News").id, path="News", name="News"
    )
    registration = {
        "name": "Other",
        "client_id": str(uuid.uuid4()),
        "tenant": "common",
        "cloud": "global",
        "credential_kind": "secret",
        "client_secret_input": "8Q~a-value",
    }
    folder = {
        "source": news.sign(),
        "connection": str(connection.pk),
        "collection": press.pk,
        "subfolders": "on",
        "when_gone": "keep",
    }
    return {
        "wagtail_m365:hand_over": {"to": people["session_manager"].pk},
        "wagtail_m365:proposal": {"choice": "approve"},
        "wagtail_m365:refuse_purpose": {"reason": "Not now"},
        "wagtail_m365:watched_folder_add": folder,
        "wagtail_m365:watched_folder_edit": folder,
        "m365_registrations:add": registration,
        "m365_registrations:edit": registration,
    }


def seen(response):
    if response.streaming:
        # Read to its end it closes itself; `close()` would end the database, too.
        b"".join(response.streaming_content)
    if response.status_code == 302:
        target = response["Location"]
        if target.startswith(reverse("wagtailadmin_login")):
            return "L"
        return "-" if target == reverse("wagtailadmin_home") else "+"
    return {403: "-", 404: "0", 405: "x"}.get(response.status_code, "+")


def address(name, pattern, values):
    values = {**values, "name": MAIL.name if "purpose" in name else "site"}
    if name == "wagtail_m365:update":
        values["document_id"] = values["imported_id"]
    # A KeyError here: a new page is about something that `site` does not have yet.
    return reverse(name, kwargs={key: values[key] for key in converters(pattern)})


def converters(pattern):
    return getattr(pattern, "converters", {})


@pytest.fixture
def knock(microsoft, site, bodies, tmp_path):
    """Asks for a page; what that changes, here and at Microsoft, is undone."""
    kept = tmp_path / "microsoft"
    microsoft.save(kept)

    def knock(client, method, url, body=None):
        point = database.savepoint()
        try:
            return seen(getattr(client, method)(url, body))
        finally:
            database.savepoint_rollback(point)
            undo()

    def undo():
        # Else a copy that one row deletes would be gone for all rows after it.
        if any(asked.method != "GET" for asked in microsoft.requests):
            microsoft.load(kept)

    knock.undo = undo
    return knock


def test_everybody_gets_in_where_they_should(people, site, bodies, knock):
    clients = [Client() for _ in ROLES]
    for client, role in zip(clients, ROLES, strict=True):
        if role in people:
            client.force_login(people[role])
    found = {}
    for name, pattern in ours().items():
        url, body = address(name, pattern, site), bodies.get(name)
        found[name] = (
            "".join(knock(client, "get", url) for client in clients),
            "".join(knock(client, "post", url, body) for client in clients),
        )

    # One test for all: the people are made once, and all differences are told at once.
    expected = {row["name"]: (row["get"], row["post"]) for row in rows()}
    assert (
        "\n".join(
            f"{name} {' '.join(seen)}"
            for name, seen in found.items()
            if seen != expected.get(name)
        )
        == ""
    )


def test_the_table_says_nothing_that_nobody_knows():
    assert all(rows())
    assert set("".join(row["get"] + row["post"] for row in rows())) <= set(SEEN)
