"""What Microsoft's identity platform says when it says no → one of our errors.

Decided by ``error`` and ``suberror`` alone (Microsoft, "Handle errors and exceptions
in MSAL": texts and numbers change); the AADSTS number chooses the words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from wagtail_m365.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionRequired,
    M365Error,
    Misconfigured,
    ReconnectRequired,
    SignInExpired,
    SignInRefused,
    TemporarilyUnavailable,
)

from . import aadsts
from .transport import LastAnswer, is_outage

_BY_ERROR: Mapping[str, type[M365Error]] = {
    "temporarily_unavailable": TemporarilyUnavailable,
    "server_error": TemporarilyUnavailable,
    "timeout": TemporarilyUnavailable,
    "invalid_client": Misconfigured,
    "unauthorized_client": Misconfigured,
    "invalid_resource": Misconfigured,
    "unsupported_grant_type": Misconfigured,
    "unsupported_response_type": Misconfigured,
    "consent_required": ConsentRequired,
    "interaction_required": InteractionRequired,
    "login_required": InteractionRequired,
    "access_denied": AccessDenied,
    "invalid_grant": ReconnectRequired,
}
# Looked at when ``error`` is one that says little.
_BY_SUBERROR: Mapping[str, type[M365Error]] = {
    "consent_required": ConsentRequired,
    "basic_action": InteractionRequired,
    "additional_action": InteractionRequired,
    "user_password_expired": InteractionRequired,
    "message_only": AccessDenied,
}
_SAYS_LITTLE = frozenset({"invalid_grant", "interaction_required", "access_denied"})
# The same refusals, where they end a sign-in instead of a grant.
_IN_SIGN_IN: Mapping[type[M365Error], type[M365Error]] = {
    ReconnectRequired: SignInExpired,
    AccessDenied: SignInRefused,
}
_CORRELATION = re.compile(r"Correlation ID: ([0-9a-fA-F-]{36})")
_HARMLESS = re.compile(r"[\w.-]{1,64}", re.ASCII)


def kind_of(error: str, suberror: str = "") -> type[M365Error]:
    """The class of error; whatever is new or malformed is ours to mend."""
    by_suberror = _BY_SUBERROR.get(suberror)
    if by_suberror and (error in _SAYS_LITTLE or error not in _BY_ERROR):
        return by_suberror
    return _BY_ERROR.get(error, Misconfigured)


def refusal(
    answer: Mapping[str, Any],
    *,
    last: LastAnswer,
    scopes: Iterable[str] = (),
    in_sign_in: bool = False,
) -> M365Error:
    """The error that this answer is; to be raised by the caller.

    Args:
        answer: MSAL's result, or the query of a sign-in that was sent back.
        last: What the answer's headers said.
        scopes: What was asked for; told where consent is missing.
        in_sign_in: It ends a sign-in, not a grant that worked before.
    """
    error = _harmless(answer.get("error"))
    kind = kind_of(error, _harmless(answer.get("suberror")))
    if in_sign_in:
        kind = _IN_SIGN_IN.get(kind, kind)
    description = answer.get("error_description", "")
    numbers = aadsts.numbers_in(answer.get("error_codes"), description)
    told = f"AADSTS{numbers[0]}" if numbers else ""
    return kind(
        f"Microsoft answered {error or 'without a reason'}{told and f' ({told})'}.",
        correlation_id=_correlation_id(answer, last),
        oauth_error=error,
        microsoft_code=told,
        **_more(kind, answer, numbers, last, scopes),
    )


def unanswered(last: LastAnswer) -> TemporarilyUnavailable:
    """The error for no answer at all, or for one that cannot be used."""
    code, detail = _why_unanswered(last.status)
    numbers = last.error_codes
    return TemporarilyUnavailable(
        detail,
        # What an outage is about, the number tells better than the status.
        code=(aadsts.code_of(numbers) or code) if code == "outage" else code,
        microsoft_code=f"AADSTS{numbers[0]}" if numbers else "",
        retry_after=last.retry_after,
        correlation_id=_harmless(last.correlation_id),
        status=last.status,
    )


def _why_unanswered(status: int) -> tuple[str, str]:
    if status == 0:
        return "unreachable", "Microsoft's identity platform cannot be reached."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "throttled", "Microsoft's identity platform asks to slow down."
    if is_outage(status):
        return "outage", f"Microsoft's identity platform answered {status}."
    return "unreadable_answer", f"An answer with status {status} cannot be read."


def _more(
    kind: type[M365Error],
    answer: Mapping[str, Any],
    numbers: tuple[int, ...],
    last: LastAnswer,
    scopes: Iterable[str],
) -> dict[str, Any]:
    """What only some classes carry, and the finer code where there is one."""
    code = aadsts.code_of(numbers)
    more: dict[str, Any] = {"code": code} if code else {}
    if kind is ConsentRequired:
        more["scopes"] = scopes
        more["admin"] = bool(aadsts.ADMIN_CONSENT.intersection(numbers))
    elif kind is InteractionRequired:
        more["claims"] = _claims(answer.get("claims"))
    elif kind is TemporarilyUnavailable:
        more["retry_after"] = last.retry_after
    return more


def _claims(value: object) -> str:
    """The claims to send with the next sign-in, if they are what they should be."""
    try:
        return str(value) if isinstance(json.loads(str(value)), dict) else ""
    except (ValueError, RecursionError):
        return ""


def _correlation_id(answer: Mapping[str, Any], last: LastAnswer) -> str:
    told = _harmless(answer.get("correlation_id"))
    in_text = _CORRELATION.search(str(answer.get("error_description", "")))
    return told or (in_text[1] if in_text else "") or _harmless(last.correlation_id)


def _harmless(value: object) -> str:
    """A short plain word, or nothing: the answer may come from a stranger's hand."""
    text = value if isinstance(value, str) else ""
    return text if _HARMLESS.fullmatch(text) else ""
