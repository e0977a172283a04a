"""Certificates as people paste them: PEM, certificate and key in any order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_m365.redaction import Secret

if TYPE_CHECKING:
    # Needed when somebody pastes a certificate, and not at every start.
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]+)-----.+?-----END (?P=kind)-----", re.DOTALL
)
_CERTIFICATE = "CERTIFICATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedCertificate:
    """A certificate with its private key, both PEM."""

    private_key: Secret
    certificate: str
    #: Last day on which it is valid.
    expires_on: date


def read_certificate(text: str, passphrase: Secret | None) -> PastedCertificate:
    """Take what was pasted apart and check that the parts belong together.

    Raises:
        ValidationError: In words for the form; never with a part of the text.
    """
    certificates, keys = _blocks(text)
    if not certificates or not keys:
        raise ValidationError(
            _("Paste both: the certificate and its private key, each with its "
              "BEGIN and END lines.")
        )  # fmt: skip
    certificate = _certificate_of(certificates[0])
    key = _key_of(keys[0], passphrase)
    if _public_bytes(certificate) != _public_bytes(key):
        raise ValidationError(_("This private key does not belong to the certificate."))
    ends = certificate.not_valid_after_utc
    if ends <= datetime.now(UTC):
        raise ValidationError(
            _("This certificate ended on %(day)s.") % {"day": ends.date()}
        )
    return PastedCertificate(
        private_key=Secret(keys[0]),
        certificate=certificates[0],
        expires_on=ends.date(),
    )


def _blocks(text: str) -> tuple[list[str], list[str]]:
    """Certificates and private keys, in the order in which they stand."""
    certificates, keys = [], []
    for block in _BLOCK.finditer(text):
        if block["kind"] == _CERTIFICATE:
            certificates.append(block[0])
        elif block["kind"].endswith("PRIVATE KEY"):
            keys.append(block[0])
    return certificates, keys


def _certificate_of(pem: str) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise ValidationError(_("The certificate cannot be read as PEM.")) from error


def _key_of(pem: str, passphrase: Secret | None) -> RSAPrivateKey:
    """Entra takes RSA keys only ("Certificate credentials")."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    password = passphrase.reveal().encode() if passphrase else None
    try:
        key = load_pem_private_key(pem.encode(), password)
    except TypeError as error:
        raise ValidationError(_passphrase_trouble(password)) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        text = _("The private key cannot be read: wrong passphrase, or not PEM.")
        raise ValidationError(text) from error
    if not isinstance(key, RSAPrivateKey):
        raise ValidationError(_("Microsoft takes RSA keys only."))
    return key


def _passphrase_trouble(password: bytes | None) -> str:
    if password is None:
        return _("The private key is protected: enter its passphrase.")
    return _("The private key has no passphrase: leave that field empty.")


def _public_bytes(holder: x509.Certificate | RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = holder.public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
