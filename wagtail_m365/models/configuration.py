"""The configuration that holds: Django's settings over the chosen app registration.

Nothing is cached: with everything in Django's settings no query is made, else one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wagtail_m365.conf import is_set, settings
from wagtail_m365.errors import Misconfigured, Undecryptable
from wagtail_m365.http import HttpOptions
from wagtail_m365.identity import clouds
from wagtail_m365.identity.registration import (
    ClientCertificate,
    ClientSecret,
    Credential,
    FederatedAssertion,
    PfxCertificate,
    Registration,
)
from wagtail_m365.redaction import Secret

from .connections import Connection
from .edit_locations import EditLocation
from .registrations import AppRegistration, M365Settings

__all__ = [
    "AppRegistration",
    "M365Settings",
    "edit_location",
    "http_options",
    "is_enabled",
    "merged",
    "own_registration",
    "registration",
    "registration_of",
    "site_cloud",
]

_CREDENTIAL_NAMES = ("CLIENT_SECRET", "CLIENT_CERTIFICATE", "CLIENT_ASSERTION_FILE")
#: What MSAL is told to declare: continuous access evaluation.
_CAPABILITIES = ("CP1",)


def is_enabled() -> bool:
    """Is the extension switched on, and is there an app registration to use?"""
    if settings.ENABLED is False:
        return False
    if settings.ENABLED and settings.CLIENT_ID:
        return True
    row = M365Settings.current()
    switched_on = row.enabled if settings.ENABLED is None else True
    return switched_on and bool(settings.CLIENT_ID or row.registration)


def http_options() -> HttpOptions:
    """Timeouts, proxies and CA bundle of this site."""
    connect, read = settings.TIMEOUT
    return HttpOptions(
        timeout=(connect, read),
        proxies=settings.PROXIES,
        ca_bundle=settings.CA_BUNDLE,
    )


def registration(*, even_if_switched_off: bool = False) -> Registration:
    """The app registration that holds now.

    Args:
        even_if_switched_off: For trying a configuration before it is switched on.

    Raises:
        Misconfigured: ``not_enabled`` when switched off, ``not_configured`` when
            there is none, ``secret_unreadable`` when its secret cannot be opened.
    """
    row = M365Settings() if _all_in_settings() else M365Settings.current()
    on = row.enabled if settings.ENABLED is None else settings.ENABLED
    if not on and not even_if_switched_off:
        raise Misconfigured("Microsoft 365 is switched off.", code="not_enabled")
    return merged(row.registration)


def registration_of(connection: Connection) -> Registration:
    """The app registration that a connection was made with: the site's, or its owner's.

    Raises:
        Misconfigured: As :func:`registration`; ``own_registration_refused`` when the
            site does not let editors bring their own (any more).
    """
    if connection.registration_id is None or connection.registration is None:
        return registration()
    return own_registration(connection.registration)


def own_registration(row: AppRegistration) -> Registration:
    """An editor's own app registration, in the site's cloud.

    The cloud is never the editor's to choose: it says which servers this one asks. The
    secret goes to no other servers than those it was entered for.

    Raises:
        Misconfigured: As :func:`registration_of`; ``own_registration_elsewhere``.
    """
    site = M365Settings.current()
    if settings.ENABLED is False or not site.enabled:
        raise Misconfigured("Microsoft 365 is switched off.", code="not_enabled")
    if not site.own_registrations_allowed:
        raise Misconfigured(
            "App registrations of editors are not allowed on this site.",
            code="own_registration_refused",
        )
    cloud = _site_cloud(site.registration)
    if row.authority_url and row.authority_url != cloud.authority:
        raise Misconfigured(
            "The app registration was entered for another server.",
            code="own_registration_elsewhere",
        )
    return Registration(
        client_id=row.client_id,
        tenant=row.tenant,
        cloud=cloud,
        credential=_opened_credential(row),
        capabilities=_capabilities(),
    )


def site_cloud() -> clouds.Cloud:
    """Which servers this site asks: also where it has no app registration of its own.

    Raises:
        Misconfigured: The addresses cannot be used.
    """
    chosen = None if is_set("CLOUD") else M365Settings.current().registration
    return _site_cloud(chosen)


def edit_location() -> EditLocation:
    """Where new copies go; no query when Django's settings say it, else one.

    Raises:
        Misconfigured: The setting cannot be understood.
    """
    if is_set("EDIT_LOCATION"):
        return EditLocation.of_setting(settings.EDIT_LOCATION)
    row = M365Settings.objects.first() or M365Settings()
    return row.edit_location


def merged(row: AppRegistration | None) -> Registration:
    """This app registration with Django's settings laid over it, key by key.

    Raises:
        Misconfigured: As :func:`registration`.
    """
    client_id = settings.CLIENT_ID or (row.client_id if row else "")
    if not client_id:
        raise Misconfigured("No app registration is chosen.", code="not_configured")
    return Registration(
        client_id=client_id,
        tenant=settings.TENANT or (row.tenant if row else "") or "organizations",
        cloud=_site_cloud(row),
        credential=_credential(row, client_id),
        capabilities=_capabilities(),
    )


def _site_cloud(row: AppRegistration | None) -> clouds.Cloud:
    return clouds.resolve(
        settings.CLOUD or (row.cloud_value if row else "global"),
        allow_insecure_loopback=settings.ALLOW_INSECURE_LOOPBACK,
    )


def _capabilities() -> tuple[str, ...]:
    return _CAPABILITIES if settings.CLAIMS_CHALLENGES else ()


def _all_in_settings() -> bool:
    """May the database be left alone?"""
    needed = ("ENABLED", "CLIENT_ID", "TENANT", "CLOUD")
    return all(map(is_set, needed)) and _credential_is_set()


def _credential_is_set() -> bool:
    return any(map(is_set, _CREDENTIAL_NAMES))


def _credential(row: AppRegistration | None, client_id: str) -> Credential:
    if settings.CLIENT_SECRET:
        return ClientSecret(value=Secret(settings.CLIENT_SECRET))
    if settings.CLIENT_CERTIFICATE:
        return _certificate_of(settings.CLIENT_CERTIFICATE)
    if settings.CLIENT_ASSERTION_FILE:
        return FederatedAssertion(path=settings.CLIENT_ASSERTION_FILE)
    # The secret of a row belongs to that row's application and to no other.
    if row is None or row.client_id != client_id:
        return None
    return _opened_credential(row)


def _opened_credential(row: AppRegistration) -> Credential:
    try:
        return _credential_of_row(row)
    except Undecryptable as error:
        raise Misconfigured(
            "The stored secret cannot be opened with any key of this site.",
            code="secret_unreadable",
        ) from error


def _credential_of_row(row: AppRegistration) -> Credential:
    kinds = AppRegistration.CredentialKind
    if row.credential_kind == kinds.SECRET and row.client_secret_sealed:
        return ClientSecret(value=row.client_secret())
    if row.credential_kind == kinds.CERTIFICATE and row.certificate_sealed:
        bundle = row.certificate()
        return ClientCertificate(
            private_key=bundle["private_key"],
            certificate=bundle["certificate"].reveal(),
            passphrase=bundle["passphrase"] or None,
        )
    if row.credential_kind == kinds.NONE:
        return None
    raise Misconfigured(
        "The app registration has no secret or certificate yet.", code="not_configured"
    )


def _certificate_of(value: Mapping[str, str]) -> Credential:
    passphrase = Secret(value.get("passphrase", "")) or None
    if "pfx" in value:
        return PfxCertificate(path=value["pfx"], passphrase=passphrase)
    return ClientCertificate(
        private_key=Secret(_pem(value.get("private_key", ""))),
        certificate=_pem(value.get("certificate", "")),
        passphrase=passphrase,
    )


def _pem(text_or_path: str) -> str:
    """PEM as it stands, or read from the file of that path."""
    if "-----BEGIN" in text_or_path:
        return text_or_path
    try:
        return Path(text_or_path).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "CLIENT_CERTIFICATE names a file that cannot be read.",
            code="certificate_unreadable",
        ) from error
