"""Plain requests to the fake's Graph, each answer held against Microsoft's description."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests

from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .openapi import Description

MULTIPLE = 320 * 1024


class Caller:
    """An account with a token, calling Graph without following redirects."""

    def __init__(
        self,
        fake: FakeMicrosoft,
        account: Account | None,
        scopes: Iterable[str],
        description: Description | None,
    ) -> None:
        self.base = fake.graph
        self.description = description
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = fake.world.issue_access_token(account, fake.app, scopes)

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base}/{path}"
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        response = self.session.request(
            method, url, headers=headers, allow_redirects=False, timeout=30, **more
        )
        if self.description is not None:
            faults = self.description.faults(response)
            assert not faults, "\n".join(faults)
        return response

    def get(self, path: str, **more: Any) -> requests.Response:
        return self("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> requests.Response:
        return self("POST", path, json={} if json is None else json, **more)

    def put(self, path: str, data: bytes, **more: Any) -> requests.Response:
        return self("PUT", path, data=data, **more)

    def patch(self, path: str, json: Any, **more: Any) -> requests.Response:
        return self("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> requests.Response:
        return self("DELETE", path, **more)

    def plain(self, method: str, url: str, **more: Any) -> requests.Response:
        """A request without the token, as storage wants it."""
        return self.session.request(method, url, timeout=30, **more)

    def session_for(self, path: str, **item: Any) -> str:
        """The upload address of a new session."""
        body = {"item": item} if item else {}
        answer = self.post(f"{path}/createUploadSession", body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["uploadUrl"])

    def fragment(
        self, url: str, data: bytes, start: int, total: int, **headers: str
    ) -> requests.Response:
        """One piece of a file."""
        place = f"bytes {start}-{start + len(data) - 1}/{total}"
        headers = {"Content-Range": place} | headers
        return self.plain("PUT", url, data=data, headers=headers)

    def close(self) -> None:
        self.session.close()


def code_of(response: requests.Response) -> tuple[int, str]:
    """Status and error code."""
    return response.status_code, response.json()["error"]["code"]
