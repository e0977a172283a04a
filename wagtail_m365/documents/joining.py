"""A second editor goes to the copy that somebody else has opened.

In a library it is the same file for everybody whose account reaches it. A copy in a
OneDrive is reached by a link for the organisation, never by one for anybody: it is made
when it is asked for, kept nowhere, and taken away when the session ends.
"""

from __future__ import annotations

from typing import Any

from wagtail_m365.conf import settings
from wagtail_m365.errors import (
    Forbidden,
    InvalidRequest,
    ItemNotFound,
    NotAllowed,
    TokenError,
    WrongState,
)
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection, EditSession, JoinedEditor
from wagtail_m365.models.edit_locations import EditPlace
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.broker import connection_of

from . import audit, remote
from .closing import require_sent, session_of
from .permissions import require_edit


def join(target: Any, user: Any) -> Secret:
    """The address at which this person edits the same file.

    Args:
        target: The edit session, or its document.
        user: Whoever joins; must be allowed to change the document.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed: This person may not change it, or the site forbids links.
        WrongState: It is still being sent, is this person's own already, or its
            owner's account gives no token.
        NotConnected, TokenError: The file is in a library, and this person's own
            account gives no token.
        Forbidden: That account does not reach the library; or Microsoft gives no link.
        ItemNotFound: The copy is gone.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    session = session_of(target)
    require_edit(session.document, user)
    require_sent(session)
    if session.owner_id == user.pk:
        raise WrongState("This person has the document open.", code="already_yours")
    if session.place == EditPlace.LIBRARY:
        _, item = reached_in_library(session, user)
        url = Secret(item.web_url)
    else:
        url = _link(session)
    joined, is_new = JoinedEditor.objects.get_or_create(session=session, user=user)
    if is_new:
        audit.record(audit.JOIN, session.document, joined.user, name=session.item_name)
    return url


def may_join_by_link() -> bool:
    """Does the site let editors join by links?"""
    return settings.JOIN_BY_LINK != "forbid"


def reached_in_library(session: EditSession, user: Any) -> tuple[Connection, DriveItem]:
    """The copy, and the first of this person's accounts that sees it.

    Raises:
        NotConnected: There is no account.
        Forbidden, TokenError: None sees it; what was wrong with the default one.
    """
    accounts = list(Connection.objects.of_user(user)) or [connection_of(user)]
    refusal: Forbidden | TokenError | None = None
    for account in accounts:
        try:
            return account, item_in_library(session, account)
        except (Forbidden, TokenError) as error:
            refusal = refusal or error
    assert refusal is not None  # noqa: S101  # for the type checker
    raise refusal


def item_in_library(session: EditSession, account: Connection) -> DriveItem:
    """The copy, as another account than its owner's sees it.

    Raises:
        Forbidden: It does not see it (code ``library_not_reachable``).
        TokenError: It gives no token.
    """
    graph = remote.graph_with(account, session)
    try:
        return graph.drives.item(session.drive_id, session.item_id)
    except (Forbidden, ItemNotFound) as error:
        raise Forbidden(
            "This account does not reach the file in the library.",
            code="library_not_reachable",
            correlation_id=error.correlation_id,
            account=account.username,
        ) from error


def _link(session: EditSession) -> Secret:
    """A link made with the owner's account; its address is told to nobody else."""
    from wagtail_m365.graph.links import organization_link

    if not may_join_by_link():
        raise NotAllowed("The site forbids links.", code="joining_forbidden")
    try:
        graph = remote.graph_of(session)
        link = organization_link(graph, session.drive_id, session.item_id, kind="edit")
    except (Forbidden, InvalidRequest) as error:
        raise Forbidden(
            "Microsoft gives no link for the organisation.",
            code="link_refused",
            correlation_id=error.correlation_id,
        ) from error
    except TokenError as error:
        raise WrongState(
            "The owner's account gives no token.", code="owner_unreachable"
        ) from error
    _note(session, link.id)
    return link.url


def _note(session: EditSession, link_id: str) -> None:
    EditSession.objects.filter(pk=session.pk).update(link_id=link_id)
    session.link_id = link_id


def pass_on(old: EditSession, new: EditSession) -> None:
    """Who had joined the old session edits the same file in the new one."""
    joined = JoinedEditor.objects.filter(session=old)
    joined.exclude(user=new.owner).update(session=new)
