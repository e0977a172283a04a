"""A certificate made by this site: its private key is sealed at once and never leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from wagtail_m365.models import AppRegistration
from wagtail_m365.redaction import Secret

#: A year: long enough not to be a nuisance, short enough to be practised.
_DAYS = 365
_BITS = 3072


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfSigned:
    """A private key with the certificate that it has signed itself."""

    private_key: Secret
    #: PEM.
    certificate: str
    ends_on: date


def make_certificate(row: AppRegistration) -> None:
    """A new RSA key with its self-signed certificate, sealed into the row and saved."""
    made = self_signed("wagtail_m365")
    row.set_certificate(private_key=made.private_key, certificate=made.certificate)
    row.credential_kind = AppRegistration.CredentialKind.CERTIFICATE
    row.client_secret_sealed = ""
    row.credential_expires_on = made.ends_on
    row.save()


def self_signed(common_name: str) -> SelfSigned:
    """A new RSA key and a certificate for this name, good for a year."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # An hour ago: clocks differ.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SelfSigned(
        private_key=Secret(pem.decode()),
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        ends_on=certificate.not_valid_after_utc.date(),
    )
