"""Where a document is shown: whoever decides on its file sees whom that concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import ReferenceIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Something on the site that shows the document."""

    title: str
    #: ``""`` where the person may not edit it.
    url: str


def usage_of(document: Any, user: Any) -> list[Usage]:
    """Pages and snippets that show the document, with a way to those one may edit."""
    finder = AdminURLFinder(user)
    found = ReferenceIndex.get_grouped_references_to(document)
    return [
        Usage(title=str(each), url=finder.get_edit_url(each) or "") for each, _ in found
    ]
