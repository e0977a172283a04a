"""What Wagtail's log is told about the journeys of documents; never a secret.

Names, sizes and people only: no address of a file, since some open without a sign-in.
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.documents.models import AbstractDocument
from wagtail.log_actions import LogActionRegistry, LogFormatter, log

OPEN = "wagtail_m365.open"
BRING_BACK = "wagtail_m365.bring_back"
SAVE = "wagtail_m365.save"
DISCARD = "wagtail_m365.discard"
CONFLICT = "wagtail_m365.conflict"
LOSE = "wagtail_m365.lose"
HAND_OVER = "wagtail_m365.hand_over"
RESTORE = "wagtail_m365.restore"
MEND = "wagtail_m365.mend"
KEEP_BOTH = "wagtail_m365.keep_both"

#: Action → label, and the sentence that the log shows with the facts filled in.
_ACTIONS: dict[str, tuple[Promise, Promise]] = {
    OPEN: (
        gettext_lazy("Open in Microsoft 365"),
        gettext_lazy("Opened in Microsoft 365 as %(name)s"),
    ),
    BRING_BACK: (
        gettext_lazy("Bring back from Microsoft 365"),
        gettext_lazy("Brought back from Microsoft 365: %(name)s"),
    ),
    SAVE: (
        gettext_lazy("Save to OneDrive"),
        gettext_lazy("Saved a copy to OneDrive as %(name)s"),
    ),
    DISCARD: (
        gettext_lazy("Discard edits in Microsoft 365"),
        gettext_lazy("Discarded the copy in Microsoft 365: %(name)s"),
    ),
    CONFLICT: (
        gettext_lazy("Changed on both sides"),
        gettext_lazy("Changed on the site and in Microsoft 365; nothing was touched"),
    ),
    LOSE: (
        gettext_lazy("Lose copy in Microsoft 365"),
        gettext_lazy("The copy in Microsoft 365 is gone: %(name)s"),
    ),
    HAND_OVER: (
        gettext_lazy("Hand over edit session"),
        gettext_lazy("Handed the edit session over to %(to)s"),
    ),
    RESTORE: (
        gettext_lazy("Restore version"),
        gettext_lazy("Restored an earlier version: %(name)s"),
    ),
    MEND: (
        gettext_lazy("Undo interrupted replacement"),
        gettext_lazy("Undid a replacement of the file that was cut short"),
    ),
    KEEP_BOTH: (
        gettext_lazy("Keep both as two documents"),
        gettext_lazy("Kept the edited file as a document of its own: %(title)s"),
    ),
}


def register_log_actions(actions: LogActionRegistry) -> None:
    """Make our actions known to Wagtail's log (hook ``register_log_actions``)."""
    for name, (label, sentence) in _ACTIONS.items():
        actions.register_action(name)(_formatter(label, sentence))


def record(
    action: str, document: AbstractDocument | None, user: Any, **facts: Any
) -> None:
    """Write an entry into the document's log; a document that is gone has none."""
    if document is None or document.pk is None:
        return
    log(document, action, user=user, data=facts)


def _formatter(label_text: Promise, sentence: Promise) -> type[LogFormatter]:
    class Formatter(LogFormatter):
        label = label_text

        def format_message(self, log_entry: Any) -> str:
            facts = log_entry.data or {}
            names = {name: facts.get(name) or _("unnamed") for name in _NAMED}
            return str(sentence) % names

        def format_comment(self, log_entry: Any) -> str:
            return str((log_entry.data or {}).get("comment", ""))

    return Formatter


_NAMED = ("name", "to", "title")
