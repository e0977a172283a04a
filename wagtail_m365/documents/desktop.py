"""The way to a copy for Word, Excel and PowerPoint on the desktop.

Microsoft, "Office URI schemes": ``ms-word:ofe|u|<address>`` opens a file for editing.
The address is Graph's ``webDavUrl``, which drives of organisations have.
"""

from __future__ import annotations

from typing import Any

from django.utils.encoding import iri_to_uri

from wagtail_m365.conf import settings

from . import remote
from .closing import require_owner, require_sent, session_of
from .formats import editable


def address_on_desktop(target: Any, user: Any) -> str:
    """Where the copy lies; ``""`` where Microsoft does not tell.

    Args:
        target: The edit session, or its document.
        user: Whoever opened it.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed, AlreadyOpen: It is not this person's.
        WrongState: It is still being sent.
        ItemNotFound: The copy is gone.
        TokenError, TemporarilyUnavailable: Not known now.
    """
    session = session_of(target)
    require_owner(session, user)
    require_sent(session)
    return remote.read(remote.graph_of(session), session).web_dav_url


def way_to_open(filename: str) -> str:
    """``"browser"``, ``"desktop"`` or ``"ask"``, as the site says for this format."""
    kind = editable(filename)
    way = settings.OPEN_WITH.get(str(kind.app).lower(), "") if kind else ""
    return way or "browser"


def desktop_url(filename: str, address: str) -> str:
    """Opens that address in the application of this format; ``""`` for other formats."""
    kind = editable(filename)
    # What follows a bar would be one more command for the application.
    return kind.desktop_url(iri_to_uri(address).replace("|", "%7C")) if kind else ""
