from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission

from tests.tokens.endpoint import Endpoint
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.models.configuration import registration
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens import servers, sign_in

REDIRECT_URI = "http://localhost/admin/m365/oauth/callback/"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def site(settings):
    settings.WAGTAIL_M365 = {
        "ENABLED": True,
        "CLOUD": "global",
        "TENANT": "organizations",
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": "the application's secret",
        "ENCRYPTION_KEYS": ["a key that only tests use"],
    }
    return settings


@pytest.fixture
def ada(microsoft):
    return microsoft.add_account("ada@contoso.example", "Ada Lovelace")


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def editors_group(db) -> Group:
    group = Group.objects.create(name="Microsoft 365")
    group.permissions.add(Permission.objects.get(codename="use_microsoft365"))
    return group


@pytest.fixture
def person(editors_group):
    user = get_user_model().objects.create_user("ada", "ada@example.com", "secret")
    user.groups.add(editors_group)
    return user


@pytest.fixture
def connect(db) -> Callable[..., Connection]:
    """Connect somebody: as a sign-in would have left the rows."""

    def connect(user: Any = None, *, refresh: str = "refresh-0", **more: Any):
        connection = Connection(
            user=user,
            default_for=more.pop("default_for", user),
            client_id=CLIENT_ID,
            authority_tenant="organizations",
            tenant_id=more.pop("tenant_id", "contoso"),
            object_id=more.pop("object_id", "ada"),
            home_account_id="ada.contoso",
            username="ada@contoso.example",
            granted_scopes=more.pop("granted_scopes", "Files.ReadWrite User.Read"),
            **more,
        )
        servers.remember_servers(connection, registration().cloud)
        connection.set_refresh_token(Secret(refresh))
        connection.save()
        return connection

    return connect


@pytest.fixture
def connection(connect, person) -> Connection:
    return connect(person)


@pytest.fixture
def have_token() -> Callable[..., CachedAccessToken]:
    """Put a ready access token into the database."""

    def have_token(
        connection: Connection,
        token: str = "access-0",
        *,
        left: float = 3600,
        audience: str = "graph",
        **more: Any,
    ) -> CachedAccessToken:
        context = access_token_context(connection.pk, audience)
        return CachedAccessToken.objects.create(
            connection=connection,
            audience=audience,
            scopes=more.pop("scopes", connection.granted_scopes),
            token_sealed=vault().seal(Secret(token), *context),
            expires_on=int(time.time() + left),
            version=connection.version,
            **more,
        )

    return have_token


@pytest.fixture
def connected(microsoft, ada, person) -> Connection:
    """Ada, connected by a real sign-in."""
    session: dict[str, Any] = {}
    address = sign_in.start(
        person,
        scopes=("User.Read", "Files.ReadWrite"),
        redirect_uri=REDIRECT_URI,
        session=session,
    )
    query = dict(parse_qsl(urlsplit(microsoft.sign_in(address, ada)).query))
    connection = sign_in.finish(person, query=query, session=session).connection
    microsoft.clear_requests()
    return connection


@pytest.fixture
def new_key(site):
    """A key that becomes the newest; the others stay, unless they are dropped."""

    def new_key(*, drop_old: bool = False):
        old = [] if drop_old else site.WAGTAIL_M365["ENCRYPTION_KEYS"]
        keys = ["the new key", *old]
        site.WAGTAIL_M365 = {**site.WAGTAIL_M365, "ENCRYPTION_KEYS": keys}

    return new_key
