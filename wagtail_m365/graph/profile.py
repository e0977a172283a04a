"""Who the token speaks for."""

from __future__ import annotations

from .rest import Rest
from .types import Profile

_FIELDS = "id,displayName,userPrincipalName,mail"


def me(rest: Rest) -> Profile:
    """The person whose token is used; needs the scope ``User.Read``."""
    return Profile.from_json(rest.get("/me", params={"$select": _FIELDS}))
