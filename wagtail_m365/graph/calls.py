"""One request to Microsoft, as a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, in the form in which it can be sent more than once."""

    method: str
    #: May hold what nobody should see; error reports show variables.
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Bytes, or an object with ``__len__`` whose ``__iter__`` starts anew each time.
    body: bytes | Iterable[Any] | None = None
    #: May it be sent again although nobody knows whether it was carried out?
    repeatable: bool = False
    #: Leave the body of the answer unread; the caller closes it.
    stream: bool = False
    #: The address is pre-authenticated: no bearer token, no address in any message.
    storage: bool = False

    @property
    def is_secret(self) -> bool:
        """Is there access in the address itself, so that no log may show it?"""
        return self.storage or "/shares/u!" in self.url
