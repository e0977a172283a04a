"""What an answer or a broken connection means, as one of our errors."""

from __future__ import annotations

import base64
import binascii
import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from wagtail_m365 import errors

# Answers that say "not processed, come again": safe to repeat for every method.
THROTTLED = frozenset({429, 503, 509})
# Answers after which nobody knows whether the request was carried out.
OUT_OF_ORDER = frozenset({408, 500, 502, 504})

_BY_CODE: dict[str, type[errors.GraphError]] = {
    "nameAlreadyExists": errors.NameTaken,
    "quotaLimitReached": errors.QuotaExceeded,
    "insufficientStorage": errors.QuotaExceeded,
    "resourceModified": errors.PreconditionFailed,
    "resourceLocked": errors.ItemLocked,
}
_BY_STATUS: dict[int, type[errors.GraphError]] = {
    403: errors.Forbidden,
    404: errors.ItemNotFound,
    410: errors.ResyncRequired,
    412: errors.PreconditionFailed,
    423: errors.ItemLocked,
    507: errors.QuotaExceeded,
}
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_DEEPEST = 5
_REQUEST_ID_HEADERS = ("request-id", "x-ms-request-id", "sprequestguid")
_CHALLENGE = re.compile(r'claims="(?P<claims>[A-Za-z0-9+/=_-]+)"')
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def from_response(response: requests.Response, clock: float) -> errors.M365Error:
    """The error that an answer of 400 or above stands for.

    Its words hold the status and Microsoft's codes only: bodies and addresses can
    carry file contents and pre-authenticated URLs.
    """
    status = response.status_code
    codes = graph_codes(response)
    sentence = f"Microsoft answered {status} {'/'.join(codes)}".rstrip() + "."
    reference = request_id(response)
    if status == HTTPStatus.UNAUTHORIZED:
        return _refused_token(response, sentence, reference)
    if status in THROTTLED | OUT_OF_ORDER:
        return errors.TemporarilyUnavailable(
            sentence,
            retry_after=retry_after(response, clock) or 0,
            correlation_id=reference,
            status=status,
        )
    return _graph_error_class(status, codes)(
        sentence, status=status, graph_code=".".join(codes), correlation_id=reference
    )


def _refused_token(
    response: requests.Response, sentence: str, reference: str
) -> errors.TokenError:
    if claims := claims_challenge(response):
        return errors.InteractionRequired(
            sentence, claims=claims, correlation_id=reference
        )
    return errors.ReconnectRequired(sentence, correlation_id=reference)


def _graph_error_class(status: int, codes: list[str]) -> type[errors.GraphError]:
    for code in reversed(codes):
        if code in _BY_CODE:
            return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return (
        errors.InvalidRequest
        if status < HTTPStatus.INTERNAL_SERVER_ERROR
        else errors.GraphError
    )


def from_lost_connection(
    error: requests.RequestException, correlation_id: str
) -> errors.TemporarilyUnavailable:
    """The error for a connection that broke, or never came about."""
    return errors.TemporarilyUnavailable(
        f"The connection to Microsoft failed ({type(error).__name__}).",
        correlation_id=correlation_id,
    )


def without_address(error: requests.RequestException) -> requests.RequestException:
    """The same kind of error without its words, which may hold a pre-authenticated URL."""
    return type(error)(
        f"{type(error).__name__}: the address is left out of this message."
    )


def never_sent(error: requests.RequestException) -> bool:
    """Did the request certainly not reach Microsoft?"""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | NameResolutionError)


def claims_challenge(response: requests.Response) -> str | None:
    """The claims that a 401 asks for, decoded (Microsoft: claims challenges).

    Returns:
        JSON for the next token request; ``None`` where nothing is asked for.
    """
    match = _CHALLENGE.search(response.headers.get("WWW-Authenticate", ""))
    if match is None:
        return None
    text = match["claims"].translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def graph_codes(response: requests.Response) -> list[str]:
    """``error.code`` and the inner codes of an answer, outermost first."""
    codes: list[str] = []
    level = _member(_body(response), "error")
    while isinstance(level, dict) and len(codes) < _DEEPEST:
        code = level.get("code")
        if isinstance(code, str) and _CODE.fullmatch(code):
            codes.append(code)
        level = _member(level, "innerError") or _member(level, "innererror")
    return codes


def request_id(response: requests.Response) -> str:
    """Microsoft's id of this request, to quote to its support; ``""`` when not told."""
    for header in _REQUEST_ID_HEADERS:
        if value := response.headers.get(header):
            return value if _REQUEST_ID.fullmatch(value) else ""
    inner = _member(_member(_body(response), "error"), "innerError")
    value = inner.get("request-id", "") if isinstance(inner, dict) else ""
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else ""


def retry_after(response: requests.Response, now: float) -> float | None:
    """Seconds that Microsoft asks to wait (RFC 9110 §10.2.3: seconds or a date)."""
    value = response.headers.get("Retry-After", "").strip()
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
