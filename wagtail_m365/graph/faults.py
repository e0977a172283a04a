"""What an answer or a broken connection means, as one of our errors."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from wagtail_m365 import errors

# Answers that say "not processed, come again": safe to repeat for every method.
THROTTLED = frozenset({429, 503, 509})
# Answers after which nobody knows whether the request was carried out.
OUT_OF_ORDER = frozenset({408, 500, 502, 504})

_BY_CODE: dict[str, type[errors.GraphError]] = {
    "nameAlreadyExists": errors.NameTaken,
    "upload_name_conflict": errors.NameTaken,
    "quotaLimitReached": errors.QuotaExceeded,
    "insufficientStorage": errors.QuotaExceeded,
    "resourceModified": errors.PreconditionFailed,
    "resourceLocked": errors.ItemLocked,
}
_BY_STATUS: dict[int, type[errors.GraphError]] = {
    401: errors.Forbidden,  # of storage only: its address has expired
    403: errors.Forbidden,
    404: errors.ItemNotFound,
    410: errors.ResyncRequired,
    412: errors.PreconditionFailed,
    423: errors.ItemLocked,
    507: errors.QuotaExceeded,
}
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
# OpenSSL's name for it, in every error that stems from it.
_DISTRUST = "CERTIFICATE_VERIFY_FAILED"
_DEEPEST = 5
_REQUEST_ID_HEADERS = ("request-id", "x-ms-request-id", "sprequestguid")
_CHALLENGE = re.compile(r'claims="(?P<claims>[A-Za-z0-9+/=_-]+)"')
_OWN_DRIVE = re.compile(r"/me/drive(?:[/?]|$)")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What an answer of 400 or above tells, without its words.

    Bodies and addresses can carry file contents and pre-authenticated URLs, so no
    text of theirs goes into an error; Microsoft's codes do.
    """

    status: int
    #: ``error.code`` and the inner codes, outermost first.
    codes: tuple[str, ...] = ()
    #: Microsoft's id of the request.
    reference: str = ""
    #: Seconds to wait; ``None`` when not told.
    retry_after: float | None = None
    #: Claims challenge of a 401, decoded.
    claims: str | None = None
    #: Where a resync begins (410 on delta).
    location: str = ""
    #: A pre-authenticated address said no: that concerns the address, not the token.
    storage: bool = False

    @classmethod
    def from_parts(
        cls,
        status: int,
        headers: Mapping[str, str],
        body: Any,
        now: float,
        *,
        storage: bool,
    ) -> Self:
        """From an answer's status, headers (any letter case) and parsed JSON body."""
        return cls(
            status=status,
            codes=graph_codes(body),
            reference=request_id(headers, body),
            retry_after=retry_after(headers, now),
            claims=claims_challenge(headers),
            location=headers.get("Location", ""),
            storage=storage,
        )

    def about(self, path: str) -> Self:
        """The same refusal, with the reason where the path that was asked tells it.

        For an account without a OneDrive Microsoft names nothing but “ResourceNotFound”
        and says the rest in words (msgraph-sdk-dotnet#579).
        """
        untold = (
            self.status == HTTPStatus.NOT_FOUND and "ResourceNotFound" in self.codes
        )
        if untold and _OWN_DRIVE.match(path):
            return replace(self, codes=(*self.codes, "mysiteNotFound"))
        return self

    def as_error(self) -> errors.M365Error:
        """The error this stands for."""
        if self.status == HTTPStatus.UNAUTHORIZED and not self.storage:
            return self._refused_token()
        if self.status in THROTTLED | OUT_OF_ORDER:
            return errors.TemporarilyUnavailable(
                self._sentence(),
                retry_after=self.retry_after or 0,
                correlation_id=self.reference,
                status=self.status,
            )
        return self._error_class()(
            self._sentence(),
            status=self.status,
            graph_code=".".join(self.codes),
            correlation_id=self.reference,
            **({"location": self.location} if self.location else {}),
        )

    def _sentence(self) -> str:
        return f"Microsoft answered {self.status} {'/'.join(self.codes)}".rstrip() + "."

    def _refused_token(self) -> errors.TokenError:
        if self.claims:
            return errors.InteractionRequired(
                self._sentence(), claims=self.claims, correlation_id=self.reference
            )
        return errors.ReconnectRequired(self._sentence(), correlation_id=self.reference)

    def _error_class(self) -> type[errors.GraphError]:
        for code in reversed(self.codes):
            if code in _BY_CODE:
                return _BY_CODE[code]
        other = self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return _BY_STATUS.get(
            self.status, errors.InvalidRequest if other else errors.GraphError
        )


