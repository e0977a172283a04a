"""The link by which others have joined is taken away when a session ends.

A copy that is deleted takes its link with it. Before that the link stays: whoever has
joined may have unsaved edits, and would be locked out with them.
"""

from __future__ import annotations

from contextlib import suppress

from wagtail_m365.errors import M365Error
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.models import EditSession

from . import remote


def take_away(session: EditSession, graph: GraphClient | None = None) -> None:
    """Take the link of a copy that stays away, where that is possible."""
    if not session.link_id:
        return
    from wagtail_m365.graph.links import remove_permission

    with suppress(M365Error):
        graph = graph or remote.graph_of(session)
        remove_permission(graph, session.drive_id, session.item_id, session.link_id)
        EditSession.objects.filter(pk=session.pk).update(link_id="")
        session.link_id = ""
