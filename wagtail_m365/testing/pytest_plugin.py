"""Fixtures for tests against the fake Microsoft.

Switch them on in the top ``conftest.py`` of your tests::

    pytest_plugins = ["wagtail_m365.testing.pytest_plugin"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from .fake.directory import Account, RedirectUri
from .server import FakeMicrosoft

#: Hosts under which a site under test is known: a browser's, and Django's test client's.
_HOSTS = ("http://localhost", "http://testserver")


def pytest_configure(config: pytest.Config) -> None:
    # The product answers this advice of MSAL: a posted form would lose the session's
    # cookie. pytest undoes the product's own filter before each test.
    config.addinivalue_line("filterwarnings", "ignore:response_mode:UserWarning:msal")


@pytest.fixture(scope="session")
def microsoft_server() -> Iterator[FakeMicrosoft]:
    """One running server for all tests; use ``microsoft``, which is new for each."""
    with FakeMicrosoft() as server:
        yield server


@pytest.fixture
def microsoft(
    microsoft_server: FakeMicrosoft, settings: Any
) -> Iterator[FakeMicrosoft]:
    """A Microsoft of its own for each test, to which the site is pointed.

    It has a fresh tenant and an app registration that knows the site's callback, and
    nobody in it. The fixture fails the test when the fake itself failed.
    """
    microsoft_server.reset()
    for host in _HOSTS:
        # Not through `add_redirect_uri`: Entra would not take http://testserver.
        redirect = RedirectUri(url=f"{host}{_callback_path()}")
        microsoft_server.app.redirect_uris.append(redirect)
    settings.WAGTAIL_M365 = microsoft_server.settings()
    yield microsoft_server
    assert microsoft_server.world.crashes == []  # noqa: S101  # it is a test


def _callback_path() -> str:
    from django.urls import reverse

    return reverse("wagtail_m365:callback")


@pytest.fixture
def editor(db: None, django_user_model: Any) -> Any:
    """A Django user who may enter the admin, edit all documents and use Microsoft 365."""
    from django.contrib.auth.models import Group, Permission
    from wagtail.models import Collection, GroupCollectionPermission

    group = Group.objects.create(name="Editors with Microsoft 365")
    group.permissions.set(
        Permission.objects.filter(codename__in=["access_admin", "use_microsoft365"])
    )
    root = Collection.get_first_root_node() or Collection.add_root(name="Root")
    for permission in Permission.objects.filter(
        content_type__app_label="wagtaildocs",
        codename__in=["add_document", "change_document", "choose_document"],
    ):
        GroupCollectionPermission.objects.create(
            group=group, collection=root, permission=permission
        )
    user = django_user_model.objects.create_user(
        username="editor", email="editor@example.com", password="password"
    )
    user.groups.add(group)
    return user


@pytest.fixture
def editor_account(microsoft: FakeMicrosoft) -> Account:
    """The editor's Microsoft account."""
    return microsoft.add_account(f"editor@{microsoft.tenant.domain}", "Edith Editor")


@pytest.fixture
def connect_account(microsoft: FakeMicrosoft, db: None) -> Callable[..., Any]:
    """Connect a user by a real sign-in: ``connect_account(user, account, "Mail.Send")``.

    It can be called again to grant more, and gives the ``Connection``.
    """
    from wagtail_m365.tokens import sign_in

    def connect(user: Any, account: Account, *scopes: str) -> Any:
        session: dict[str, Any] = {}
        address = sign_in.start(
            user,
            scopes=scopes,
            redirect_uri=f"{_HOSTS[0]}{_callback_path()}",
            session=session,
        )
        back = microsoft.sign_in(address, account)
        query = dict(parse_qsl(urlsplit(back).query))
        return sign_in.finish(user, query=query, session=session).connection

    return connect


@pytest.fixture
def connected_editor(
    microsoft: FakeMicrosoft,
    editor: Any,
    editor_account: Account,
    connect_account: Callable[..., Any],
) -> Any:
    """The editor, connected to ``editor_account`` with the rights that we use."""
    from wagtail_m365.tokens import bundles

    scopes = (*bundles.PROFILE, *bundles.EDIT, *bundles.SAVE)
    connect_account(editor, editor_account, *scopes)
    microsoft.clear_requests()
    return editor
