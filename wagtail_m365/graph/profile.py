"""Who the token speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from .answers import Json
from .rest import Rest
from .types import text

_FIELDS = "id,displayName,userPrincipalName,mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The person whose token is used (Graph: ``user``)."""

    id: str
    display_name: str = ""
    user_principal_name: str = ""
    mail: str = ""

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            id=text(json, "id"),
            display_name=text(json, "displayName"),
            user_principal_name=text(json, "userPrincipalName"),
            mail=text(json, "mail"),
        )


def me(rest: Rest) -> Profile:
    """The person whose token is used; needs the scope ``User.Read``."""
    return Profile.from_json(rest.get("/me", params={"$select": _FIELDS}))
