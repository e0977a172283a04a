"""A process of the site that asks for a token again and again, in several ways."""

from __future__ import annotations

import base64
import copy
import gc
import json
import os
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import django

from . import site
from .processes import serve

#: Seconds that a token must still hold, as :func:`wagtail_m365.api.get_token` has it.
_MARGIN = 300
_AUTHORITY = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555"
_CLIENT_ID = "11111111-2222-3333-4444-666666666666"
_PROVIDER, _SOCIAL_PROVIDER = "microsoft", "azuread-oauth2"
_BATCH = 2_000

Way = Callable[[Any], str]
_ways: dict[str, Way] = {}


def prepare() -> dict[str, int]:
    """Give the person the same token in every way; check that each finds it."""
    from wagtail_m365 import api

    user = site.person()
    token = api.get_token(copy.copy(user), "User.Read")
    _ways["wagtail_m365"] = _ours()
    _ways["bare limit"] = _bare_limit(user, token)
    _ways["MSAL cache, sealed"] = _msal_blob(user, token)
    if "django-allauth" in _peers():
        _ways["django-allauth"] = _allauth(user, token)
    if "social-auth-app-django" in _peers():
        _ways["social-app-django"] = _social(user, token)
    for name, way in _ways.items():
        assert way(copy.copy(user)) == token.token, name
    return {"characters": len(token.token)}


def _ours() -> Way:
    from wagtail_m365 import api

    return lambda user: api.get_token(user, "User.Read").token


def _bare_limit(user: Any, token: Any) -> Way:
    """One indexed query of one row, one decryption, one comparison; no more."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from .rows.models import BareToken

    cipher, nonce = AESGCM(secrets.token_bytes(32)), secrets.token_bytes(12)
    BareToken.objects.create(
        owner=user.pk,
        sealed=nonce + cipher.encrypt(nonce, token.token.encode(), b"place"),
        expires_on=token.expires_on,
    )

    def look_up(user: Any) -> str:
        rows = BareToken.objects.values_list("sealed", "expires_on")
        sealed, expires_on = rows.get(owner=user.pk)
        if expires_on - time.time() <= _MARGIN:
            raise ValueError
        return cipher.decrypt(sealed[:12], sealed[12:], b"place").decode()

    return look_up


def _allauth(user: Any, token: Any) -> Way:
    """As its documentation shows it; in plain text."""
    from allauth.socialaccount.models import SocialAccount, SocialToken
    from django.utils import timezone

    account = SocialAccount.objects.create(user=user, provider=_PROVIDER, uid="ada")
    SocialToken.objects.create(
        account=account,
        token=token.token,
        token_secret=_refresh_token(),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    margin = timedelta(seconds=_MARGIN)

    def look_up(user: Any) -> str:
        found = SocialToken.objects.get(account__user=user, account__provider=_PROVIDER)
        if found.expires_at - timezone.now() <= margin:
            raise ValueError
        return found.token

    return look_up


def _social(user: Any, token: Any) -> Way:
    """As its documentation shows it; in plain text."""
    from social_django.models import UserSocialAuth
    from social_django.utils import load_strategy

    UserSocialAuth.objects.create(
        user=user,
        provider=_SOCIAL_PROVIDER,
        uid="ada",
        extra_data={
            "access_token": token.token,
            "refresh_token": _refresh_token(),
            "expires_on": int(token.expires_on),
            "token_type": "Bearer",
            "auth_time": int(time.time()),
        },
    )

    def look_up(user: Any) -> str:
        social = user.social_auth.get(provider=_SOCIAL_PROVIDER)
        return social.get_access_token(load_strategy())

    return look_up


def _msal_blob(user: Any, token: Any) -> Way:
    """The whole cache: read, opened, parsed, an application built, and asked."""
    import msal

    from wagtail_m365.models.vault import vault
    from wagtail_m365.redaction import Secret

    from .rows.models import CacheBlob

    sealed = vault().seal(Secret(_msal_cache(token)), "CacheBlob")
    CacheBlob.objects.create(owner=user.pk, blob=sealed)
    network = _DiscoveryInMemory()

    def look_up(user: Any) -> str:
        blob = CacheBlob.objects.values_list("blob", flat=True).get(owner=user.pk)
        cache = msal.SerializableTokenCache()
        cache.deserialize(vault().open(blob, "CacheBlob").reveal())
        app = msal.ConfidentialClientApplication(
            _CLIENT_ID,
            client_credential="secret",
            authority=_AUTHORITY,
            instance_discovery=False,
            http_client=network,
            token_cache=cache,
        )
        found = app.acquire_token_silent(["User.Read"], account=app.get_accounts()[0])
        return found["access_token"]

    return look_up


def _msal_cache(token: Any) -> str:
    import msal

    cache = msal.SerializableTokenCache()
    claims = {
        "oid": "ada",
        "tid": "contoso",
        "sub": "ada",
        "preferred_username": "ada@contoso.example",
        "aud": _CLIENT_ID,
        "exp": int(token.expires_on),
    }
    cache.add(
        {
            "client_id": _CLIENT_ID,
            "scope": ["User.Read"],
            "token_endpoint": f"{_AUTHORITY}/oauth2/v2.0/token",
            "response": {
                "access_token": token.token,
                "refresh_token": _refresh_token(),
                "id_token": ".".join(map(_base64url, ({"alg": "none"}, claims, {}))),
                "client_info": _base64url({"uid": "ada", "utid": "contoso"}),
                "expires_in": int(token.expires_on - time.time()),
                "scope": "User.Read",
                "token_type": "Bearer",
            },
        }
    )
    return str(cache.serialize())


class _DiscoveryInMemory:
    """Answers MSAL's discovery at once: the network is no part of the comparison."""

    status_code = 200
    headers: dict[str, str] = {}
    text = json.dumps(
        {
            "issuer": f"{_AUTHORITY}/v2.0",
            "authorization_endpoint": f"{_AUTHORITY}/oauth2/v2.0/authorize",
            "token_endpoint": f"{_AUTHORITY}/oauth2/v2.0/token",
        }
    )

    def get(self, *args: Any, **kwargs: Any) -> _DiscoveryInMemory:
        return self

    def raise_for_status(self) -> None:
        """It is 200."""

    def close(self) -> None:
        """Nothing is open."""


