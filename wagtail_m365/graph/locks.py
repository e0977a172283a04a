"""Whether a file may be written to: asked by an upload session that sends nothing."""

from __future__ import annotations

import contextlib

from wagtail_m365.errors import M365Error

from . import addresses
from .drives import CONFLICT
from .rest import Rest
from .types import DriveItem, UploadSession


def require_unlocked(client: Rest, item: DriveItem) -> None:
    """Open an upload session for an existing file, and cancel it before its first byte.

    Content, tags and versions stay as they are (driveItem: createUploadSession,
    "Cancel the upload session").

    Raises:
        ItemLocked: Office has the file open, or somebody has it checked out.
        GraphError: Refused for another reason, which says nothing about locks.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    path = f"{addresses.item(item.drive_id, item.id)}/createUploadSession"
    opened = client.post(path, {"item": {CONFLICT: "replace"}})
    session = UploadSession.from_json(opened)
    with contextlib.suppress(M365Error):  # it expires by itself
        client.transport.storage("DELETE", session.url).close()
