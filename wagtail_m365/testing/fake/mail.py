"""Mail of an account: ``/me/sendMail``, ``/me/messages`` and ``/me/mailFolders``.

Source: user: sendMail, user: list messages, message: send, message: update, mailFolder.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from operator import itemgetter

from werkzeug.wrappers import Response

from . import outlook
from .calls import Call, no_content
from .graph_errors import not_supported
from .locating import person
from .message_values import OF_DRAFTS, PROPERTIES, RECIPIENTS, blank, changed, noted
from .message_values import receive as receive_message
from .odata import Json, body, check_properties
from .rights import Need, has

_WHAT = "me/messages"
_KEYS = {
    name: itemgetter(name)
    for name in (
        *("receivedDateTime", "sentDateTime", "createdDateTime"),
        *("lastModifiedDateTime", "subject", "importance", "isRead"),
    )
}
#: Well-known names of folders, with what people see.
_FOLDERS = {
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "archive": "Archive",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
}
_SENT = {"message", "Message", "saveToSentItems", "SaveToSentItems"}


def send_mail(call: Call) -> Response:
    """``POST /me/sendMail``: 202; the message is in the mailboxes of all who have one."""
    call.options(())
    if call.request.mimetype == "text/plain":
        raise not_supported("a message in MIME format")
    sent = body(call.request, _SENT, "microsoft.graph.sendMail")
    message = sent.get("message", sent.get("Message"))
    if message is None:
        raise outlook.error("ErrorInvalidRequest", "The message is missing")
    entity = _new(call, message)
    keep = sent.get("saveToSentItems", sent.get("SaveToSentItems", True))
    _send(call, entity, keep=bool(keep))
    return Response(status=202)


def create(call: Call, folder: str = "drafts") -> Response:
    """``POST /me/messages``, or in a folder: a draft."""
    call.options(())
    if call.request.mimetype == "text/plain":
        raise not_supported("a message in MIME format")
    entity = _new(call, receive_message(call)) | {
        "isDraft": True,
        "parentFolderId": _folder(folder),
    }
    _own(call).append(entity)
    return outlook.answer_one(call, _shown(call)(entity), PROPERTIES, _WHAT, 201)


def send_draft(call: Call, message: str) -> Response:
    """``POST /me/messages/{id}/send``."""
    entity = outlook.find(_own(call), message)
    if not entity["isDraft"]:
        raise outlook.error("ErrorAccessDenied", "The message is no draft", 403)
    _check_addressed(entity)
    _own(call).remove(entity)
    _send(call, entity | {"isDraft": False}, keep=True)
    return Response(status=202)


def list_messages(call: Call, folder: str = "") -> Response:
    """``GET /me/messages``, newest first, of all folders or of one."""
    rows = list(reversed(_own(call)))
    if folder:
        name = _folder(folder)
        rows = [row for row in rows if row["parentFolderId"] == name]
    return outlook.answer_many(
        call, rows, properties=PROPERTIES, what=_WHAT, keys=_KEYS, shown=_shown(call)
    )


def show(call: Call, message: str) -> Response:
    """``GET /me/messages/{id}``."""
    call.options(("$select",))
    entity = outlook.find(_own(call), message)
    return outlook.answer_one(call, _shown(call)(entity), PROPERTIES, _WHAT)


def update(call: Call, message: str) -> Response:
    """``PATCH /me/messages/{id}``: some properties, and more of a draft."""
    call.options(())
    entity = outlook.find(_own(call), message)
    sent = receive_message(call)
    refused = OF_DRAFTS & set(sent)
    if refused and not entity["isDraft"]:
        raise outlook.error(
            "ErrorInvalidPropertySet",
            f"Only a draft's {', '.join(sorted(refused))} can be changed.",
        )
    entity.update(changed(sent))
    outlook.touch(entity, outlook.now(call))
    return outlook.answer_one(call, _shown(call)(entity), PROPERTIES, _WHAT)


def delete(call: Call, message: str) -> Response:
    """``DELETE /me/messages/{id}``."""
    _own(call).remove(outlook.find(_own(call), message))
    return no_content()


def list_attachments(call: Call, message: str) -> Response:
    """``GET /me/messages/{id}/attachments``."""
    entity = outlook.find(_own(call), message)
    what = f"me/messages('{message}')/attachments"
    return call.answer_list(entity["attachments"], dict, what)


def list_folders(call: Call) -> Response:
    """``GET /me/mailFolders``."""
    return call.answer_list(
        list(_FOLDERS), lambda name: _folder_json(call, name), "me/mailFolders", size=10
    )


def show_folder(call: Call, folder: str) -> Response:
    """``GET /me/mailFolders/{well-known name}``."""
    call.options(())
    return call.answer(_folder_json(call, _folder(folder)), "me/mailFolders")


def _new(call: Call, sent: Json) -> Json:
    check_properties(sent, sent or {}, "microsoft.graph.message")
    entity = blank(person(call), outlook.now(call), f"{call.origin}/word/")
    return entity | noted(sent)


def _check_addressed(entity: Json) -> set[str]:
    """The addresses to which it goes.

    Raises:
        GraphError: 400: there are none.
    """
    people = (one for name in RECIPIENTS for one in entity[name])
    addresses = {outlook.address_of(one) for one in people}
    if not addresses:
        raise outlook.error(
            "ErrorInvalidRecipients",
            "At least one recipient is not valid., A message can't be sent unless it "
            "contains at least one recipient.",
        )
    return addresses


def _send(call: Call, entity: Json, *, keep: bool) -> None:
    addresses = _check_addressed(entity)
    if keep:
        _own(call).append(entity | {"parentFolderId": "sentitems"})
    for account in call.world.accounts.values():
        if account.username.casefold() in addresses:
            arrived = entity | {"parentFolderId": "inbox", "isRead": False}
            arrived["id"] = f"AAMk{uuid.uuid4().hex}"
            arrived["bccRecipients"] = []
            call.state.mailboxes.setdefault(account.object_id, []).append(arrived)
            call.state.tell(account.object_id, "messages", arrived["id"], "created")


def _own(call: Call) -> list[Json]:
    return call.state.mailboxes.setdefault(person(call).object_id, [])


def _shown(call: Call) -> Callable[[Json], Json]:
    """How a message is told to this token.

    Attachments have an address of their own; ``Mail.ReadBasic`` is told no text.
    """
    hidden = {"attachments"}
    if not has(call, Need.READ_MAIL_WHOLE):
        hidden |= {"body", "bodyPreview", "uniqueBody"}
    return lambda entity: {k: v for k, v in entity.items() if k not in hidden}


def _folder(given: str) -> str:
    name = given.casefold()
    if name not in _FOLDERS:
        outlook.find([], given)
    return name


def _folder_json(call: Call, name: str) -> Json:
    inside = [one for one in _own(call) if one["parentFolderId"] == name]
    return {
        "id": name,
        "displayName": _FOLDERS[name],
        "parentFolderId": "msgfolderroot",
        "childFolderCount": 0,
        "unreadItemCount": sum(not one["isRead"] for one in inside),
        "totalItemCount": len(inside),
        "sizeInBytes": sum(len(one["body"]["content"]) for one in inside),
        "isHidden": False,
    }