def _base64url(value: dict[str, Any]) -> str:
    text = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    return text.rstrip("=")


def _refresh_token() -> str:
    from wagtail_m365.models import Connection

    return Connection.objects.get(user=site.person()).open_refresh_token().reveal()


def measure(rounds: int, calls: int) -> list[dict[str, float]]:
    """Median microseconds of each way, for each of the interleaved rounds."""
    user = site.person()
    for _ in range(2):
        _round(user, calls)
    return [_round(user, calls) for _ in range(rounds)]


def _round(user: Any, calls: int) -> dict[str, float]:
    """A block of calls of each way, in small slices, so that all have the same luck."""
    times: dict[str, list[int]] = {name: [] for name in _ways}
    gc.collect()
    for _ in range(calls // 10):
        for name, way in _ways.items():
            # A new object each, as each request has its own: nothing is remembered.
            times[name] += _timed(way, [copy.copy(user) for _ in range(10)])
    return {name: statistics.median(each) / 1000 for name, each in times.items()}


def _timed(way: Way, users: list[Any]) -> list[int]:
    taken = []
    for user in users:
        begun = time.perf_counter_ns()
        way(user)
        taken.append(time.perf_counter_ns() - begun)
    return taken


def queries() -> list[int]:
    """What two asks in one and the same request cost: the first, and the second."""
    from django.db import connection
    from django.http import HttpResponse
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import path

    from wagtail_m365 import api

    counted: list[int] = []

    def view(request: Any) -> HttpResponse:
        assert request.user.is_authenticated  # loads the person: no part of it
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                api.get_token(request.user, "User.Read")
            counted.append(len(captured))
        return HttpResponse()

    from django.test import override_settings

    class Pages:
        urlpatterns = [path("", view)]

    with override_settings(ROOT_URLCONF=Pages):
        client = Client()
        client.force_login(site.person())
        assert client.get("/").status_code == 200
    return counted


def crowd(others: int) -> None:
    """As many other people with a connection, and a token in every way."""
    for first in range(0, others, _BATCH):
        _add_people(range(first, min(first + _BATCH, others)))
    _analyse()


def _add_people(numbers: range) -> None:
    from django.contrib.auth import get_user_model

    model = get_user_model()
    people = model.objects.bulk_create(
        [model(username=f"person-{n}", password="-") for n in numbers]
    )
    for rows in _rows_of(people):
        type(rows[0])._default_manager.bulk_create(rows)


def _rows_of(people: list[Any]) -> Iterator[list[Any]]:
    from wagtail_m365.models import CachedAccessToken, Connection

    from .rows.models import BareToken, CacheBlob

    model = Connection._meta.model
    known = model.objects.get(user=site.person())
    token = CachedAccessToken.objects.get(connection=known)
    columns = {
        name: getattr(known, name)
        for name in ("client_id", "authority_tenant", "tenant_id", "granted_scopes")
    }
    connections = [
        model(
            user=one,
            default_for=one,
            object_id=f"object-{one.pk}",
            home_account_id=f"object-{one.pk}.tenant",
            username=f"{one.username}@contoso.example",
            refresh_token_sealed=_sealed(),
            **columns,
        )
        for one in people
    ]
    yield connections
    yield [
        CachedAccessToken(
            connection=one,
            audience=token.audience,
            scopes=token.scopes,
            token_sealed=_sealed(),
            expires_on=token.expires_on,
            version=1,
        )
        for one in connections
    ]
    yield [
        BareToken(owner=one.pk, sealed=secrets.token_bytes(800), expires_on=0)
        for one in people
    ]
    yield [CacheBlob(owner=one.pk, blob=_sealed() * 3) for one in people]
    if "django-allauth" in _peers():
        yield from _allauth_rows(people)
    if "social-auth-app-django" in _peers():
        yield _social_rows(people)


def _allauth_rows(people: list[Any]) -> Iterator[list[Any]]:
    from allauth.socialaccount.models import SocialAccount, SocialToken

    accounts = [
        SocialAccount(user=one, provider=_PROVIDER, uid=f"object-{one.pk}")
        for one in people
    ]
    yield accounts
    yield [SocialToken(account=one, token=_sealed()) for one in accounts]


def _social_rows(people: list[Any]) -> list[Any]:
    from social_django.models import UserSocialAuth

    return [
        UserSocialAuth(
            user=one,
            provider=_SOCIAL_PROVIDER,
            uid=f"object-{one.pk}",
            extra_data={"access_token": _sealed()},
        )
        for one in people
    ]


def _sealed() -> str:
    """Something of a token's size that does not compress; nobody opens it."""
    return secrets.token_urlsafe(800)


def _analyse() -> None:
    from django.db import connection

    statement = "VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE"
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _peers() -> list[str]:
    return os.environ.get("BENCHMARK_PEERS", "").split()


if __name__ == "__main__":
    django.setup()
    serve(
        site.COMMANDS
        | {
            "prepare": prepare,
            "measure": measure,
            "queries": queries,
            "crowd": crowd,
        }
    )
