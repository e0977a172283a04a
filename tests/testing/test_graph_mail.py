"""The fake's mail, held against the pages of Microsoft's reference."""

from __future__ import annotations

from typing import Any

import pytest

from wagtail_m365.testing.fake.state import Account

from .caller import Caller, code_of
from .conftest import CallerOf
from .test_graph_outlook import mail_to

FILE = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "hello.txt",
    "contentType": "text/plain",
    "contentBytes": "SGVsbG8gV29ybGQh",
}


@pytest.fixture
def mailbox(caller_of: CallerOf, ada: Account) -> Caller:
    return caller_of(ada, "Mail.ReadWrite", "Mail.Send")


def test_a_message_has_all_properties_that_microsoft_answers(mailbox: Caller) -> None:
    html = {"contentType": "HTML", "content": "They were <b>awesome</b>!"}

    made = mailbox.post(
        "me/messages", mail_to("x@y.example", body=html, importance="Low")
    )

    message = made.json()
    assert made.headers["Location"].endswith(f"/me/messages/{message['id']}")
    assert {
        *("@odata.etag", "changeKey", "categories", "conversationId", "flag"),
        *("isDeliveryReceiptRequested", "isReadReceiptRequested", "replyTo"),
        *("inferenceClassification", "conversationIndex"),
    } <= set(message)
    assert message["importance"] == "low"
    assert message["body"]["contentType"] == "html"
    assert message["bodyPreview"] == "They were awesome!"
    assert message["toRecipients"][0]["emailAddress"]["name"] == "x@y.example"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"body": {"contentType": "markdown", "content": ""}}, "RequestBodyRead"),
        ({"importance": "utmost"}, "RequestBodyRead"),
        ({"flag": {"flagStatus": "waving"}}, "RequestBodyRead"),
        ({"flag": {"colour": "red"}}, "BadRequest"),
        (
            {"internetMessageHeaders": [{"name": "mine", "value": "1"}]},
            "InvalidInternetMessageHeader",
        ),
        (
            {"internetMessageHeaders": 6 * [{"name": "x-mine", "value": "1"}]},
            "InvalidInternetMessageHeaderCollection",
        ),
        ({"attachments": [FILE | {"contentBytes": "?"}]}, "RequestBodyRead"),
        ({"attachments": [FILE | {"name": ""}]}, "ErrorRequiredPropertyMissing"),
        ({"attachments": [FILE | {"path": "/"}]}, "BadRequest"),
    ],
)
def test_what_outlook_refuses_is_refused(
    mailbox: Caller, wrong: dict[str, Any], code: str
) -> None:
    mail = mail_to("x@y.example", **wrong)

    assert code_of(mailbox.post("me/sendMail", {"message": mail})) == (400, code)
    assert code_of(mailbox.post("me/messages", mail)) == (400, code)
    assert mailbox.get("me/messages").json()["value"] == []


@pytest.mark.parametrize(
    "more",
    [
        {"extensions": []},
        {"attachments": [{"@odata.type": "#microsoft.graph.itemAttachment"}]},
    ],
)
def test_what_only_microsoft_does_is_said_to_be_so(
    mailbox: Caller, more: dict[str, Any]
) -> None:
    mail = mail_to("x@y.example", **more)

    assert mailbox.post("me/sendMail", {"message": mail}).status_code == 501


