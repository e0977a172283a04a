from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents import get_document_model
from wagtail.models import Collection, GroupCollectionPermission

from tests.selecting import _only_what_is_read  # noqa: F401  # a fixture
from wagtail_m365.models import Connection, EditSession, M365Settings, Transfer
from wagtail_m365.tokens.connect_urls import connect_url


def permission(name):
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def may(user, *names):
    user.user_permissions.add(*map(permission, names))
    return user


@pytest.fixture
def outsider(django_user_model, db):
    """May enter the admin, and nothing of ours."""
    user = django_user_model.objects.create_user("outsider", password="outsider")
    return may(user, "wagtailadmin.access_admin")


@pytest.fixture
def settings_row(db):
    return M365Settings.load()


@pytest.fixture
def switched_on(settings, request):
    """Configured as a whole, without a Microsoft that answers where a test has none."""
    if "microsoft" in request.fixturenames:
        return  # whose settings hold, in whatever order the two are made
    settings.WAGTAIL_M365 = {
        **settings.WAGTAIL_M365,
        "ENABLED": True,
        "CLOUD": "global",
        "TENANT": "organizations",
        "CLIENT_ID": "client",
        "CLIENT_SECRET": "only for tests",
    }


@pytest.fixture
def make_document(db, settings, tmp_path):
    """A document with a file; in the root collection unless told otherwise."""
    settings.MEDIA_ROOT = tmp_path

    def make(title="Visitor rules", filename="rules.docx", content=b"rules", **fields):
        file = ContentFile(content, name=filename)
        return get_document_model().objects.create(title=title, file=file, **fields)

    return make


@pytest.fixture
def document(make_document):
    return make_document()


@pytest.fixture
def group_of(db):
    """A group of document editors, with rights on one collection only."""

    def group_of(name, collection, *names):
        group = Group.objects.create(name=name)
        allowed = ("wagtailadmin.access_admin", *names)
        group.permissions.add(*map(permission, allowed))
        for codename in ("add_document", "change_document"):
            GroupCollectionPermission.objects.create(
                group=group,
                collection=collection,
                permission=permission(f"wagtaildocs.{codename}"),
            )
        return group

    return group_of


@pytest.fixture
def make_writer(django_user_model, group_of):
    """Somebody who may change documents of a collection and use Microsoft 365."""

    def make(username, collection=None, *names):
        user = django_user_model.objects.create_user(username, password=username)
        names = names or ("wagtail_m365.use_microsoft365",)
        collection = collection or Collection.get_first_root_node()
        user.groups.add(group_of(username, collection, *names))
        return user

    return make


@pytest.fixture
def writer(make_writer):
    """May change every document."""
    return make_writer("writer")


@pytest.fixture
def account_of(db):
    """Gives a person a connected Microsoft account, without signing in."""

    def account_of(user):
        connection = Connection.objects.create(
            user=user,
            client_id="client",
            tenant_id="tenant",
            object_id=user.username,
            username=f"{user.username}@contoso.example",
            granted_scopes="Files.ReadWrite.AppFolder",
        )
        connection.make_default()
        return connection

    return account_of


@pytest.fixture
def open_session(account_of):
    """Notes a document as open, without sending it."""

    def open_session(document, user, **fields):
        connection = user.m365_connections.first() or account_of(user)
        known = {
            "state": EditSession.State.OPEN,
            "web_url": "https://contoso.example/edit",
            "connection": connection,
        }
        return EditSession.objects.create(
            document=document,
            open_for=document,
            document_title=document.title,
            owner=user,
            **known | fields,
        )

    return open_session


@pytest.fixture
def browser(client, microsoft, writer):
    """The writer's browser, and the writer at Microsoft."""
    client.force_login(writer)
    account = microsoft.add_account("writer@contoso.example", name="Wri Ter")
    return Browser(client, microsoft, writer, account)


@dataclass
class Browser:
    """Somebody who clicks: at the site, and at Microsoft when sent there."""

    client: Client
    microsoft: Any
    user: Any
    account: Any

    @property
    def drive(self):
        return self.microsoft.drive(self.account)

    def get(self, url, *args, **more):
        return self.client.get(url, *args, **more)

    def post(self, url, *args, **more):
        return self.client.post(url, *args, **more)

    def through_sign_in(self, connect_url, **how):
        """Follow a link to the sign-in, sign in; the address one comes back to."""
        leaving = self.client.get(connect_url)
        callback = self.microsoft.sign_in(leaving.url, self.account, **how)
        return self.client.get(callback).url

    def connect(self, *scopes):
        self.through_sign_in(connect_url(*scopes))
        self.microsoft.clear_requests()
        return self


@pytest.fixture
def connected(browser):
    """The writer's browser, with the account connected."""
    return browser.connect()


@pytest.fixture
def out_of_reach(microsoft):
    """A Microsoft that does not answer."""
    microsoft.stop()
    yield microsoft
    microsoft.start()


@pytest.fixture
def go_on(django_capture_on_commit_callbacks):
    """What the page does by itself where the site has no workers."""

    def go_on(browser, address):
        for _ in range(Transfer.objects.unfinished().count()):
            with django_capture_on_commit_callbacks(execute=True):
                browser.post(f"{address}go-on/")

    return go_on
