"""Clients of the fake identity platform: MSAL over loopback http, and bare requests."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msal
import requests
from requests.adapters import HTTPAdapter

from wagtail_m365.testing.fake.state import Account, AppRegistration
from wagtail_m365.testing.server import FakeMicrosoft

CALLBACK = "http://localhost/callback/"
SCOPE = "openid profile offline_access User.Read"


class LoopbackAdapter(HTTPAdapter):
    """MSAL asks for https; the fake speaks http."""

    def send(self, request, **options):
        request.url = urlunsplit(urlsplit(request.url)._replace(scheme="http"))
        return super().send(request, **options)


def loopback_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for host in ("127.0.0.1", "localhost"):
        session.mount(f"https://{host}:", LoopbackAdapter())
    return session


def answer_of(address: str) -> dict[str, str]:
    """The query with which Microsoft sends the browser back."""
    parts = urlsplit(address)
    return dict(parse_qsl(parts.query or parts.fragment))


@dataclass
class Application:
    """An application that speaks the protocol by hand, so that it can do so wrongly."""

    fake: FakeMicrosoft
    http: requests.Session
    app: AppRegistration
    tenant: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(43))

    @property
    def address(self) -> str:
        return f"{self.fake.authority}/{self.tenant or self.fake.tenant.id}"

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def url(self, **changes: Any) -> str:
        """The authorization address; None leaves a parameter out."""
        ordinary = {
            "client_id": self.app.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        query = {k: v for k, v in (ordinary | changes).items() if v is not None}
        return f"{self.address}/oauth2/v2.0/authorize?{urlencode(query)}"

    def code(self, account: Account, **changes: Any) -> str:
        return answer_of(self.fake.sign_in(self.url(**changes), account))["code"]

    def ask(self, **fields: Any) -> requests.Response:
        """A token request as it stands."""
        form = {"client_id": self.app.client_id} | fields
        given = {name: value for name, value in form.items() if value is not None}
        return self.http.post(f"{self.address}/oauth2/v2.0/token", data=given)

    def redeem(self, code: str, /, **changes: Any) -> requests.Response:
        ordinary = {
            "grant_type": "authorization_code",
            "client_secret": self.app.secrets[-1].value if self.app.secrets else None,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            "scope": SCOPE,
        }
        return self.ask(**ordinary | changes)

    def tokens(self, account: Account, **changes: Any) -> dict[str, Any]:
        """Sign in and redeem."""
        return self.redeem(self.code(account, **changes), scope=None).json()

    def refresh(self, token: str, **changes: Any) -> requests.Response:
        ordinary = {
            "grant_type": "refresh_token",
            "client_secret": self.app.secrets[-1].value if self.app.secrets else None,
            "refresh_token": token,
            "scope": SCOPE,
        }
        return self.ask(**ordinary | changes)

    def get(self, url: str = "", **changes: Any) -> requests.Response:
        """What a browser sees at the authorization address."""
        return self.http.get(url or self.url(**changes), allow_redirects=False)


def msal_app(
    fake: FakeMicrosoft,
    http: requests.Session,
    *,
    tenant: str = "",
    credential: Any = None,
    **more: Any,
) -> msal.ClientApplication:
    """MSAL, told that the fake speaks https; a public client without a credential."""
    kind = msal.ConfidentialClientApplication
    if credential is None:
        kind = msal.PublicClientApplication
    secure = fake.authority.replace("http://", "https://", 1)
    return kind(
        fake.app.client_id,
        client_credential=credential,
        authority=f"{secure}/{tenant or fake.tenant.id}",
        instance_discovery=False,
        http_client=http,
        **more,
    )


def signed_in(fake: FakeMicrosoft, app: Any, account: Account, scopes, **more) -> dict:
    """MSAL's whole code flow."""
    flow = app.initiate_auth_code_flow(scopes, CALLBACK, **more)
    back = fake.sign_in(flow["auth_uri"], account)
    return app.acquire_token_by_auth_code_flow(flow, answer_of(back))


def payload(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
