"""The identity platform's wire, for answers that no sane server gives.

What Microsoft does on a good or an ordinary bad day is asked of the fake Microsoft.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

from wagtail_m365.identity.client import IdentityClient
from wagtail_m365.identity.clouds import CLOUDS
from wagtail_m365.identity.registration import ClientSecret, Registration
from wagtail_m365.redaction import Secret

CLIENT_ID = "11111111-aaaa-4bbb-8ccc-222222222222"
TENANT = "99999999-8888-4777-8666-555555555555"
OBJECT = "33333333-2222-4111-8000-cccccccccccc"
HOME = f"{OBJECT}.{TENANT}"
LOGIN = "https://login.microsoftonline.com"
ISSUER = f"{LOGIN}/{TENANT}/v2.0"
REDIRECT_URI = "https://site.example/admin/m365/oauth/callback/"
CLIENT_SECRET = "planted-client-secret"
CODE = "planted-authorization-code"
REFRESH_TOKEN = "planted-refresh-token"


def registration(**changes: Any) -> Registration:
    """An ordinary app registration, or one with changes."""
    ordinary: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "tenant": TENANT,
        "cloud": CLOUDS["global"],
        "credential": ClientSecret(value=Secret(CLIENT_SECRET)),
    }
    return Registration(**ordinary | changes)


def encoded(members: object) -> str:
    """Base64url of JSON, as in JWTs and ``client_info``."""
    raw = json.dumps(members).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Wire:
    """Answers of one tenant's endpoints, and what was asked of them."""

    def __init__(self, mock: responses.RequestsMock, login: str = LOGIN) -> None:
        self.mock = mock
        self.login = login
        self.tenant = TENANT
        self.nonce = ""

    @property
    def discovery_url(self) -> str:
        return f"{self.login}/{self.tenant}/v2.0/.well-known/openid-configuration"

    @property
    def token_url(self) -> str:
        return f"{self.login}/{self.tenant}/oauth2/v2.0/token"

    def document(self, **changes: Any) -> dict[str, Any]:
        """A discovery document."""
        base = f"{self.login}/{self.tenant}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": self.token_url,
        } | changes

    def discovers(self, **changes: Any) -> None:
        """Discovery works; members may be other than they should."""
        self.mock.get(self.discovery_url, json=self.document(**changes))

    def answers(self, *, status: int = 200, **members: Any) -> None:
        """The token endpoint answers with these members."""
        self.mock.post(self.token_url, json=members, status=status)

    def grants(self, *, claims: dict[str, Any] | None = None, **changes: Any) -> None:
        """The token endpoint grants; members and claims may be wrong.

        The id token repeats the nonce of the sign-in that :meth:`begin` began.
        """
        token = f"{encoded({'alg': 'RS256'})}.{encoded(self.claims(**claims or {}))}.s"
        members = {
            "token_type": "Bearer",
            "access_token": "planted-access-token",
            "refresh_token": "planted-rotated-refresh-token",
            "expires_in": 3600,
            "scope": "https://graph.microsoft.com/Files.ReadWrite openid profile",
            "id_token": token,
            "client_info": encoded({"uid": OBJECT, "utid": TENANT}),
        } | changes
        present = {name: value for name, value in members.items() if value is not None}
        self.mock.post(self.token_url, json=present)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good id token, with changes; ``None`` leaves one out."""
        good = {
            "aud": CLIENT_ID,
            "iss": f"{self.login}/{TENANT}/v2.0",
            "tid": TENANT,
            "oid": OBJECT,
            "sub": "pairwise-subject",
            "exp": int(time.time()) + 3600,
            "nonce": self.nonce,
            "preferred_username": "mara@contoso.example",
            "name": "Mara Contoso",
        } | changes
        return {name: value for name, value in good.items() if value is not None}

    def begin(self, client: IdentityClient) -> tuple[dict[str, Any], dict[str, str]]:
        """A sign-in that begins: its flow, and the query with which it comes back."""
        request = client.authorization_request(["Files.ReadWrite"], REDIRECT_URI)
        query = parse_qs(urlsplit(request.url).query)
        self.nonce = query["nonce"][0]
        return request.flow, {"state": query["state"][0], "code": CODE}

    @property
    def token_requests(self) -> list[requests.PreparedRequest]:
        """What was asked of the token endpoint."""
        return [
            call.request for call in self.mock.calls if call.request.method == "POST"
        ]

    @property
    def discoveries(self) -> int:
        """How often discovery was asked."""
        return sum(call.request.method == "GET" for call in self.mock.calls)


def form_of(request: requests.PreparedRequest) -> dict[str, str]:
    """The form that a request carried."""
    body = (
        request.body
        if isinstance(request.body, str)
        else (request.body or b"").decode()
    )
    return {name: values[0] for name, values in parse_qs(body).items()}
