"""Graph's refusals, in Microsoft's words.

The shape of the body follows "Microsoft Graph error responses and resource types"; codes
and messages follow the OneDrive error reference and answers quoted in public threads
(onedrive-api-docs, rclone, abraunegg/onedrive, msgraph-sdk-java).
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.wrappers import Request, Response


@dataclass(kw_only=True)
class GraphError(Exception):
    """An answer that is no success.

    Attributes:
        status: HTTP status.
        code: ``error.code``.
        message: ``error.message``.
        inner: ``error.innerError.code``, empty for none.
        headers: Further response headers, such as ``Retry-After``.
    """

    status: int
    code: str
    message: str
    inner: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, request: Request, now: datetime) -> Response:
        """This refusal as an answer to that request."""
        return Response(
            json.dumps({"error": self.body(request, now)}),
            status=self.status,
            headers=dict(self.headers),
            content_type="application/json",
        )

    def body(self, request: Request, now: datetime) -> dict[str, object]:
        """The value of ``error``."""
        request_id, client_request_id = request_ids(request)
        inner: dict[str, str] = {"code": self.inner} if self.inner else {}
        inner |= {
            "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return {"code": self.code, "message": self.message, "innerError": inner}


def request_ids(request: Request) -> tuple[str, str]:
    """The id the service gives this request, and the client's own or the same."""
    ours = request.environ.setdefault("fake.request_id", str(uuid.uuid4()))
    return str(ours), request.headers.get("client-request-id") or str(ours)


_CHALLENGE = (
    'Bearer realm="", '
    'authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)


def unauthorized(message: str) -> GraphError:
    """The bearer token is missing, garbled, expired or for another audience."""
    return GraphError(
        status=401,
        code="InvalidAuthenticationToken",
        message=message,
        headers={"WWW-Authenticate": _CHALLENGE},
    )


def claims_challenge(not_before: int) -> GraphError:
    """Continuous access evaluation wants a newer token.

    Args:
        not_before: POSIX seconds after which the new token must be issued.
    """
    claims = {"access_token": {"nbf": {"essential": True, "value": str(not_before)}}}
    encoded = base64.b64encode(json.dumps(claims).encode()).decode("ascii")
    error = unauthorized(
        "Continuous access evaluation resulted in challenge with result: "
        "InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"
    )
    challenge = f'{_CHALLENGE}, error="insufficient_claims", claims="{encoded}"'
    error.headers = {"WWW-Authenticate": challenge}
    return error


def bad_request(message: str) -> GraphError:
    """The request breaks OData's grammar, or names what the type does not have."""
    return GraphError(status=400, code="BadRequest", message=message)


def invalid_request(message: str, inner: str = "") -> GraphError:
    """The files service cannot make sense of the request."""
    return GraphError(status=400, code="invalidRequest", message=message, inner=inner)


def access_denied(message: str = "Access denied") -> GraphError:
    """The token or the account has no right to do this to a file."""
    return GraphError(status=403, code="accessDenied", message=message)


def item_not_found(
    message: str = "The resource could not be found.", inner: str = ""
) -> GraphError:
    """No such drive item."""
    return GraphError(status=404, code="itemNotFound", message=message, inner=inner)


def name_taken(message: str = "The specified item name already exists.") -> GraphError:
    """Another item of the folder has this name."""
    return GraphError(status=409, code="nameAlreadyExists", message=message)


def modified() -> GraphError:
    """``If-Match`` names another eTag."""
    return GraphError(
        status=412,
        code="resourceModified",
        message="ETag does not match current item's value",
    )


def locked() -> GraphError:
    """An Office application, or a check-out, holds the file."""
    return GraphError(
        status=423,
        code="notAllowed",
        inner="resourceLocked",
        message="The resource you are attempting to access is locked",
    )


def quota_reached() -> GraphError:
    """The drive is full."""
    return GraphError(
        status=507, code="quotaLimitReached", message="Insufficient Space Available"
    )


def not_supported(what: str) -> GraphError:
    """The fake, or the kind of drive, does not do this."""
    return GraphError(
        status=501, code="notSupported", message=f"Not supported by the fake: {what}"
    )


def throttled(retry_after: str) -> GraphError:
    """Too many requests. ``retry_after`` is a number of seconds or an HTTP date."""
    return GraphError(
        status=429,
        code="activityLimitReached",
        inner="throttledRequest",
        message="The request has been throttled",
        headers={"Retry-After": retry_after},
    )
