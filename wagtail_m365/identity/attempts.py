"""One step with MSAL: whatever it raises leaves as one of our errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from wagtail_m365.errors import (
    IdTokenRejected,
    M365Error,
    Misconfigured,
    SignInError,
    TemporarilyUnavailable,
)
from wagtail_m365.redaction import without_frames

from .refusals import unanswered
from .transport import Transport

Result = TypeVar("Result")

#: What MSAL lets out when it meets an answer or a query that it did not expect.
_STUMBLES = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    AssertionError,
    RuntimeError,
)


def attempt(
    transport: Transport,
    call: Callable[[], Result],
    *,
    otherwise: Callable[[Exception], M365Error] | None = None,
) -> Result:
    """The result of a call, or one of our errors.

    What was raised is kept as the cause, but without its frames: their variables
    hold the secrets that were being sent, and error reports show variables.

    Args:
        transport: Knows what the last answer said.
        call: The step.
        otherwise: Makes the error for what MSAL stumbles over.
    """
    from requests import RequestException

    try:
        return call()
    except M365Error as error:
        raise without_frames(error)  # noqa: B904  # the same error, as it was
    except RequestException as error:
        raise unanswered(transport.last) from without_frames(error)
    except _STUMBLES as error:
        raise (otherwise or _unreadable)(error) from without_frames(error)


def invalid_request(cause: Exception) -> M365Error:
    """The error for a sign-in that MSAL will not ask for."""
    return Misconfigured(
        "No sign-in can be asked for with these scopes or claims.",
        code="invalid_sign_in_request",
    )


def failed_sign_in(cause: Exception) -> M365Error:
    """The error for a sign-in whose end MSAL does not accept."""
    return _rejected(cause) or SignInError(
        "Microsoft's answer to the sign-in cannot be read."
    )


def _unreadable(cause: Exception) -> M365Error:
    return _rejected(cause) or TemporarilyUnavailable(
        "Microsoft's answer cannot be read.", code="unreadable_answer"
    )


def _rejected(cause: Exception) -> IdTokenRejected | None:
    """MSAL raises RuntimeError where an id token fails one of its checks."""
    if not isinstance(cause, RuntimeError):
        return None
    return IdTokenRejected(
        "The id token was not made for this sign-in.", code="id_token_nonce"
    )
