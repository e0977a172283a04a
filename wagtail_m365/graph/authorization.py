"""The bearer token: where it comes from, and how it gets onto a request."""

from __future__ import annotations

from typing import Protocol

import requests
from requests.auth import AuthBase


class TokenSource(Protocol):
    """Gives an access token; knows nothing of requests."""

    def __call__(
        self, *, rejected: str | None = None, claims: str | None = None
    ) -> str:
        """A token that is valid now.

        Args:
            rejected: A token that Graph has just refused; another one is wanted.
            claims: Claims challenge (decoded JSON) that the new token must answer.
        """
        ...


class Authorization(AuthBase):
    """Sets this header, or none: also keeps ``requests`` from asking ``.netrc``."""

    def __init__(self, value: str = "") -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        return request
