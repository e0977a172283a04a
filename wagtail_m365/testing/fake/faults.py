"""What may go wrong next, by name: ordered in advance, used up as it happens."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request

#: Every fault that some part of the fake honours, and what then happens.
KNOWN = {
    # Any service; name one with service=… where it matters.
    "throttled": "429 with Retry-After (retry_after=seconds or HTTP date)",
    "server_error": "500",
    "service_unavailable": "503 (retry_after=seconds)",
    "cut_connection": "the connection is closed without an answer",
    "slow": "time passes before the answer (seconds=…; delay=real seconds)",
    "not_json": "200 with a page instead of JSON, as from a captive proxy",
    # The token endpoint.
    "slow_token": "as slow, at the token endpoint only",
    "invalid_client": "7000215, the secret is wrong",
    "expired_secret": "7000222, the secret has expired",
    "revoked_grant": "invalid_grant 50173, the sign-in was revoked",
    "expired_refresh_token": "invalid_grant 700082",
    "spurious_invalid_grant": "invalid_grant 70000, though the token is good",
    "consent_withdrawn": "invalid_grant 65001, consent_required",
    "mfa_required": "interaction_required 50076 with claims",
    "blocked_by_policy": "invalid_grant 53003, message_only",
    "account_disabled": "invalid_grant 50057",
    "temporarily_unavailable": "temporarily_unavailable 90033",
    "loop_detected": "invalid_grant 50196",
    "error": "any error (error=…, code=AADSTS number, suberror=…, claims=…)",
    "no_refresh_token": "an answer without refresh token",
    "numbers_as_text": "an answer whose lifetimes are texts",
    "fewer_scopes": "an answer that grants less (scopes=…)",
    "wrong_id_token": "an id token that is wrong (claims=…)",
    # Graph.
    "expired_token": "401, the token is expired",
    "claims_challenge": "401 with insufficient_claims",
    "locked": "423",
    "precondition_failed": "412 although the eTag is right",
    "quota_exceeded": "507",
    "name_taken": "409 nameAlreadyExists",
    "session_expired": "404 for the upload session",
    "upload_session_expired": "404 for the upload session",
    "sharing_refused": "403 for a sharing link: the tenant gives none",
    "preview_refused": "403 for a preview: the tenant gives none",
    "lists_ended": "shared with me and recent files are empty, as from November 2026 on",
    "etag_moves": "the eTag moves after an upload",
    "next_link_on_foreign_host": "@odata.nextLink on another host",
    "upload_url_on_foreign_host": "uploadUrl on another host",
    "resync_required": "410 for a delta token",
    "truncated_download": "the download ends early",
    "changed_during_download": "the file changes while it is fetched",
}
#: What a request can be told apart by.
WHERE = ("service", "method", "path", "account", "after")
SERVICES = {
    "/v1.0": "graph",
    "/storage": "storage",
    "/word": "word",
    "/_control": "control",
}


def service_of(path: str) -> str:
    """Which of Microsoft's services a path belongs to."""
    for prefix, service in SERVICES.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            return service
    return "identity"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One ordered fault.

    Attributes:
        name: One of ``KNOWN``.
        times: How often it still happens.
        where: Only for requests like this: ``method``, ``path`` (prefix), ``service``
            (``identity``, ``graph``, ``storage``), ``account`` (object id), and not
            before ``after`` such requests went well.
        parameters: What the fault needs to know, such as ``retry_after``.
    """

    name: str
    times: int = 1
    where: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    passed: int = 0

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter of the fault."""
        return self.parameters.get(name, default)

    def fits(self, request: Request, account: str) -> bool:
        """Is this request one that was meant?"""
        facts = {
            "method": request.method,
            "service": service_of(request.path),
            "account": account,
        }
        return request.path.startswith(self.where.get("path", "")) and all(
            facts[key] == wanted for key, wanted in self.where.items() if key in facts
        )

    def strikes(self) -> bool:
        """Is it due, or are there requests that may still pass? Counts this one."""
        if self.passed < int(self.where.get("after", 0)):
            self.passed += 1
            return False
        self.times -= 1
        return True


class Faults:
    """The orders, oldest first."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._guard = threading.Lock()

    def add(
        self,
        name: str,
        times: int = 1,
        *,
        where: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Fault:
        """Order a fault.

        Args:
            name: One of ``KNOWN``.
            times: How often it shall happen.
            where: Which requests are meant, by the names in ``WHERE``.
            parameters: What the fault needs to know.

        Raises:
            ValueError: Nobody would honour a fault of this name or place.
        """
        if name not in KNOWN:
            raise ValueError(f"No fault is named {name!r}. Known: {', '.join(KNOWN)}.")
        if unknown := set(where or {}) - set(WHERE):
            raise ValueError(f"A fault has no place {unknown}. Known: {WHERE}.")
        fault = Fault(name=name, times=times, where=where or {}, parameters=parameters)
        with self._guard:
            self._orders.append(fault)
        return fault

    def take(self, name: str, request: Request, account: Any = None) -> Fault | None:
        """The fault of this name that was ordered for such a request, used up once.

        ``account`` is the account on whose behalf it is made, or its object id.
        """
        identifier = str(getattr(account, "object_id", account) or "")
        with self._guard:
            for fault in self._orders:
                if fault.name != name or fault.times <= 0:
                    continue
                if fault.fits(request, identifier) and fault.strikes():
                    return fault
        return None

    def clear(self) -> None:
        """Forget every order."""
        with self._guard:
            self._orders.clear()

    def waiting(self) -> list[Fault]:
        """Orders that have not happened yet."""
        with self._guard:
            return [fault for fault in self._orders if fault.times > 0]
