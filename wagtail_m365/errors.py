"""Every error that leaves this package, in one tree.

The class is for code to branch on, ``code`` for logs and look-ups, and the words
for people are found by ``code`` in :mod:`wagtail_m365.explanations`::

    M365Error
    ├── TokenError                 no valid token can be had
    │   ├── NotConnected           the owner has not connected an account
    │   ├── ConsentRequired        rights are missing that somebody must grant
    │   ├── InteractionRequired    Microsoft wants to see the person (MFA, claims)
    │   ├── ReconnectRequired      the grant is gone: sign in again
    │   └── AccessDenied           a policy says no
    ├── Misconfigured              the site's set-up is wrong: an admin must act
    ├── TemporarilyUnavailable     throttled, or out of order: wait
    ├── SignInError                one sign-in that came to nothing
    │   ├── SignInExpired          unknown, used or outdated state
    │   ├── SignInRefused          the person or Microsoft said no
    │   ├── IdTokenRejected        the id token is not for us
    │   └── OtherAccount           signed in as somebody else than before
    ├── Undecryptable              a sealed value that no key of ours opens
    ├── GraphError                 Microsoft Graph answered with an error
    │   ├── Forbidden              403
    │   ├── ItemNotFound           404
    │   ├── NameTaken              409 nameAlreadyExists
    │   ├── PreconditionFailed     412
    │   ├── ItemLocked             423
    │   ├── QuotaExceeded          507
    │   ├── ResyncRequired         410
    │   ├── InvalidRequest         400 and the rest of 4xx
    │   ├── UploadSessionLost      an upload session that has ended
    │   └── ForeignAddress         an address outside the configured hosts
    └── DocumentError              a journey of a document cannot go on
        ├── NotAllowed             no permission on this document
        ├── FormatNotEditable      Office cannot edit this format
        ├── FileMissing            the file vanished from the storage
        ├── NameRefused            OneDrive refuses this name or folder
        ├── ContentMismatch        the bytes that arrived are not those sent
        ├── NothingOpen            no edit session to bring back
        ├── BothChanged            Wagtail's and Microsoft's copy have both changed
        ├── WrongState             the edit session is in another state
        ├── AlreadyOpen            somebody else has the document open
        ├── TransferCancelled      somebody has cancelled the transfer
        ├── WriteFailed            the site's storage or database failed
        └── WriteRefused           the site's document form refused the file
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple


class Actor(StrEnum):
    """Who has to act before the same thing can succeed."""

    EDITOR = "editor"
    SITE_ADMIN = "site_admin"
    ENTRA_ADMIN = "entra_admin"
    NOBODY = "nobody"


class Explanation(NamedTuple):
    """What a person needs to know about one error."""

    #: The ``code`` of the error that is explained.
    code: str
    #: One sentence: what happened.
    what: str
    #: Who must act.
    actor: Actor
    #: One sentence: what that person does next.
    next_step: str
    #: To quote when asking for help: correlation id, time, Microsoft's code.
    reference: str = ""


class M365Error(Exception):
    """Something about Microsoft 365 did not work.

    Args:
        detail: A sentence for developers and logs; never a secret.
        code: Overrides the class's ``code`` where one class has several causes.
        correlation_id: Microsoft's id of the failed request, to quote to support.
        facts: Small, harmless values for the explanation (names, sizes, codes).
    """

    code: ClassVar[str] = "error"
    #: May the same call succeed later without anybody doing anything?
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        correlation_id: str = "",
        **facts: Any,
    ) -> None:
        super().__init__(detail or _first_line(type(self)))
        if code is not None:
            self.code = code  # type: ignore[misc]  # an instance may be more exact
        self.correlation_id = correlation_id
        self.facts = facts
        #: When it happened, POSIX seconds; Microsoft's support asks for it.
        self.occurred_at = time.time()
        #: Where the owner can connect or grant what is missing, if that helps.
        self.connect_url = ""

    @property
    def explanation(self) -> Explanation:
        """What happened, who must act and the next step, in the active language."""
        return _explain(self)


class TokenError(M365Error):
    """No valid token can be had for this owner."""

    code = "token_error"


class NotConnected(TokenError):
    """The owner has not connected a Microsoft account."""

    code = "not_connected"


class ConsentRequired(TokenError):
    """Rights are missing that the owner or an administrator must grant.

    Args:
        scopes: The scopes that are missing.
        admin: Only an Entra administrator can grant them.
    """

    code = "consent_required"

    def __init__(
        self,
        detail: str = "",
        *,
        scopes: Iterable[str] = (),
        admin: bool = False,
        **more: Any,
    ) -> None:
        if admin:
            more.setdefault("code", "admin_consent_required")
        super().__init__(detail, **more)
        self.scopes = tuple(sorted(scopes))
        self.admin = admin


class InteractionRequired(TokenError):
    """Microsoft wants to see the person: more authentication is needed.

    Args:
        claims: The claims challenge (decoded JSON) to send with the next sign-in.
    """

    code = "interaction_required"

    def __init__(self, detail: str = "", *, claims: str = "", **more: Any) -> None:
        super().__init__(detail, **more)
        self.claims = claims


class ReconnectRequired(TokenError):
    """The grant is gone; the owner has to connect the account again."""

    code = "reconnect_required"


class AccessDenied(TokenError):
    """A policy of the organisation refuses access."""

    code = "access_denied"


class Misconfigured(M365Error):
    """The site's connection to Microsoft is not set up correctly."""

    code = "misconfigured"