def refusal(response: requests.Response, now: float, *, storage: bool) -> Refusal:
    """What an answer of 400 or above tells; ``now`` is POSIX time."""
    return Refusal.from_parts(
        response.status_code, response.headers, _body(response), now, storage=storage
    )


def from_lost_connection(
    error: requests.RequestException, correlation_id: str
) -> errors.M365Error:
    """The error for a connection that broke, or never came about."""
    if not may_pass(error):
        return errors.Misconfigured(
            f"Microsoft cannot be asked from this server ({type(error).__name__}).",
            correlation_id=correlation_id,
        )
    return errors.TemporarilyUnavailable(
        f"The connection to Microsoft failed ({type(error).__name__}).",
        correlation_id=correlation_id,
        lost=not never_sent(error),
    )


def is_unclear(error: errors.M365Error) -> bool:
    """Does nobody know whether the request was carried out?"""
    told = error.facts.get("status")
    return bool(error.facts.get("lost")) or told in OUT_OF_ORDER


def without_address(error: requests.RequestException) -> requests.RequestException:
    """The same kind of error without its words, which may hold a pre-authenticated URL."""
    return type(error)(
        f"{type(error).__name__}: the address is left out of this message."
    )


def may_pass(error: requests.RequestException) -> bool:
    """May the same request go well later, with nobody changing anything?

    Not with a certificate that this server does not trust, or a proxy or an address
    that cannot be used at all.
    """
    lines = requests.ConnectionError | requests.Timeout
    broken = (
        requests.exceptions.ChunkedEncodingError
        | requests.exceptions.ContentDecodingError
    )
    # A line that is cut within TLS is an SSLError, too.
    return isinstance(error, lines | broken) and _DISTRUST not in str(error)


def never_sent(error: requests.RequestException) -> bool:
    """Did the request certainly not reach Microsoft?"""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | NameResolutionError)


def claims_challenge(headers: Mapping[str, str]) -> str | None:
    """The claims that a 401 asks for, decoded (Microsoft: claims challenges).

    Returns:
        JSON for the next token request; ``None`` where nothing is asked for.
    """
    match = _CHALLENGE.search(headers.get("WWW-Authenticate", ""))
    if match is None:
        return None
    text = match["claims"].translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def graph_codes(body: Any) -> tuple[str, ...]:
    """``error.code`` and the inner codes of a body, outermost first."""
    codes: list[str] = []
    level = _member(body, "error")
    while isinstance(level, dict) and len(codes) < _DEEPEST:
        code = level.get("code")
        if isinstance(code, str) and _CODE.fullmatch(code):
            codes.append(code)
        level = _member(level, "innerError") or _member(level, "innererror")
    return tuple(codes)


def request_id(headers: Mapping[str, str], body: Any = None) -> str:
    """Microsoft's id of a request, to quote to its support; ``""`` when not told."""
    told = [headers.get(name) for name in _REQUEST_ID_HEADERS]
    told.append(_member(_member(_member(body, "error"), "innerError"), "request-id"))
    value = next((each for each in told if isinstance(each, str) and each), "")
    return value if _REQUEST_ID.fullmatch(value) else ""


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that Microsoft asks to wait (RFC 9110 §10.2.3: seconds or a date)."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _body(response: requests.Response) -> Any:
    if "json" not in response.headers.get("Content-Type", "").lower():
        return None
    try:
        return response.json()
    except (ValueError, requests.RequestException):
        return None


def _member(level: Any, name: str) -> Any:
    return level.get(name) if isinstance(level, dict) else None
