"""What MSAL returned: read once, its secrets wrapped, its account checked."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wagtail_m365.errors import IdTokenRejected
from wagtail_m365.redaction import Secret

from . import claims
from .refusals import refusal
from .scopes import normalise
from .transport import LastAnswer
from .values import Account, TokenSet

#: Lifetime of an access token whose answer names none, in seconds (as MSAL assumes).
_UNTOLD_LIFETIME = 600


class Unreadable(ValueError):
    """An answer that is neither a success nor an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A successful token answer, its secrets wrapped."""

    access_token: Secret
    refresh_token: Secret | None
    #: Seconds from now.
    expires_in: int
    refresh_on: int
    scopes: tuple[str, ...]
    claims: Mapping[str, Any] | None = field(repr=False)
    #: Empty where the answer does not say.
    home_account_id: str

    @classmethod
    def from_msal(cls, result: Mapping[str, Any], wanted: Iterable[str]) -> Granted:
        """MSAL's result as a value.

        Args:
            result: With an access token.
            wanted: What was asked for: granted, where the answer does not say
                otherwise (RFC 6749 §5.1).
        """
        refresh_token = result.get("refresh_token")
        told = str(result.get("scope") or "").split()
        return cls(
            access_token=Secret(str(result["access_token"])),
            refresh_token=Secret(str(refresh_token)) if refresh_token else None,
            expires_in=int(result.get("expires_in") or _UNTOLD_LIFETIME),
            refresh_on=int(result.get("refresh_on") or 0),
            scopes=tuple(told or wanted),
            claims=result.get("id_token_claims"),
            home_account_id=_home_account_of(result.get("client_info")),
        )

    def account(self, *, client_id: str, issuer: str, now: float) -> Account:
        """Who signed in.

        Raises:
            IdTokenRejected: See :func:`.claims.checked`.
        """
        identity = claims.checked(
            self.claims, client_id=client_id, issuer=issuer, now=now
        )
        home = f"{identity.object_id}.{identity.tenant_id}"
        return Account(
            tenant_id=identity.tenant_id,
            object_id=identity.object_id,
            home_account_id=self.home_account_id or home,
            username=identity.username,
            name=identity.name,
        )

    def check_belongs_to(self, home_account_id: str) -> None:
        """Is this about the account that was asked for?

        Raises:
            IdTokenRejected: ``id_token_account``.
        """
        told = self.home_account_id.casefold()
        if told and home_account_id and told != home_account_id.casefold():
            raise IdTokenRejected(
                "The answer is about another account.", code="id_token_account"
            )

    def token_set(
        self, *, account: Account | None, graph: str, tenant: str, now: float
    ) -> TokenSet:
        """The answer as callers want it.

        Args:
            account: Whose it is.
            graph: Address of Graph, whose scopes are written short.
            tenant: The tenant that was asked.
            now: POSIX time in seconds.
        """
        return TokenSet(
            access_token=self.access_token,
            expires_on=int(now) + self.expires_in,
            refresh_on=self.refresh_on,
            scopes=normalise(self.scopes, graph),
            refresh_token=self.refresh_token,
            account=account,
            authority_tenant=tenant,
        )


def granted(
    result: Mapping[str, Any] | None,
    *,
    wanted: Iterable[str],
    graph: str,
    last: LastAnswer,
    in_sign_in: bool = False,
) -> Granted:
    """MSAL's result as a value, or the error that it is.

    Args:
        result: What MSAL returned.
        wanted: The scopes that were asked for.
        graph: Address of Graph, whose scopes are written short.
        last: What the answer's headers said.
        in_sign_in: It ends a sign-in, not a grant that worked before.

    Raises:
        M365Error: See :func:`.refusals.refusal`.
        Unreadable: The result is neither.
    """
    result = result or {}
    if result.get("error"):
        scopes = normalise(wanted, graph)
        raise refusal(result, last=last, scopes=scopes, in_sign_in=in_sign_in)
    if not result.get("access_token"):
        raise Unreadable("Neither a token nor an error was answered.")
    return Granted.from_msal(result, wanted)


def _home_account_of(client_info: object) -> str:
    """``uid.utid`` out of Microsoft's ``client_info``; empty if that is unreadable."""
    if not isinstance(client_info, str):
        return ""
    try:
        padded = client_info + "=" * (-len(client_info) % 4)
        members = json.loads(base64.urlsafe_b64decode(padded))
        uid, utid = members["uid"], members["utid"]
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f"{uid}.{utid}" if isinstance(uid, str) and isinstance(utid, str) else ""
