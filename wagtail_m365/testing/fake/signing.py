"""Keys, signed id tokens, and the other texts that are computed rather than looked up."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from .directory import Account

ALGORITHM = "RS256"


class Keys:
    """The RSA key of one fake Microsoft."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._jwk: dict[str, Any] = RSAAlgorithm.to_jwk(
            self._key.public_key(), as_dict=True
        )
        self.id = base64url(hashlib.sha256(self._jwk["n"].encode()).digest())[:27]

    def jwks(self, issuer: str) -> dict[str, Any]:
        """The key set as ``discovery/v2.0/keys`` gives it (RFC 7517)."""
        wanted = {name: self._jwk[name] for name in ("kty", "n", "e")}
        key = {"kid": self.id, "x5t": self.id, "use": "sig", "issuer": issuer}
        return {"keys": [wanted | key]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT over these claims."""
        return jwt.encode(
            dict(claims), self._key, algorithm=ALGORITHM, headers={"kid": self.id}
        )


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def client_info(account: Account) -> str:
    """``client_info`` as MSAL reads it: ids of the home account."""
    uid, _, utid = account.home_account_id.partition(".")
    return base64url(json.dumps({"uid": uid, "utid": utid}).encode())


def subject(account: Account, client_id: str) -> str:
    """``sub``: the same person is another subject for another application."""
    return base64url(
        hashlib.sha256(f"{account.object_id}/{client_id}".encode()).digest()
    )


def challenge_met(verifier: str, challenge: str, method: str) -> bool:
    """Does the code verifier belong to the challenge (RFC 7636 §4.6)?"""
    if method == "S256":
        verifier = base64url(hashlib.sha256(verifier.encode()).digest())
    return verifier == challenge
