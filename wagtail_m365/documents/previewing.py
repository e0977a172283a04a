"""A look at a copy in Microsoft 365 without editing it (driveItem: preview)."""

from __future__ import annotations

from typing import Any

from wagtail_m365.errors import Forbidden, InvalidRequest, WrongState
from wagtail_m365.models.edit_locations import EditPlace
from wagtail_m365.redaction import Secret

from . import joining, remote
from .closing import require_owner, require_sent, session_of
from .permissions import require_edit


def preview(target: Any, user: Any) -> Secret:
    """The address of a viewer, which works for a short while and for everybody.

    Args:
        target: The edit session, or its document.
        user: Whoever opened it; in a library anybody who may change the document, with
            the own account.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed, AlreadyOpen: It is not this person's to see.
        WrongState: It is still being sent; or Microsoft gives none (``no_preview``).
        ItemNotFound: The copy is gone.
        Forbidden: This person's account does not reach the library.
        TokenError, TemporarilyUnavailable: Not possible now.
    """
    session = session_of(target)
    require_edit(session.document, user)
    require_sent(session)
    if session.place == EditPlace.LIBRARY and session.owner_id != user.pk:
        account, _ = joining.reached_in_library(session, user)
        graph = remote.graph_with(account, session)
    else:
        require_owner(session, user)
        graph = remote.graph_of(session)
    try:
        address = graph.drives.preview(session.drive_id, session.item_id)
    except (Forbidden, InvalidRequest) as error:
        raise _none(error.correlation_id) from error
    if not address:
        raise _none()
    return address


def _none(correlation_id: str = "") -> WrongState:
    return WrongState(
        "Microsoft gives no preview.", code="no_preview", correlation_id=correlation_id
    )
