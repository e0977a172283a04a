"""A process of the site that watches a folder."""

from __future__ import annotations

import resource
from typing import Any

import django

from . import site
from .processes import serve


def watch(drive: str, folder: str) -> str:
    """Set a watched folder up; only its PDF files become documents."""
    from wagtail.models import Collection

    from wagtail_m365.models import Connection, WatchedFolder

    root = Collection.get_first_root_node() or Collection.add_root(name="Root")
    row = WatchedFolder.objects.create(
        owner=site.person(),
        connection=Connection.objects.get(),
        collection=root,
        place="mine",
        drive_id=drive,
        item_id=folder,
        name="Watched",
        extensions="pdf",
    )
    return str(row.pk)


def run() -> dict[str, Any]:
    """One run, with its peak of memory above what there was before, in MiB."""
    from wagtail_m365.documents.watching import run_folder
    from wagtail_m365.models import WatchedFolder

    before = _peak()
    ran = run_folder(WatchedFolder.objects.get())
    error = ran.error.code if ran.error else ""
    return {"counts": ran.counts, "error": error, "memory": _peak() - before}


def expire_lease() -> int:
    """Ten minutes have passed since the run was killed; how many rows it had read."""
    from wagtail_m365.models import WatchedFolder, WatchedItem

    WatchedFolder.objects.update(lease_until=0)
    return WatchedItem.objects.count()


def documents() -> int:
    from wagtail.documents import get_document_model

    return int(get_document_model().objects.count())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    django.setup()
    own = {
        "watch": watch,
        "run": run,
        "expire_lease": expire_lease,
        "documents": documents,
    }
    serve({**site.COMMANDS, **own})


if __name__ == "__main__":
    main()