class TemporarilyUnavailable(M365Error):
    """Microsoft cannot answer now: throttled, out of order or out of reach.

    Args:
        retry_after: Seconds to wait before it makes sense to ask again.
    """

    code = "temporarily_unavailable"
    retryable = True

    def __init__(
        self, detail: str = "", *, retry_after: float = 0, **more: Any
    ) -> None:
        super().__init__(detail, **more)
        self.retry_after = retry_after


class SignInError(M365Error):
    """A sign-in came to nothing."""

    code = "sign_in_failed"


class SignInExpired(SignInError):
    """The sign-in is unknown, was already used or has expired."""

    code = "sign_in_expired"


class SignInRefused(SignInError):
    """The person or Microsoft refused the sign-in."""

    code = "sign_in_refused"


class IdTokenRejected(SignInError):
    """The id token was not issued for this site and this sign-in."""

    code = "id_token_rejected"


class OtherAccount(SignInError):
    """The sign-in was made with another account than the connection's."""

    code = "other_account"


class Undecryptable(M365Error):
    """A sealed value cannot be opened with any key of this site."""

    code = "undecryptable"


class GraphError(M365Error):
    """Microsoft Graph answered with an error.

    Args:
        status: HTTP status.
        graph_code: ``error.code`` of the answer, with the innermost code last.
    """

    code = "graph_error"

    def __init__(
        self, detail: str = "", *, status: int = 0, graph_code: str = "", **more: Any
    ) -> None:
        super().__init__(detail, **more)
        self.status = status
        self.graph_code = graph_code


class Forbidden(GraphError):
    """This account may not do that with the drive item."""

    code = "forbidden"


class ItemNotFound(GraphError):
    """The drive item does not exist (any more)."""

    code = "item_not_found"


class NameTaken(GraphError):
    """An item of that name is there already."""

    code = "name_taken"


class PreconditionFailed(GraphError):
    """The drive item has changed since it was last seen (eTag)."""

    code = "precondition_failed"


class ItemLocked(GraphError):
    """The drive item is locked, usually because Office has it open."""

    code = "item_locked"


class QuotaExceeded(GraphError):
    """The drive is full."""

    code = "quota_exceeded"


class ResyncRequired(GraphError):
    """The delta token is too old; read everything again."""

    code = "resync_required"


class InvalidRequest(GraphError):
    """Graph did not accept the request."""

    code = "invalid_request"


class UploadSessionLost(GraphError):
    """The upload session has ended; begin a new one."""

    code = "upload_session_lost"


class ForeignAddress(GraphError):
    """An answer pointed to a host outside the configured cloud; it was not asked."""

    code = "foreign_address"


class DocumentError(M365Error):
    """A document's journey to or from Microsoft 365 cannot go on."""

    code = "document_error"


class NotAllowed(DocumentError):
    """This person may not do that with this document."""

    code = "not_allowed"


class FormatNotEditable(DocumentError):
    """Office for the web cannot edit files of this format."""

    code = "format_not_editable"


class FileMissing(DocumentError):
    """The document's file is not in the site's storage."""

    code = "file_missing"


class NameRefused(DocumentError):
    """OneDrive does not accept this file or folder name."""

    code = "name_refused"


class ContentMismatch(DocumentError):
    """The bytes that arrived are not the bytes that were sent."""

    code = "content_mismatch"
    retryable = True


class NothingOpen(DocumentError):
    """The document is not open in Microsoft 365."""

    code = "nothing_open"


class BothChanged(DocumentError):
    """The document changed on the site and in Microsoft 365; nothing was touched."""

    code = "both_changed"


class WrongState(DocumentError):
    """The edit session is in a state that does not allow this."""

    code = "wrong_state"


class WriteRefused(DocumentError):
    """The site's own rules refused the file that came back."""

    code = "write_refused"


class WriteFailed(DocumentError):
    """The site could not store the file; the document is as it was."""

    code = "write_failed"
    retryable = True


class TransferCancelled(DocumentError):
    """Somebody has cancelled this transfer; nothing was kept in Microsoft 365."""

    code = "transfer_cancelled"


class AlreadyOpen(DocumentError):
    """Somebody else has the document open in Microsoft 365.

    Args:
        session: The edit session that is in the way.
    """

    code = "already_open"

    def __init__(self, detail: str = "", *, session: Any = None, **more: Any) -> None:
        super().__init__(detail, **more)
        self.session = session


def _first_line(error_class: type[M365Error]) -> str:
    return (error_class.__doc__ or error_class.__name__).splitlines()[0]


def explain_with(explainer: Callable[[M365Error], Explanation]) -> None:
    """Install the look-up of explanations; this module itself knows no language."""
    global _explain  # noqa: PLW0603  # one look-up per process, set at start
    _explain = explainer


def _explain_plainly(error: M365Error) -> Explanation:
    return Explanation(
        code=error.code,
        what=_first_line(type(error)),
        actor=Actor.SITE_ADMIN,
        next_step="",
        reference=error.correlation_id,
    )


_explain: Callable[[M365Error], Explanation] = _explain_plainly
