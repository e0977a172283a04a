"""What the log of requests keeps of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One request that the fake has answered, without its secrets.

    Attributes:
        query: The query string; secrets in it are hidden.
        account: User name on whose behalf it was made; empty when nobody's.
        form: Fields of a form that was sent; secrets in it are hidden.
        at: POSIX seconds of the world's clock.
    """

    method: str
    path: str
    query: str
    status: int
    service: str
    account: str = ""
    at: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
