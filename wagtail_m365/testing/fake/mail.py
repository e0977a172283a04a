"""Mail of an account: ``/me/sendMail`` and ``/me/messages``.

Source: user: sendMail, user: list messages, message: send.
"""

from __future__ import annotations

import uuid
from operator import itemgetter
from typing import Any

from werkzeug.wrappers import Response

from .calls import Call, no_content
from .graph_errors import GraphError, bad_request
from .item_json import timestamp
from .locating import person
from .odata import Json, body, check_properties, ordered, reduce, selected

#: Messages a page, as Outlook's part of Graph has it.
MAIL_PAGE = 10
_WRITABLE = {
    "subject",
    "body",
    "toRecipients",
    "ccRecipients",
    "bccRecipients",
    "replyTo",
    "from",
    "sender",
    "importance",
    "attachments",
    "internetMessageHeaders",
    "isDeliveryReceiptRequested",
    "isReadReceiptRequested",
    "flag",
    "categories",
}
_PROPERTIES = frozenset(
    _WRITABLE
    | {
        *("id", "bodyPreview", "createdDateTime", "lastModifiedDateTime"),
        *("receivedDateTime", "sentDateTime", "hasAttachments", "internetMessageId"),
        *("isDraft", "isRead", "parentFolderId", "webLink", "conversationId"),
        *("inferenceClassification", "changeKey"),
    }
)
_KEYS = {
    name: itemgetter(name)
    for name in ("receivedDateTime", "sentDateTime", "subject", "createdDateTime")
}
_RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients")
_PREVIEW = 255


def send_mail(call: Call) -> Response:
    """``POST /me/sendMail``: 202; the message is in the mailboxes of all who have one."""
    call.options(())
    known = {"message", "Message", "saveToSentItems", "SaveToSentItems"}
    sent = body(call.request, known, "microsoft.graph.sendMail")
    message = sent.get("message", sent.get("Message"))
    if message is None:
        raise _error("ErrorInvalidRequest", "The message is missing")
    entity = _new(call, message)
    keep = sent.get("saveToSentItems", sent.get("SaveToSentItems", True))
    _send(call, entity, keep=bool(keep))
    return Response(status=202)


def create(call: Call) -> Response:
    """``POST /me/messages``: a draft."""
    call.options(())
    sent = body(call.request, _WRITABLE, "microsoft.graph.message")
    entity = _new(call, sent) | {"isDraft": True, "parentFolderId": "drafts"}
    _mailbox(call, person(call).object_id).append(entity)
    return call.answer(entity, "me/messages", 201)


def send_draft(call: Call, message: str) -> Response:
    """``POST /me/messages/{id}/send``."""
    entity = _find(call, message)
    if not entity["isDraft"]:
        raise _error("ErrorAccessDenied", "The message is no draft", 403)
    _mailbox(call, call.by.id).remove(entity)
    _send(call, entity | {"isDraft": False}, keep=True)
    return Response(status=202)


def list_messages(call: Call) -> Response:
    """``GET /me/messages``, newest first."""
    rows = list(reversed(_mailbox(call, person(call).object_id)))
    rows = ordered(call.request, rows, _KEYS)
    names = selected(call.request, _PROPERTIES, "message")
    return call.answer_list(
        rows, lambda one: reduce(one, names), "me/messages", size=MAIL_PAGE
    )


def show(call: Call, message: str) -> Response:
    """``GET /me/messages/{id}``."""
    call.options()
    return call.answer(_json(call, _find(call, message)), "me/messages")


def delete(call: Call, message: str) -> Response:
    """``DELETE /me/messages/{id}``."""
    _mailbox(call, call.by.id).remove(_find(call, message))
    return no_content()


def _new(call: Call, sent: Any) -> Json:
    """The message as it is kept.

    Raises:
        GraphError: 400.
    """
    check_properties(sent, _WRITABLE, "microsoft.graph.message")
    for recipient in (one for name in _RECIPIENTS for one in sent.get(name) or []):
        _address(recipient)
    text = {"contentType": "text", "content": ""} | (sent.get("body") or {})
    check_properties(text, {"contentType", "content"}, "microsoft.graph.itemBody")
    account = person(call)
    sender = {"emailAddress": {"name": account.name, "address": account.username}}
    lists = {name: sent.get(name) or [] for name in (*_RECIPIENTS, "replyTo")}
    return {
        **_stamped(call),
        "hasAttachments": bool(sent.get("attachments")),
        "subject": sent.get("subject", ""),
        "bodyPreview": str(text["content"])[:_PREVIEW],
        "importance": sent.get("importance", "normal"),
        "body": text,
        "sender": sender,
        "from": sender,
        **lists,
    }


def _stamped(call: Call) -> Json:
    """What the service itself writes on a new message."""
    identifier = uuid.uuid4().hex
    times = ("createdDateTime", "lastModifiedDateTime", "receivedDateTime")
    return {
        "id": f"AAMk{identifier}",
        **dict.fromkeys((*times, "sentDateTime"), timestamp(call.now)),
        "internetMessageId": f"<{identifier}@fake.invalid>",
        "parentFolderId": "sentitems",
        "isRead": True,
        "isDraft": False,
        "webLink": f"{call.origin}/word/",
    }


def _send(call: Call, entity: Json, *, keep: bool) -> None:
    addresses = {
        _address(one) for name in _RECIPIENTS for one in entity.get(name) or []
    }
    if not addresses:
        raise _error(
            "ErrorInvalidRecipients",
            "At least one recipient is not valid., A message can't be sent unless it "
            "contains at least one recipient.",
        )
    if keep:
        _mailbox(call, call.by.id).append(entity | {"parentFolderId": "sentitems"})
    for account in call.world.accounts.values():
        if account.username.casefold() in addresses:
            arrived = entity | {"parentFolderId": "inbox", "isRead": False}
            arrived["id"] = f"AAMk{uuid.uuid4().hex}"
            arrived["bccRecipients"] = []
            _mailbox(call, account.object_id).append(arrived)
            call.state.tell(account.object_id, "messages", arrived["id"], "created")


def _address(recipient: Any) -> str:
    """The address in lower case.

    Raises:
        GraphError: 400.
    """
    check_properties(recipient, {"emailAddress"}, "microsoft.graph.recipient")
    address = recipient.get("emailAddress") or {}
    check_properties(address, {"name", "address"}, "microsoft.graph.emailAddress")
    text = str(address.get("address") or "")
    if "@" not in text:
        raise _error("ErrorInvalidRecipients", "At least one recipient is not valid.")
    return text.casefold()


def _mailbox(call: Call, account_id: str) -> list[Json]:
    return call.state.mailboxes.setdefault(account_id, [])


def _find(call: Call, message: str) -> Json:
    for entity in _mailbox(call, person(call).object_id):
        if entity["id"] == message:
            return entity
    raise _error(
        "ErrorItemNotFound", "The specified object was not found in the store.", 404
    )


def _json(call: Call, entity: Json) -> Json:
    return reduce(entity, selected(call.request, _PROPERTIES, "message"))


def _error(code: str, message: str, status: int = 400) -> GraphError:
    error = bad_request(message)
    error.status, error.code = status, code
    return error
