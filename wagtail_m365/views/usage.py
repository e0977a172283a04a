"""Where a document is shown: whoever decides on its file sees whom that concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import ReferenceIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Something on the site that shows the document."""

    #: Says no more than its kind where the person may not edit it.
    title: str
    #: ``""`` where the person may not edit it.
    url: str


def usage_of(document: Any, user: Any) -> list[Usage]:
    """Pages and snippets that show the document, with a way to those one may edit."""
    finder = AdminURLFinder(user)
    found = ReferenceIndex.get_grouped_references_to(document)
    return [_usage(each, finder.get_edit_url(each)) for each, _references in found]


def _usage(thing: Any, url: str | None) -> Usage:
    if url:
        return Usage(title=str(thing), url=url)
    # The words of Wagtail's own page about a document's usage.
    kind = _("(Private %(object)s)") % {"object": thing._meta.verbose_name}
    return Usage(title=kind, url="")
