"""A watched folder of Ada's, and what she does meanwhile in OneDrive and on the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from wagtail.documents import get_document_model

from wagtail_m365.documents.watching import run_folder
from wagtail_m365.models import DocumentVersion, WatchedFolder, WatchedItem


@dataclass
class Watch:
    drive: Any
    microsoft: Any
    folder: WatchedFolder
    now: float = 1_000_000.0

    def run(self):
        self.now += 1
        return run_folder(WatchedFolder.objects.get(pk=self.folder.pk), self.clock)

    def clock(self) -> float:
        return self.now

    def put(self, path, content=b"content"):
        return self.drive.put(f"Press/{path}", content)

    def edit(self, path, content):
        return self.drive.edit(f"Press/{path}", content)

    def set(self, **columns):
        WatchedFolder.objects.filter(pk=self.folder.pk).update(**columns)

    @property
    def row(self):
        return WatchedFolder.objects.get(pk=self.folder.pk)

    @property
    def titles(self):
        return sorted(documents().values_list("title", flat=True))

    def document(self, title):
        return documents().get(title=title)

    def item(self, name):
        return WatchedItem.objects.get(folder=self.folder, name=name)

    def requests(self):
        made = [one.path for one in self.microsoft.requests if "/token" not in one.path]
        self.microsoft.clear_requests()
        return made


def documents():
    return get_document_model().objects.all()


def content_of(document) -> bytes:
    document = documents().get(pk=document.pk)
    with document.file.storage.open(document.file.name) as file:
        return file.read()


def edit_on_site(document, content: bytes) -> None:
    """Somebody uploads a new file in the admin."""
    document.file.save(document.filename, ContentFile(content), save=False)
    document._set_document_file_metadata()
    document.file.close()
    document.save()


def kept(document) -> list[bytes]:
    found = []
    for version in DocumentVersion.objects.of_document(document).kept():
        with version.file.storage.open(version.file.name) as file:
            found.append(file.read())
    return found
