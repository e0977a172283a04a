"""What a run over a watched folder did, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

#: What was done with a file → how a list of changes says it.
EVENTS = {
    "imported": gettext_lazy("Imported"),
    "updated": gettext_lazy("Updated"),
    "renamed": gettext_lazy("Renamed"),
    "left": gettext_lazy("Gone there; the document stays"),
    "unpublished": gettext_lazy("Gone there; moved to the private collection"),
    "dropped": gettext_lazy("Changed there; its document was deleted here"),
    "conflict": gettext_lazy("Changed on both sides; both are kept"),
    "failed": gettext_lazy("Not possible"),
}
_COUNTS = {
    "imported": ngettext_lazy("%d imported", "%d imported"),
    "updated": ngettext_lazy("%d updated", "%d updated"),
    "renamed": ngettext_lazy("%d renamed", "%d renamed"),
    "left": ngettext_lazy("%d gone there", "%d gone there"),
    "unpublished": ngettext_lazy("%d moved away", "%d moved away"),
    "deleted": ngettext_lazy("%d deleted", "%d deleted"),
    "conflict": ngettext_lazy("%d conflict", "%d conflicts"),
    "failed": ngettext_lazy("%d not possible", "%d not possible"),
    "filtered": ngettext_lazy("%d left out", "%d left out"),
}


def counts_in_words(counts: Mapping[str, Any]) -> str:
    """“2 imported, 1 not possible”; what did not happen is not told."""
    told = [
        str(sentence % counts[kind])
        for kind, sentence in _COUNTS.items()
        if counts.get(kind)
    ]
    return ", ".join(told) or _("Nothing had changed")
