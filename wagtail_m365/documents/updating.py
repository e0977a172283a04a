"""*Update from OneDrive*: an imported document follows its file, after a three-way check.

Only the file changed there: it is taken. Only the site's file changed: nothing to do.
Both changed: nothing is touched, and whoever decides sees both; each choice keeps the
other side as a version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import BothChanged, NothingOpen
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import (
    DocumentVersion,
    RemoteSource,
    WatchedItem,
    moments,
)
from wagtail_m365.models.versions import Source

from . import audit, keeping, mending
from .content import fingerprint_of, known_hash
from .creating import facts_of, require_acceptable
from .enrichment import same_content
from .keeping import Occasion
from .permissions import require_edit
from .remote_files import Fetched, Progress, current, fetched
from .source_readers import graph_for_person
from .steady import opened_steadily, require_steady
from .writing_back import replace_file

#: Called in the transaction that replaces the file.
Alongside = Callable[[], None]
Choice = Literal["theirs", "ours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What came of bringing a document up to date."""

    outcome: Literal["unchanged", "taken"]
    item: DriveItem
    #: Keeps the file that the document had until now; ``None``: nothing was taken.
    version: DocumentVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """How both sides stand to what they last had in common."""

    source: RemoteSource
    document: AbstractDocument
    #: Wagtail's hash of the document's file now.
    file_hash: str
    item: DriveItem
    #: What is there now; ``None`` where it was not fetched, since it has not changed.
    fetched: Fetched | None

    @property
    def site_changed(self) -> bool:
        """Has the document another file than the one that was imported?"""
        return self.file_hash != self.source.file_hash

    @property
    def is_same(self) -> bool:
        """Do both hold one content now, whatever they had in common?"""
        arrived = self.fetched
        if arrived is None:
            return not self.site_changed
        if arrived.fingerprint.sha1 == self.file_hash:
            return True
        if self.site_changed:
            return False
        with opened_steadily(self.document, self.file_hash) as own:
            same = same_content(own, arrived.content)
            if same:
                own.seek(0)
                require_steady(self.document, self.file_hash, fingerprint_of(own))
        arrived.content.seek(0)
        return same


def source_of(document: AbstractDocument) -> RemoteSource:
    """The document's link to its file in Microsoft 365.

    Raises:
        NothingOpen: It was not imported (code ``not_imported``).
    """
    source = RemoteSource.objects.of_document(document).first()
    if source is None:
        raise NothingOpen("This document was not imported.", code="not_imported")
    return source


def update(document: AbstractDocument, user: Any, *, comment: str = "") -> Updated:
    """Take what changed in Microsoft 365 into the document, if only that side changed.

    Raises:
        NotAllowed: This person may not change the document.
        NothingOpen: It was not imported.
        BothChanged: Both sides changed; nothing was touched.
        ItemNotFound: The file is gone; the document stays as it is.
        DocumentError: The site takes no such file any more.
        WriteRefused, WriteFailed: The document is as it was.
        TokenError, TemporarilyUnavailable: Nothing was touched.
    """
    require_edit(document, user)
    source = source_of(document)
    with both_sides(graph_for_person(source, user), source) as sides:
        if sides.fetched is None or sides.is_same:
            note_common(sides)
            return Updated(outcome="unchanged", item=sides.item)
        if sides.site_changed:
            raise both_changed(sides)
        version = take(sides, user, comment=comment)
        return Updated(outcome="taken", item=sides.item, version=version)


def resolve(
    document: AbstractDocument, user: Any, choice: Choice, *, comment: str = ""
) -> DocumentVersion | None:
    """Decide between both sides; the other one is kept as a version.

    Args:
        document: The document.
        user: Who decides.
        choice: ``"theirs"``: the file of Microsoft 365; ``"ours"``: the site's.
        comment: Why; kept with the version.

    Returns:
        What keeps the side that was not chosen; ``None`` where both hold the same.

    Raises:
        M365Error: As :func:`update`.
    """
    require_edit(document, user)
    source = source_of(document)
    with both_sides(graph_for_person(source, user), source, fetch=True) as sides:
        version = None
        if sides.is_same:
            note_common(sides)
        elif choice == "theirs":
            version = take(sides, user, comment=comment)
        else:
            version = keep_ours(sides, user, comment=comment)
    WatchedItem.objects.settle_conflict(source)
    return version


