"""When secrets and certificates end: read where they tell it, entered where not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from wagtail_m365.conf import is_set, settings
from wagtail_m365.errors import Undecryptable
from wagtail_m365.models import AppRegistration, M365Settings, moments

if TYPE_CHECKING:
    # Needed only where a certificate is used.
    from cryptography import x509

#: Days before the end on which people are warned, once each.
THRESHOLDS = (60, 30, 7, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of one secret or certificate."""

    #: The id of a row, or the name of a setting.
    what: str
    #: For people.
    name: str
    ends_on: date
    is_certificate: bool
    #: The app registration in which a new one is entered; ``None``: Django's settings.
    row: AppRegistration | None = None

    @property
    def days_left(self) -> int:
        """Whole days; negative when it has ended."""
        return (self.ends_on - moments.today()).days

    @property
    def threshold(self) -> int | None:
        """The nearest threshold that is reached; ``None`` while there is time."""
        reached = [days for days in THRESHOLDS if self.days_left <= days]
        return min(reached, default=None)


def ending_of_site() -> Ending | None:
    """The end of the credential in use; ``None`` where it is not known."""
    if is_set("CLIENT_SECRET"):
        return _entered("CLIENT_SECRET", settings.CLIENT_SECRET_ENDS_ON)
    if is_set("CLIENT_CERTIFICATE"):
        return _of_setting(settings.CLIENT_CERTIFICATE or {})
    if is_set("CLIENT_ASSERTION_FILE"):
        return None
    row = M365Settings.current().registration
    return _of_row(row) if row else None


def _entered(name: str, text: str | None) -> Ending | None:
    try:
        ends_on = date.fromisoformat(text or "")
    except ValueError:
        return None
    return Ending(what=name, name=name, ends_on=ends_on, is_certificate=False)


def _of_setting(value: Mapping[str, str]) -> Ending | None:
    try:
        ends_on = _end_of_pfx(value) if "pfx" in value else _end_of_pem(value)
    except (OSError, ValueError):
        # The probe of the credential says what is wrong with it.
        return None
    name = "CLIENT_CERTIFICATE"
    return Ending(what=name, name=name, ends_on=ends_on, is_certificate=True)


def _end_of_pem(value: Mapping[str, str]) -> date:
    text = value.get("certificate", "")
    if "-----BEGIN" not in text:
        text = Path(text).read_text(encoding="ascii")
    return end_of_certificate(text)


def _end_of_pfx(value: Mapping[str, str]) -> date:
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    passphrase = value.get("passphrase", "").encode() or None
    bundle = load_pkcs12(Path(value["pfx"]).read_bytes(), passphrase)
    if bundle.cert is None:
        raise ValueError("The file holds no certificate.")
    return _end(bundle.cert.certificate)


def end_of_certificate(pem: str) -> date:
    """The last day of a certificate.

    Raises:
        ValueError: It is no PEM.
    """
    from cryptography import x509

    return _end(x509.load_pem_x509_certificate(pem.encode()))


def _end(certificate: x509.Certificate) -> date:
    return timezone.localtime(certificate.not_valid_after_utc).date()


def _of_row(row: AppRegistration) -> Ending | None:
    is_certificate = row.credential_kind == AppRegistration.CredentialKind.CERTIFICATE
    if row.credential_kind == AppRegistration.CredentialKind.NONE:
        return None
    ends_on: Any = row.credential_expires_on
    if is_certificate:
        ends_on = _end_in_row(row) or ends_on
    if ends_on is None:
        return None
    return Ending(
        what=str(row.pk),
        name=row.name,
        ends_on=ends_on,
        is_certificate=is_certificate,
        row=row,
    )


def _end_in_row(row: AppRegistration) -> date | None:
    """What the certificate itself says: a date that was entered may be wrong."""
    try:
        bundle = row.certificate()
        return end_of_certificate(bundle["certificate"].reveal()) if bundle else None
    except (Undecryptable, ValueError):
        return None
