"""A copy in a library goes on with another person: the file stays where it is.

Who edits it in Office just now notices nothing; only the ledger's owner changes, and
whose check-out it is where the library demands one.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from wagtail.documents import get_document_model

from wagtail_m365.errors import WrongState
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection, EditSession
from wagtail_m365.models.edit_sessions import RemoteCopy, State

from . import check_outs, joining, remote

#: What the new session knows because the old one did.
_INHERITED = (
    *(
        "document",
        "document_title",
        "sent_name",
        "place",
        "drive_id",
        "folder_id",
        "item_id",
    ),
    *("base_sha256", "base_file_hash", "base_size"),
    *("base_etag", "base_ctag", "base_quick_xor"),
)


def pass_on_in_library(old: EditSession, to: Any, account: Connection) -> EditSession:
    """The new owner's session with the same file.

    Raises:
        Forbidden: The new owner's account does not reach it.
        TokenError: One of both accounts gives no token.
        GraphError: What the old owner has checked out cannot be checked in.
        WrongState: Somebody has changed the session just now.
    """
    item = joining.item_in_library(old, account)
    was_checked_out = check_outs.is_own(old, item)
    if was_checked_out:
        check_outs.release(remote.graph_of(old), item)
    new = _pass_on(old, to, account, item)
    if was_checked_out:
        check_outs.take(remote.graph_of(new), new, item)
    return new


def _pass_on(
    old: EditSession, to: Any, account: Connection, item: DriveItem
) -> EditSession:
    """Both rows in one transaction: the document is always with one of them."""
    with transaction.atomic(durable=True):
        if not old.advance(State.HANDED_OVER, remote_copy=RemoteCopy.PASSED_ON):
            raise WrongState("Somebody else has changed this edit session just now.")
        new = EditSession.objects.create(
            owner=to,
            connection=account,
            state=State.OPEN,
            open_for=get_document_model().objects.get(pk=old.document_id),
            remote_copy=RemoteCopy.THERE,
            **{name: getattr(old, name) for name in _INHERITED},
            **remote.facts_of(item),
        )
        joining.pass_on(old, new)
    return new