@contextmanager
def both_sides(
    graph: GraphClient,
    source: RemoteSource,
    *,
    fetch: bool = False,
    progress: Progress | None = None,
) -> Iterator[Sides]:
    """Look at both sides; what was fetched lives as long as the context.

    Raises:
        ItemNotFound: The file is gone.
        DocumentError: The site takes no such file any more.
        ContentMismatch: It changes faster than it can be fetched.
    """
    item = current(graph, source.drive_id, source.item_id)
    document = get_document_model().objects.get(pk=source.document_id)
    mending.mend(document)
    document.refresh_from_db()
    file_hash = known_hash(document)
    if holds_base(item, source) and not fetch:
        yield Sides(
            source=source,
            document=document,
            file_hash=file_hash,
            item=item,
            fetched=None,
        )
        return
    require_acceptable(item.name, item.told_size)
    with fetched(graph, item, progress) as arrived:
        yield Sides(
            source=source,
            document=document,
            file_hash=file_hash,
            item=arrived.item,
            fetched=arrived,
        )


def holds_base(item: DriveItem, source: RemoteSource) -> bool:
    """Does Microsoft say that the file still has the content that was taken?"""
    if source.quick_xor and item.hashes.quick_xor:
        return source.quick_xor == item.hashes.quick_xor
    return bool(source.ctag) and source.ctag == item.ctag


def take(
    sides: Sides, user: Any, *, comment: str = "", alongside: Alongside | None = None
) -> DocumentVersion:
    """Make the file of Microsoft 365 the document's, whatever the site's file is.

    Raises:
        BothChanged: The site's file changed since it was looked at.
        WriteRefused, WriteFailed: The document is as it was.
    """
    arrived = sides.fetched
    if arrived is None:
        raise NothingOpen("The file was not fetched.", code="not_imported")

    def note(document: AbstractDocument, version: DocumentVersion) -> None:
        sides.source.note(**facts_of(arrived) | {"file_hash": document.file_hash})
        if alongside is not None:
            alongside()

    version = replace_file(
        sides.document,
        user,
        arrived.content,
        expected_hash=sides.file_hash,
        occasion=Occasion(user=user, source=Source.UPDATED, comment=comment),
        alongside=note,
    )
    audit.record(
        audit.UPDATE, sides.document, user, name=sides.item.name, comment=comment
    )
    return version


def keep_ours(sides: Sides, user: Any, *, comment: str = "") -> DocumentVersion:
    """Keep the site's file; what is in Microsoft 365 becomes a version beside it.

    From then on, the file there counts as known: only a further change is one.
    """
    arrived = sides.fetched
    if arrived is None:
        raise NothingOpen("The file was not fetched.", code="not_imported")
    version = keeping.keep_beside(
        sides.document,
        arrived.content,
        Occasion(user=user, source=Source.UPDATED, comment=comment),
        saved_at=sides.item.modified_at,
    )
    # The document still does not have it: a further change there is a conflict again.
    note_common(sides, file_hash=arrived.fingerprint.sha1)
    return version


def note_common(sides: Sides, *, file_hash: str = "") -> None:
    """From now on, both sides as they are count as known to each other.

    Args:
        sides: Both sides.
        file_hash: Wagtail's hash of what was fetched, where the site holds another file.
    """
    item = sides.item
    facts = {
        "name": item.name[:400],
        "parent_path": item.parent_path.strip("/"),
        "web_url": item.web_url,
        "etag": item.etag,
        "ctag": item.ctag,
        "quick_xor": item.hashes.quick_xor,
        "updated_at": timezone.now(),
    }
    if sides.fetched is not None:
        facts |= {"file_hash": file_hash or sides.file_hash}
    sides.source.note(**facts)


def both_changed(sides: Sides) -> BothChanged:
    """What is told when neither side may be taken unasked."""
    item = sides.item
    return BothChanged(
        "The document changed on the site and in Microsoft 365; nothing was touched.",
        remote_modified_at=moments.kept(item.modified_at),
        remote_modified_by=item.modified_by,
        remote_size=item.size,
        site_size=sides.document.get_file_size(),
    )
