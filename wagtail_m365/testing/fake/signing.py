"""Keys, signed id tokens, and the other texts that are computed rather than looked up."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
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
        certificate = _certificate(self._key)
        # A name for the key, no proof (RFC 7517 §4.8).
        self.id = base64url(certificate.fingerprint(hashes.SHA1()))  # noqa: S303
        der = certificate.public_bytes(serialization.Encoding.DER)
        self._chain = [base64.b64encode(der).decode()]

    def jwks(self, issuer: str) -> dict[str, Any]:
        """The key set as ``discovery/v2.0/keys`` gives it (RFC 7517)."""
        wanted = {name: self._jwk[name] for name in ("kty", "n", "e")}
        key = {"kid": self.id, "x5t": self.id, "use": "sig", "issuer": issuer}
        return {"keys": [wanted | key | {"x5c": self._chain}]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT over these claims."""
        return jwt.encode(
            dict(claims), self._key, algorithm=ALGORITHM, headers={"kid": self.id}
        )


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    """The self-signed certificate in which the public key comes."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake.invalid")])
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins.replace(year=2120))
        .sign(key, hashes.SHA256())
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
