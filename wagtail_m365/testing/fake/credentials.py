"""How an application proves at the token endpoint who it is.

Source: Microsoft, "OAuth 2.0 authorization code flow", "Certificate credentials",
"Workload identity federation"; RFC 7523.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from werkzeug.wrappers import Request

from .directory import AppRegistration, FederatedCredential
from .errors import IdentityError, refusal

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ["RS256", "PS256"]
#: Seconds by which two clocks may differ.
_SKEW = 300


def client_id_of(request: Request) -> str:
    """The application that a token request names.

    Raises:
        IdentityError: 900144: it names none.
    """
    basic = request.authorization
    named = request.form.get("client_id") or (basic and basic.username)
    if not named:
        raise refusal(900144, name="client_id")
    return str(named)


def authenticate(request: Request, app: AppRegistration, platform: str) -> None:
    """Check what the application presents against what its registration says.

    Args:
        request: A token request.
        app: The application that it names.
        platform: Platform of the redirect URI with which the person signed in;
            ``app`` when nobody did.

    Raises:
        IdentityError: ``invalid_client``, mostly.
    """
    secret, assertion = _presented(request)
    if platform == "spa":
        _check_cross_origin(request)
        return
    if platform == "public":
        if secret or assertion:
            raise refusal(700025)
        return
    if assertion:
        _check_assertion(request, app, assertion)
    elif secret:
        _check_secret(app, secret)
    else:
        raise refusal(7000216 if platform == "app" else 7000218)


def _presented(request: Request) -> tuple[str, str]:
    """Secret and assertion; at most one of them is not empty."""
    basic = request.authorization
    secret = request.form.get("client_secret") or (basic and basic.password) or ""
    assertion = request.form.get("client_assertion", "")
    if assertion and request.form.get("client_assertion_type") != ASSERTION_TYPE:
        raise refusal(900144, name="client_assertion_type")
    return secret, assertion


def _check_cross_origin(request: Request) -> None:
    if not request.headers.get("Origin"):
        raise refusal(9002327)


def _check_secret(app: AppRegistration, given: str) -> None:
    found = next((one for one in app.secrets if one.value == given), None)
    if found is None:
        raise refusal(7000215, client_id=app.client_id)
    # Our clients run by the machine's clock, and so does the portal in which an
    # administrator watches the date.
    if found.expires_on is not None and found.expires_on <= time.time():
        raise refusal(7000222, client_id=app.client_id)


def _check_assertion(request: Request, app: AppRegistration, text: str) -> None:
    try:
        header = jwt.get_unverified_header(text)
        claims = jwt.decode(text, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise _unsigned("The assertion is no JWT.") from error
    if claims.get("iss") == app.client_id:
        _check_certificate(request, app, text, header, claims)
    else:
        _check_federated(app, text, claims)
    _check_times(claims)


def _check_certificate(
    request: Request,
    app: AppRegistration,
    text: str,
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
) -> None:
    found = next(
        (one for one in _certificates(app) if _is_meant(one, header)),
        None,
    )
    if found is None:
        raise _unsigned("The key was not found.")
    _verify(text, found.public_key())
    if claims.get("sub") != app.client_id:
        raise _unsigned("The subject is not the application.")
    audience = str(claims.get("aud", "")).partition("://")[2]
    if audience not in _audiences(request):
        raise refusal(700023)


def _certificates(app: AppRegistration) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(pem.encode()) for pem in app.certificates]


def _is_meant(certificate: x509.Certificate, header: Mapping[str, Any]) -> bool:
    # Microsoft names a certificate by its SHA-1 in older assertions (RFC 7515 §4.1.7).
    sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303  # a name, no proof
    sha256 = certificate.fingerprint(hashes.SHA256())
    return (_decoded(header, "x5t#S256"), _decoded(header, "x5t")) in {
        (sha256, b""),
        (b"", sha1),
    }


def _decoded(header: Mapping[str, Any], name: str) -> bytes:
    # MSAL leaves the padding on, which RFC 7515 does not.
    text = str(header.get(name, "")).rstrip("=")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise _unsigned("The thumbprint is malformed.") from error


def _audiences(request: Request) -> set[str]:
    """The token endpoint or the issuer, without scheme: MSAL is told https."""
    tenant = request.path.split("/")[1]
    return {
        f"{request.host}{request.path}",
        f"{request.host}/{tenant}/v2.0",
        f"{request.host}/{tenant}/oauth2/v2.0/token",
    }


def _check_federated(
    app: AppRegistration, text: str, claims: Mapping[str, Any]
) -> None:
    trusted = [one for one in app.federated if one.issuer == claims.get("iss")]
    if not trusted:
        raise refusal(700211, value=claims.get("iss"))
    trusted = [one for one in trusted if one.subject == claims.get("sub")]
    if not trusted:
        raise refusal(700213, value=claims.get("sub"))
    trusted = [one for one in trusted if _is_audience(one, claims.get("aud"))]
    if not trusted:
        raise refusal(700212, value=claims.get("aud"))
    _verify(text, trusted[0].public_key)


def _is_audience(credential: FederatedCredential, given: object) -> bool:
    return credential.audience in (given if isinstance(given, list) else [given])


def _verify(text: str, key: Any) -> None:
    options = {
        "verify_aud": False,
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
    }
    try:
        jwt.decode(text, key, algorithms=_ALGORITHMS, options=options)  # type: ignore[arg-type]  # a plain dict is what PyJWT documents
    except jwt.PyJWTError as error:
        raise _unsigned("The signature is invalid.") from error


def _check_times(claims: Mapping[str, Any]) -> None:
    # By the machine's clock: it is the client's too, whatever the world's says.
    now = time.time()
    begins = float(claims.get("nbf", claims.get("iat", 0)))
    ends = float(claims.get("exp", 0))
    if not begins - _SKEW <= now <= ends + _SKEW:
        raise refusal(700024)


def _unsigned(reason: str) -> IdentityError:
    return refusal(700027, reason=reason)
