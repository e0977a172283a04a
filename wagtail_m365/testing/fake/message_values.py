"""A message's properties: what may be sent, what is kept.

Source: message, "Properties"; fileAttachment; internetMessageHeader.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any

from . import outlook
from .calls import Call
from .directory import Account
from .graph_errors import not_supported
from .odata import Json, body, check_properties

RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients")
#: What can be changed only until it is sent (message: update).
OF_DRAFTS = {
    *("subject", "body", *RECIPIENTS, "replyTo", "from", "sender"),
    *("internetMessageId", "attachments", "internetMessageHeaders"),
}
_WRITABLE = OF_DRAFTS | {
    *("importance", "isDeliveryReceiptRequested", "isReadReceiptRequested", "flag"),
    *("categories", "isRead", "inferenceClassification"),
}
#: What Microsoft takes, and the fake does not.
_ELSEWHERE = {
    *("extensions", "mentions", "receivedDateTime", "sentDateTime"),
}
PROPERTIES = frozenset(
    {
        *_WRITABLE,
        *_ELSEWHERE,
        *outlook.EXTENDED,
        *("id", "bodyPreview", "createdDateTime", "lastModifiedDateTime", "changeKey"),
        *("receivedDateTime", "sentDateTime", "hasAttachments", "isDraft"),
        *("parentFolderId", "webLink", "conversationId", "conversationIndex"),
        "uniqueBody",
    }
)
_TAKEN = _WRITABLE | _ELSEWHERE | outlook.EXTENDED
_FILE = "#microsoft.graph.fileAttachment"
_ATTACHMENT = {
    *("name", "contentType", "contentBytes", "isInline", "contentId", "size"),
    "contentLocation",
}
_FLAG = {"flagStatus", "startDateTime", "dueDateTime", "completedDateTime"}
_MOST_HEADERS = 5


def blank(author: Account, moment: str, link: str) -> Json:
    """A message in which nothing stands yet."""
    sender = {"emailAddress": {"name": author.name, "address": author.username}}
    return {
        **outlook.new_item(moment, link),
        "receivedDateTime": moment,
        "sentDateTime": moment,
        "hasAttachments": False,
        "internetMessageId": f"<{uuid.uuid4().hex}@fake.invalid>",
        "subject": "",
        "bodyPreview": "",
        "importance": "normal",
        "parentFolderId": "sentitems",
        "conversationId": f"AAQk{uuid.uuid4().hex}",
        "conversationIndex": base64.b64encode(uuid.uuid4().bytes).decode(),
        "isDeliveryReceiptRequested": False,
        "isReadReceiptRequested": False,
        "isRead": True,
        "isDraft": False,
        "inferenceClassification": "focused",
        "body": outlook.item_body(None),
        "sender": sender,
        "from": sender,
        **{name: [] for name in (*RECIPIENTS, "replyTo")},
        "flag": {"flagStatus": "notFlagged"},
        "attachments": [],
    }


def receive(call: Call) -> Json:
    """The message that was sent as the body itself.

    Raises:
        GraphError: 400, or 501 for what the fake has not.
    """
    return _known(body(call.request, _TAKEN, "microsoft.graph.message"))


def noted(sent: Json) -> Json:
    """What was sent, as it is kept; who wrote it is the account's own matter.

    Raises:
        GraphError: 400, or 501 for what the fake has not.
    """
    kept = changed(_known(sent))
    kept.pop("from", None)
    kept.pop("sender", None)
    return kept


def changed(sent: Json) -> Json:
    """The properties that were sent, checked.

    Raises:
        GraphError: 400.
    """
    kept = dict(sent)
    outlook.one_of(kept, "importance", outlook.IMPORTANCE)
    if "subject" in kept:
        kept["subject"] = kept["subject"] or ""
    outlook.one_of(kept, "inferenceClassification", ("focused", "other"))
    for name in (*RECIPIENTS, "replyTo"):
        if name in kept:
            kept[name] = [_recipient(one) for one in kept[name] or []]
    if "body" in kept:
        kept["body"] = outlook.item_body(kept["body"])
        kept["bodyPreview"] = outlook.preview(kept["body"])
    if "flag" in kept:
        check_properties(kept["flag"], _FLAG, "microsoft.graph.followupFlag")
        outlook.one_of(
            kept["flag"], "flagStatus", ("notFlagged", "complete", "flagged")
        )
    if "attachments" in kept:
        kept["attachments"] = [_attachment(one) for one in kept["attachments"] or []]
        kept["hasAttachments"] = bool(kept["attachments"])
    _check_headers(kept.get("internetMessageHeaders") or [])
    return kept


def _known(sent: Json) -> Json:
    check_properties(sent, _TAKEN, "microsoft.graph.message")
    for name in sorted(_ELSEWHERE & set(sent)):
        raise not_supported(f"{name} of a message")
    return {name: sent[name] for name in sent if name not in outlook.EXTENDED}


def _recipient(sent: Any) -> Json:
    check_properties(sent, {"emailAddress"}, "microsoft.graph.recipient")
    outlook.address_of(sent)
    address = sent["emailAddress"]
    return {"emailAddress": {"name": address["address"]} | address}


def _attachment(sent: Any) -> Json:
    """A file in the request itself.

    Raises:
        GraphError: 400, or 501 for another kind of attachment.
    """
    given = sent.get("@odata.type") if isinstance(sent, dict) else None
    kind = str(given or _FILE)
    if kind.lstrip("#") != _FILE.lstrip("#"):
        raise not_supported(f"attachments of type {kind}")
    check_properties(sent, _ATTACHMENT, "microsoft.graph.fileAttachment")
    text = str(sent.get("contentBytes") or "")
    try:
        size = len(base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise outlook.error(
            "RequestBodyRead", "Cannot convert contentBytes to 'Edm.Binary'."
        ) from error
    if not sent.get("name"):
        raise outlook.error(
            "ErrorRequiredPropertyMissing", "Required property is missing."
        )
    return {
        "@odata.type": _FILE,
        "id": f"AAMk{uuid.uuid4().hex}",
        "name": sent["name"],
        "contentType": sent.get("contentType") or "application/octet-stream",
        "size": size,
        "isInline": bool(sent.get("isInline")),
        "contentId": sent.get("contentId"),
        "contentBytes": text,
    }


def _check_headers(headers: list[Any]) -> None:
    """Raises: GraphError: 400: only five of one's own, whose names say so."""
    for header in headers:
        known = {"name", "value"}
        check_properties(header, known, "microsoft.graph.internetMessageHeader")
        name = str(header.get("name"))
        if not name.casefold().startswith("x-"):
            raise outlook.error(
                "InvalidInternetMessageHeader",
                f"The internet message header name '{name}' should start with 'x-' or "
                "'X-'.",
            )
    if len(headers) > _MOST_HEADERS:
        raise outlook.error(
            "InvalidInternetMessageHeaderCollection",
            "Maximum number of headers in one message should be less than or equal to "
            "5.",
        )
