"""One step of the file browser: as the folder browser's, with files to choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property

from wagtail_m365.documents.browsing import Entry, Look
from wagtail_m365.documents.creating import objection
from wagtail_m365.documents.folders import Place
from wagtail_m365.documents.importing import imported_before
from wagtail_m365.documents.remote_files import RemoteFile

from .accounts import ACCOUNT, account_to_browse_with
from .document_page import edit_url
from .folder_rows import Gate, Row, row_of
from .folder_screens import Screen

#: The parameter that names a single file to list.
FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file to choose, or the reason why it cannot be chosen."""

    name: str
    #: Value of its checkbox; empty: it cannot be chosen.
    value: str = ""
    #: Why not, in a sentence.
    refusal: str = ""
    size: int = 0
    modified_at: datetime | None = None
    found_in: str = ""
    #: The document that was made from it before, as far as this person may see it.
    document: Any = None
    document_url: str = ""


class FileScreen(Screen):
    """What the page *Add from OneDrive* shows at one step."""

    link_page = "wagtail_m365:import_link"
    #: The one file that is listed alone: a link led to it.
    linked: RemoteFile | None = None

    def _try_to_look(self) -> None:
        text = self.request.GET.get(FILE, "")
        if not text:
            super()._try_to_look()
            return
        self.linked = file = RemoteFile.unsign(text)
        self._look = Look(entries=(Entry(name=file.name, file=file),))

    @property
    def is_home(self) -> bool:
        return super().is_home and self.linked is None

    @property
    def name(self) -> str:
        return self.linked.name if self.linked else super().name

    @property
    def crumbs(self) -> list[dict[str, str]]:
        return [self.home] if self.linked else super().crumbs

    @property
    def base(self) -> str:
        page = reverse("wagtail_m365:import")
        asked = account_to_browse_with(self.request)
        return f"{page}?{urlencode({ACCOUNT: asked.pk})}" if asked else page

    @property
    def come_back(self) -> str:
        return self.request.get_full_path()

    @property
    def gates(self) -> list[Gate]:
        """The places to begin at, with the files that were used of late."""
        return [*super().gates, self._gate(Place.RECENT, "history")]

    @cached_property
    def folder_rows(self) -> list[Row]:
        """What can be opened."""
        return [
            row_of(entry, self.base)
            for entry in self._look.entries
            if entry.location is not None
        ]

    @cached_property
    def file_rows(self) -> list[FileRow]:
        """What can be chosen, and what cannot."""
        entries = [entry for entry in self._look.entries if entry.location is None]
        files = [entry.file for entry in entries if entry.file]
        known = imported_before(files, self.request.user) if files else {}
        return [_row_of(entry, known) for entry in entries]

    @property
    def rows(self) -> Sequence[Any]:
        """Folders, then files."""
        return [*self.folder_rows, *self.file_rows]

    @property
    def can_be_chosen(self) -> bool:
        """Is there any file to choose?"""
        return any(row.value for row in self.file_rows)


def _row_of(entry: Entry, known: dict[str, Any]) -> FileRow:
    file = entry.file
    document = known.get(file.item_id) if file else None
    refusal = _refusal(file)
    return FileRow(
        name=entry.name,
        value=file.sign() if file and not refusal else "",
        refusal=refusal,
        size=file.size if file else 0,
        modified_at=entry.modified_at,
        found_in=entry.found_in,
        document=document,
        document_url=edit_url(document) if document else "",
    )


def _refusal(file: RemoteFile | None) -> str:
    """Why the site would not take it, as far as its listing tells."""
    # A listing that tells no size says zero: the import itself looks again.
    error = objection(file.name, file.size or None) if file else None
    return error.explanation.what if error else ""
