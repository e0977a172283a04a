"""Both sides changed: take theirs, keep ours, or keep both as two documents.

Whatever is chosen, the other side's content stays: as a version of the document, or as a
document of its own. Each choice may be made again after a death in the middle of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import (
    BothChanged,
    ItemLocked,
    ItemNotFound,
    NotAllowed,
    PreconditionFailed,
    WriteRefused,
    WrongState,
)
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession
from wagtail_m365.models.edit_sessions import State
from wagtail_m365.models.versions import Source

from . import audit, check_outs, closing, keeping, mending, proposing, remote
from .bringing_back import finish
from .closing import require_owner, require_sent, session_of
from .comparing import Comparison, compared
from .content import opened
from .keeping import Occasion
from .permissions import may_create
from .taking import BroughtBack, propose_copy, take_or_propose
from .wagtail_compat import create_document


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBoth:
    """The edited file is a document of its own now."""

    #: ``None``: it becomes one when somebody approves.
    document: AbstractDocument | None
    #: Why the copy in Microsoft 365 could not be deleted; ``""`` when it was.
    stays_open: str = ""


def take_theirs(
    target: Any, user: Any, *, close: bool = False, comment: str = ""
) -> BroughtBack:
    """The copy's content becomes the document's; the site's becomes a version.

    Raises:
        As :func:`~wagtail_m365.documents.bringing_back.bring_back`; ``BothChanged`` only
        if the site's file changes at this moment.
    """
    session, graph = _begin(target, user)
    with compared(graph, session, fetch=True) as comparison:
        outcome = take_or_propose(session, user, comparison, comment)
    return finish(
        graph, session, comparison.item, outcome, close=close, comment=comment
    )


def keep_ours(
    target: Any, user: Any, *, close: bool = False, comment: str = ""
) -> BroughtBack:
    """The document stays as it is; the copy's content becomes a version.

    The copy gets the site's content, so that editing can go on with that; with
    ``close`` it is deleted instead.

    Raises:
        BothChanged: The copy was changed once more meanwhile.
        ItemLocked: Office has the copy open.
        As :func:`~wagtail_m365.documents.bringing_back.bring_back`.
    """
    session, graph = _begin(target, user)
    with compared(graph, session, fetch=True) as comparison:
        version = _keep_loser(session, comparison, comment)
        if close:
            _remember_as_kept(session, comparison)
    outcome = BroughtBack(outcome="unchanged", version=version)
    if close:
        return finish(
            graph, session, comparison.item, outcome, close=True, comment=comment
        )
    _send_ours(graph, session, comparison)
    return outcome


def keep_both(target: Any, user: Any, *, title: str = "") -> KeptBoth:
    """The copy's content becomes a document of its own, beside the site's.

    Raises:
        NotAllowed: This person may not add a document to the collection.
        WriteRefused: The site refuses the file.
        As :func:`~wagtail_m365.documents.bringing_back.bring_back`.
    """
    session, graph = _begin(target, user)
    original: AbstractDocument = session.document
    if not may_create(original.collection, user):
        raise NotAllowed("This person may not add documents to this collection.")
    with compared(graph, session, fetch=True) as comparison:
        if proposing.needs_approval(original, user):
            name = _title_of(original, title)
            propose_copy(session, user, comparison, new_title=name)
            _remember_as_kept(session, comparison)
            why_not = closing.close(graph, session, comparison.item)
            return KeptBoth(document=None, stays_open=why_not)
        document = _new_document(session, user, comparison, title)
        _remember_as_kept(session, comparison)
    why_not = closing.close(graph, session, comparison.item)
    audit.record(audit.KEEP_BOTH, original, user, title=document.title)
    return KeptBoth(document=document, stays_open=why_not)


def update_copy(target: Any, user: Any) -> EditSession:
    """Send the site's newer file to a copy in which nothing was edited.

    Raises:
        BothChanged: The copy was edited; nothing was touched.
        ItemLocked: Office has the copy open.
        As :func:`~wagtail_m365.documents.bringing_back.bring_back`.
    """
    session, graph = _begin(target, user)
    with compared(graph, session) as comparison:
        if comparison.remote_changed and not comparison.is_same:
            raise BothChanged("The copy in Microsoft 365 was edited.")
    if not comparison.is_same:
        _send_ours(graph, session, comparison)
    return session


def _begin(target: Any, user: Any) -> tuple[EditSession, GraphClient]:
    session = session_of(target)
    require_owner(session, user)
    require_sent(session)
    mending.mend(session.document)
    return session, remote.graph_of(session)


def _remember_as_kept(session: EditSession, comparison: Comparison) -> None:
    """The site has what the copy holds: where that stays open, only a later save counts.

    Else the same two sides would have to be chosen from again.
    """
    if comparison.fetched is not None:
        session.advance(
            State.OPEN,
            base_sha256=comparison.fetched.sha256,
            base_file_hash="",
            base_size=comparison.fetched.size,
            **remote.base_of(comparison.item),
        )


def _keep_loser(session: EditSession, comparison: Comparison, comment: str) -> Any:
    if comparison.content is None or comparison.is_same:
        return None
    occasion = Occasion(
        user=session.owner,
        source=Source.BROUGHT_BACK,
        comment=comment or _("Edited in Microsoft 365, not taken"),
        session=session,
    )
    return keeping.keep_beside(
        comparison.document,
        comparison.content,
        occasion,
        saved_at=comparison.item.modified_at,
    )


def _send_ours(
    graph: GraphClient, session: EditSession, comparison: Comparison
) -> None:
    """Give the copy the site's content, if it is still the one that was looked at."""
    try:
        item = _replace_content(graph, comparison)
    except ItemLocked as error:
        raise check_outs.explain_lock(error, session, comparison.item) from error
    sent = session.advance(
        State.OPEN,
        base_sha256=comparison.site.sha256,
        base_file_hash=comparison.file_hash,
        base_size=comparison.site.size,
        **remote.base_of(item),
        **remote.facts_of(item),
    )
    if not sent:
        raise WrongState("Somebody else has changed this edit session just now.")


def _replace_content(graph: GraphClient, comparison: Comparison) -> DriveItem:
    from wagtail_m365.graph.uploads import replace_content

    with opened(comparison.document) as source:
        try:
            return replace_content(
                graph,
                source,
                size=comparison.site.size,
                item=comparison.item,
                if_match=comparison.item.etag,
                sha256=comparison.site.sha256,
            )
        except PreconditionFailed as error:
            raise BothChanged(
                "The copy was changed once more meanwhile; nothing was touched."
            ) from error


def _title_of(original: AbstractDocument, title: str) -> str:
    name = title or _("%(title)s (edited in Microsoft 365)") % {"title": original.title}
    return name[:255]


def _new_document(
    session: EditSession, user: Any, comparison: Comparison, title: str
) -> AbstractDocument:
    original, content = comparison.document, comparison.content
    if content is None or comparison.fetched is None:
        raise ItemNotFound("The copy was not fetched.")
    content.seek(0)
    upload = UploadedFile(
        content,
        name=original.filename,
        content_type=original.content_type,
        size=comparison.fetched.size,
    )
    name = _title_of(original, title)
    try:
        document = create_document(
            user, title=name, collection_id=original.collection_id, upload=upload
        )
    except PermissionDenied as error:
        raise NotAllowed("The site does not let this person do that.") from error
    except ValidationError as error:
        reason = " ".join(map(str, error.messages))
        raise WriteRefused("The site refuses this file.", reason=reason) from error
    document.tags.set(original.tags.all())
    return document
