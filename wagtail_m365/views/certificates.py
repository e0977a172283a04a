"""Certificates as people bring them: pasted as PEM, or a .pfx file with both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from wagtail_m365.redaction import Secret

if TYPE_CHECKING:
    # Needed when somebody pastes a certificate, and not at every start.
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]+)-----.+?-----END (?P=kind)-----", re.DOTALL
)
_CERTIFICATE = "CERTIFICATE"
_CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedCertificate:
    """A certificate with its private key, both PEM."""

    private_key: Secret
    certificate: str
    #: Of the private key; none where it was in a file that has been opened.
    passphrase: Secret | None = None
    #: Last day on which it is valid.
    expires_on: date


@sensitive_variables()
def read_file(content: bytes, passphrase: Secret | None) -> PastedCertificate:
    """Open an uploaded file: PKCS #12 (.pfx, .p12; RFC 7292), or PEM.

    Raises:
        ValidationError: In words for the form; never with a part of the file.
    """
    if b"-----BEGIN " in content:
        return read_certificate(content.decode("ascii", "replace"), passphrase)
    from cryptography.hazmat.primitives.serialization import Encoding

    key, certificate = _parts_of_pfx(content, passphrase)
    if key is None:
        raise ValidationError(
            _("There is no private key in this file. Export the certificate again, "
              "together with its private key.")
        )  # fmt: skip
    if certificate is None:
        raise ValidationError(_("There is no certificate in this file for its key."))
    return PastedCertificate(
        private_key=_pem_of(_rsa(key)),
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        expires_on=_end_of(certificate),
    )


@sensitive_variables()
def _parts_of_pfx(
    content: bytes, passphrase: Secret | None
) -> tuple[PrivateKeyTypes | None, x509.Certificate | None]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    # OpenSSL tells no passphrase from an empty one, others do.
    tries = [passphrase.reveal().encode()] if passphrase else [None, b""]
    for password in tries:
        try:
            return pkcs12.load_key_and_certificates(content, password)[:2]
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise ValidationError(_file_trouble(content, passphrase))


def _file_trouble(content: bytes, passphrase: Secret | None) -> str:
    # Every PKCS #12 file is a DER sequence.
    if not content.startswith(b"\x30"):
        return _("This is no certificate file. Choose a .pfx, .p12 or .pem file.")
    if passphrase is None:
        return _("The file cannot be opened. If it is protected, enter its passphrase.")
    return _("The file cannot be opened: wrong passphrase, or not a .pfx file.")


@sensitive_variables()
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
    return PastedCertificate(
        private_key=Secret(keys[0]),
        certificate=certificates[0],
        passphrase=passphrase,
        expires_on=_end_of(certificate),
    )


def _end_of(certificate: x509.Certificate) -> date:
    ends, now = certificate.not_valid_after_utc, datetime.now(UTC)
    # It may have been made on another machine a moment ago, whose clock is ahead.
    if certificate.not_valid_before_utc - now > _CLOCKS_APART:
        raise ValidationError(
            _("This certificate is only valid from %(day)s on: Microsoft refuses it "
              "until then.")
            % {"day": date_format(certificate.not_valid_before_utc)}
        )  # fmt: skip
    if ends <= now:
        raise ValidationError(
            _("This certificate ended on %(day)s. Make a new one.")
            % {"day": date_format(ends)}
        )
    return ends.date()


@sensitive_variables()
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
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        certificate.public_key()  # which is not read before somebody asks
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValidationError(_("The certificate cannot be read as PEM.")) from error
    return certificate


@sensitive_variables()
def _key_of(pem: str, passphrase: Secret | None) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    password = passphrase.reveal().encode() if passphrase else None
    try:
        key = load_pem_private_key(pem.encode(), password)
    except TypeError as error:
        raise ValidationError(_passphrase_trouble(password)) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        text = _("The private key cannot be read: wrong passphrase, or not PEM.")
        raise ValidationError(text) from error
    return _rsa(key)


def _rsa(key: PrivateKeyTypes) -> RSAPrivateKey:
    """Entra takes RSA keys only ("Certificate credentials")."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(key, RSAPrivateKey):
        raise ValidationError(_("Microsoft takes RSA keys only."))
    return key


def _pem_of(key: RSAPrivateKey) -> Secret:
    from cryptography.hazmat.primitives import serialization

    return Secret(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
    )


def _passphrase_trouble(password: bytes | None) -> str:
    if password is None:
        return _("The private key is protected: enter its passphrase.")
    return _("The private key has no passphrase: leave that field empty.")


def _public_bytes(holder: x509.Certificate | RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = holder.public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
