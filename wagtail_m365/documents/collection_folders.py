"""Folders that stand for the collections below one."""

from __future__ import annotations

from typing import Any

from wagtail.models import Collection

from wagtail_m365.graph.names import safe_name


def folders_of_collections(top: Collection) -> dict[Any, str]:
    """Where the documents of a collection and of those below it go.

    Args:
        top: The collection whose folder is the chosen one.

    Returns:
        Key of each collection → names of folders below the chosen one, with ``/``
        between them; ``""`` for the collection itself. Names are made safe reversibly.
    """
    by_path = {top.path: ""}
    folders: dict[Any, str] = {top.pk: ""}
    # A parent comes before its children.
    for each in top.get_descendants():
        above = by_path[each.path[: -Collection.steplen]]
        by_path[each.path] = "/".join(filter(None, [above, safe_name(each.name)]))
        folders[each.pk] = by_path[each.path]
    return folders
