"""The three-way check: what both sides had in common, Microsoft's copy, the site's file.

Bytes are fetched only where Microsoft's tags and hash do not already say that the copy
holds the base. Tags move without an edit, and a library writes properties into Office
files, so a difference counts only if the content is another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import ItemNotFound, TemporarilyUnavailable
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import DocumentVersion, EditSession

from . import closing, remote, steady
from .content import Fingerprint, fingerprint_of, opened_in, spooled
from .enrichment import same_content


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How both sides stand to what they last had in common."""

    item: DriveItem
    #: The document as its row is now, and Wagtail's hash of it.
    document: AbstractDocument
    file_hash: str
    site: Fingerprint
    #: What Microsoft's copy holds; None where it was not fetched, since it holds the
    #: base.
    content: BinaryIO | None
    fetched: Fingerprint | None
    remote_changed: bool
    site_changed: bool
    #: Both hold one content, whatever they had in common.
    is_same: bool


@contextmanager
def compared(
    graph: GraphClient, session: EditSession, *, fetch: bool = False
) -> Iterator[Comparison]:
    """Look at both sides; the fetched content lives as long as the context.

    Args:
        graph: Asks with the account that holds the copy.
        session: The session.
        fetch: Fetch the copy in any case.

    Raises:
        ItemNotFound: The copy is gone; the session has ended as lost.
        FileMissing: The site's file is not in the storage.
        BothChanged: Somebody else is replacing it (code ``changed_meanwhile``).
        ContentMismatch: The copy changes faster than it can be fetched.
    """
    item = _read(graph, session)
    sides = _Sides(session, steady.look(session.document_id))
    if remote.holds_base(item, session) and not fetch:
        yield sides.unfetched(item)
        return
    with spooled() as content:
        item = _fetch(graph, session, item, content)
        yield sides.fetched(item, content)


def _read(graph: GraphClient, session: EditSession) -> DriveItem:
    try:
        return remote.read(graph, session)
    except ItemNotFound:
        closing.lose(session, reason="item_not_found")
        raise


def _fetch(
    graph: GraphClient, session: EditSession, item: DriveItem, content: BinaryIO
) -> DriveItem:
    try:
        return remote.fetch(graph, item, content)
    except ItemNotFound as error:
        _read(graph, session)  # gone for good only if Microsoft does not know it either
        raise TemporarilyUnavailable(
            "Microsoft did not find the content of a copy that is there."
        ) from error


class _Sides:
    """The site's side and the base, to hold a copy against."""

    def __init__(self, session: EditSession, seen: steady.Seen) -> None:
        self._session = session
        self._document = seen.document
        self._file_hash = seen.file_hash
        self._site = seen.content
        self._site_changed = seen.content.sha256 != session.base_sha256

    def unfetched(self, item: DriveItem) -> Comparison:
        return Comparison(
            item=item,
            document=self._document,
            file_hash=self._file_hash,
            site=self._site,
            content=None,
            fetched=None,
            remote_changed=False,
            site_changed=self._site_changed,
            is_same=not self._site_changed,
        )

    def fetched(self, item: DriveItem, content: BinaryIO) -> Comparison:
        fetched = fingerprint_of(content)
        is_same = self._is_site(fetched, content)
        is_base = self._is_base(fetched, content, is_same=is_same)
        return Comparison(
            item=item,
            document=self._document,
            file_hash=self._file_hash,
            site=self._site,
            content=content,
            fetched=fetched,
            remote_changed=not is_base,
            site_changed=self._site_changed,
            is_same=is_same,
        )

    def _is_site(self, fetched: Fingerprint, content: BinaryIO) -> bool:
        if fetched.sha256 == self._site.sha256:
            return True
        with steady.opened_steadily(self._document, self._file_hash) as source:
            if not same_content(content, source):
                return False
            source.seek(0)
            if fingerprint_of(source) == self._site:
                return True
        # The copy's content is just being put there by somebody, who may yet fail.
        raise steady.changed_meanwhile()

    def _is_base(
        self, fetched: Fingerprint, content: BinaryIO, *, is_same: bool
    ) -> bool:
        if fetched.sha256 == self._session.base_sha256:
            return True
        if not self._site_changed:
            return is_same
        return self._is_kept_base(content)

    def _is_kept_base(self, content: BinaryIO) -> bool:
        """Compare with the base among the document's versions, if it was kept."""
        versions = DocumentVersion.objects.of_document(self._document).kept()
        version = versions.filter(sha256=self._session.base_sha256).first()
        if version is None or not self._session.base_sha256:
            return False
        with opened_in(version.file.storage, str(version.file.name)) as source:
            return same_content(content, source)
