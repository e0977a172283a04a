"""What a library has written into a file on arrival: is the rest what was sent?"""

from __future__ import annotations

from wagtail.documents.models import AbstractDocument

from wagtail_m365.graph.arrivals import not_as_sent
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem

from . import remote
from .content import opened, spooled
from .enrichment import is_package, same_content


def require_as_sent(
    graph: GraphClient, document: AbstractDocument, item: DriveItem
) -> None:
    """Fetch a copy that SharePoint has rewritten, and compare it with the document.

    Only packages have parts that can be compared; what SharePoint writes into old
    Office files and web pages cannot be told from the rest.

    Raises:
        ContentMismatch: It is not what was sent (code ``copy_not_as_sent``), or changes
            faster than it can be fetched.
        ItemNotFound: It is gone by now.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    with opened(document) as source:
        if not is_package(source):
            return
        with spooled() as content:
            remote.fetch(graph, item, content)
            if not same_content(content, source):
                raise not_as_sent(item)