@pytest.mark.parametrize("path", ["me/sendMail", "me/messages"])
def test_a_message_in_mime_format_is_microsofts_alone(
    mailbox: Caller, path: str
) -> None:
    answer = mailbox("POST", path, data=b"VG86", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 501


def test_a_draft_without_recipients_is_not_sent_and_not_lost(mailbox: Caller) -> None:
    draft = mailbox.post("me/messages", mail_to()).json()

    refused = mailbox.post(f"me/messages/{draft['id']}/send")

    assert code_of(refused) == (400, "ErrorInvalidRecipients")
    assert mailbox.get(f"me/messages/{draft['id']}").status_code == 200


def test_attachments_have_an_address_of_their_own(mailbox: Caller) -> None:
    mail = mail_to("x@y.example", attachments=[FILE])
    draft = mailbox.post("me/messages", mail).json()

    (file,) = mailbox.get(f"me/messages/{draft['id']}/attachments").json()["value"]

    assert draft["hasAttachments"] is True
    assert "attachments" not in draft
    assert (file["name"], file["size"]) == ("hello.txt", 12)


def test_basic_rights_are_told_no_text(
    mailbox: Caller, caller_of: CallerOf, ada: Account
) -> None:
    path = f"me/messages/{mailbox.post('me/messages', mail_to()).json()['id']}"
    basic = caller_of(ada, "Mail.ReadBasic")

    (listed,) = basic.get("me/messages").json()["value"]
    for message in (listed, basic.get(path).json()):
        assert message["subject"] == "News"
        assert not {"body", "bodyPreview"} & set(message)
    assert code_of(basic.get(f"{path}/attachments")) == (403, "ErrorAccessDenied")


def test_a_message_is_marked_as_read(
    mailbox: Caller, caller_of: CallerOf, ben: Account
) -> None:
    mailbox.post("me/sendMail", {"message": mail_to(ben.username)})
    received = caller_of(ben, "Mail.ReadWrite")
    (message,) = received.get("me/messages?$filter=isRead eq false").json()["value"]
    path = f"me/messages/{message['id']}"

    changed = received.patch(path, {"isRead": True, "categories": ["Press"]})

    assert changed.json()["isRead"] is True
    assert changed.json()["changeKey"] != message["changeKey"]
    assert received.get("me/messages?$filter=isRead eq false").json()["value"] == []
    assert received.patch(path, {"subject": "Mine"}).status_code == 400


def test_folders_go_by_their_well_known_names(mailbox: Caller, ada: Account) -> None:
    mailbox.post("me/sendMail", {"message": mail_to(ada.username)})

    inbox = mailbox.get("me/mailFolders/inbox").json()
    folders = mailbox.get("me/mailFolders").json()["value"]

    assert (inbox["displayName"], inbox["totalItemCount"]) == ("Inbox", 1)
    assert inbox["id"] in {folder["id"] for folder in folders}
    for path in ("me/mailFolders/Inbox/messages", "me/mailFolders('inbox')/messages"):
        (message,) = mailbox.get(path).json()["value"]
        assert message["parentFolderId"] == "inbox"
    assert mailbox.get("me/mailFolders/drafts/messages").json()["value"] == []
    assert code_of(mailbox.get("me/mailFolders/other")) == (
        400,
        "ErrorInvalidIdMalformed",
    )


def test_a_draft_is_made_in_a_folder(mailbox: Caller) -> None:
    draft = mailbox.post("me/mailFolders/Archive/messages", mail_to()).json()

    assert (draft["isDraft"], draft["parentFolderId"]) == (True, "archive")


def test_a_mailbox_goes_by_its_owners_name_too(
    mailbox: Caller, ada: Account, ben: Account
) -> None:
    mail = {"message": mail_to(ben.username)}

    assert mailbox.post(f"users/{ada.username}/sendmail", mail).status_code == 202
    for name in (ada.object_id, ada.username):
        assert len(mailbox.get(f"users/{name}/messages").json()["value"]) == 1
    assert mailbox.get(f"users/{ben.object_id}/messages").status_code == 501


def test_what_is_no_id_is_malformed(mailbox: Caller) -> None:
    unknown = f"AAMk{32 * '0'}"

    assert code_of(mailbox.get("me/messages/1")) == (400, "ErrorInvalidIdMalformed")
    assert code_of(mailbox.delete(f"me/messages/{unknown}")) == (
        404,
        "ErrorItemNotFound",
    )


@pytest.mark.parametrize(
    "query",
    [
        "$filter=subject eq 'News'",
        "$filter=receivedDateTime ge 2016-09-01T00:00:00Z&$orderby=receivedDateTime",
        "$filter=from/emailAddress/address eq 'ADA@contoso.onmicrosoft.com'",
        "$select=subject,changeKey,uniqueBody,flag",
    ],
)
def test_messages_are_filtered(mailbox: Caller, query: str) -> None:
    mailbox.post("me/messages", mail_to())

    assert len(mailbox.get(f"me/messages?{query}").json()["value"]) == 1
