"""How the application proves itself without a secret: assertions (RFC 7521, 7523).

A certificate's key is read once per process, which takes longer than a whole refresh.
Signing takes a quarter of a millisecond, and an assertion with a ``jti`` may be used once
(OpenID Connect Core §9, to which Microsoft's "Certificate credentials" refers).
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wagtail_m365.errors import Misconfigured
from wagtail_m365.redaction import Secret

from .registration import ClientCertificate, FederatedAssertion, PfxCertificate

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

#: How long an assertion is valid, in seconds.
LIFETIME = 600


class Signer:
    """Signs assertions with a certificate's key.

    The form is Microsoft's, "Certificate credentials": PS256, the certificate's
    SHA-256 thumbprint, and the certificate itself.
    """

    def __init__(
        self,
        certificate: ClientCertificate | PfxCertificate,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key, self._header = _key_and_header(certificate)
        self._clock = clock

    def assertion(self, client_id: str, token_endpoint: str) -> Secret:
        """A new assertion of this application for this token endpoint, for one use."""
        from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
        from cryptography.hazmat.primitives.hashes import SHA256

        now = int(self._clock())
        claims = {
            "aud": token_endpoint,
            "iss": client_id,
            "sub": client_id,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        }
        message = f"{_part(self._header)}.{_part(claims)}"
        padding = PSS(mgf=MGF1(SHA256()), salt_length=PSS.DIGEST_LENGTH)
        signature = self._key.sign(message.encode(), padding, SHA256())
        return Secret(f"{message}.{_base64url(signature)}")


@lru_cache(maxsize=16)
def signer(certificate: ClientCertificate | PfxCertificate) -> Signer:
    """The one signer of this process for this certificate.

    Raises:
        Misconfigured: ``certificate_unusable``.
    """
    return Signer(certificate)


def federated(assertion: FederatedAssertion) -> Secret:
    """The assertion as the file holds it now.

    Raises:
        Misconfigured: ``assertion_unreadable``.
    """
    try:
        text = Path(assertion.path).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise _unreadable() from error
    if not text:
        raise _unreadable()
    return Secret(text)


def _unreadable() -> Misconfigured:
    return Misconfigured(
        "The file with the federated assertion cannot be read.",
        code="assertion_unreadable",
    )


def _key_and_header(
    certificate: ClientCertificate | PfxCertificate,
) -> tuple[RSAPrivateKey, dict[str, Any]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    try:
        key, chain = _loaded(certificate)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        # Without the cause: its text may quote what it could not read.
        raise _unusable("The certificate or its key cannot be read.") from None
    if not isinstance(key, RSAPrivateKey) or not chain:
        raise _unusable("A certificate with its RSA key is needed.")
    if key.public_key() != chain[0].public_key():
        raise _unusable("The key does not belong to the certificate.")
    return key, _header(chain)


def _loaded(
    certificate: ClientCertificate | PfxCertificate,
) -> tuple[object, list[Certificate]]:
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        pkcs12,
    )
    from cryptography.x509 import load_pem_x509_certificates

    secret = certificate.passphrase
    passphrase = secret.reveal().encode() if secret else None
    if isinstance(certificate, PfxCertificate):
        content = Path(certificate.path).read_bytes()
        key, first, others = pkcs12.load_key_and_certificates(content, passphrase)
        return key, [first, *others] if first else []
    pem = certificate.private_key.reveal().encode()
    chain = load_pem_x509_certificates(certificate.certificate.encode())
    return load_pem_private_key(pem, passphrase), chain


def _header(chain: list[Certificate]) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding

    ders = [one.public_bytes(Encoding.DER) for one in chain]
    return {
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": _base64url(hashlib.sha256(ders[0]).digest()),
        "x5c": [base64.b64encode(der).decode() for der in ders],
    }


def _unusable(detail: str) -> Misconfigured:
    return Misconfigured(detail, code="certificate_unusable")


def _part(members: dict[str, Any]) -> str:
    return _base64url(json.dumps(members, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
