"""What Wagtail's log is told about documents and followed drives; never a secret.

Names, sizes and people only: no address of a file, since some open without a sign-in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.documents.models import AbstractDocument
from wagtail.log_actions import LogActionRegistry, LogFormatter, log

from wagtail_m365.errors import M365Error
from wagtail_m365.models import FollowedDrive

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
JOIN = "wagtail_m365.join"
IMPORT = "wagtail_m365.import"
UPDATE = "wagtail_m365.update"
RENAME = "wagtail_m365.rename"
UNPUBLISH = "wagtail_m365.unpublish"
PROPOSE = "wagtail_m365.propose"
APPROVE = "wagtail_m365.approve"
REJECT = "wagtail_m365.reject"
WITHDRAW = "wagtail_m365.withdraw"
THIN_OUT = "wagtail_m365.thin_out"
CANCEL = "wagtail_m365.cancel_transfer"
RETRY = "wagtail_m365.retry_transfer"
SUBSCRIBE = "wagtail_m365.subscribe"
RENEW = "wagtail_m365.renew_subscription"
UNHEARD = "wagtail_m365.fail_subscription"
LOSE_SUBSCRIPTION = "wagtail_m365.lose_subscription"
UNSUBSCRIBE = "wagtail_m365.end_subscription"

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
    JOIN: (
        gettext_lazy("Join edit session"),
        gettext_lazy("Joined the editing of %(name)s in Microsoft 365"),
    ),
    KEEP_BOTH: (
        gettext_lazy("Keep both as two documents"),
        gettext_lazy("Kept the edited file as a document of its own: %(title)s"),
    ),
    IMPORT: (
        gettext_lazy("Import from Microsoft 365"),
        gettext_lazy("Imported from Microsoft 365: %(name)s"),
    ),
    UPDATE: (
        gettext_lazy("Update from Microsoft 365"),
        gettext_lazy("Updated from Microsoft 365: %(name)s"),
    ),
    RENAME: (
        gettext_lazy("Rename as in Microsoft 365"),
        gettext_lazy("Renamed as in Microsoft 365: %(name)s"),
    ),
    UNPUBLISH: (
        gettext_lazy("Move to another collection"),
        gettext_lazy("Moved, since the file left its watched folder: %(to)s"),
    ),
    PROPOSE: (
        gettext_lazy("Propose file"),
        gettext_lazy("Proposed a file, which waits for approval: %(name)s"),
    ),
    APPROVE: (
        gettext_lazy("Approve file"),
        gettext_lazy("Approved the file that %(who)s proposed: %(name)s"),
    ),
    REJECT: (
        gettext_lazy("Reject file"),
        gettext_lazy("Rejected the file that %(who)s proposed: %(name)s"),
    ),
    WITHDRAW: (
        gettext_lazy("Withdraw file"),
        gettext_lazy("Withdrew a proposed file: %(name)s"),
    ),
    CANCEL: (
        gettext_lazy("Cancel transfer"),
        gettext_lazy("Cancelled sending a copy to Microsoft 365: %(name)s"),
    ),
    RETRY: (
        gettext_lazy("Try transfer again"),
        gettext_lazy("Began anew to send a copy to Microsoft 365: %(name)s"),
    ),
    SUBSCRIBE: (
        gettext_lazy("Subscribe to drive"),
        gettext_lazy(
            "Microsoft calls when something changes in %(drive)s, until %(until)s"
        ),
    ),
    RENEW: (
        gettext_lazy("Renew subscription"),
        gettext_lazy(
            "Renewed: Microsoft calls when something changes in %(drive)s, until %(until)s"
        ),
    ),
    UNHEARD: (
        gettext_lazy("Fail to subscribe to drive"),
        gettext_lazy("Microsoft does not call when something changes in %(drive)s."),
    ),
    LOSE_SUBSCRIPTION: (
        gettext_lazy("Lose subscription"),
        gettext_lazy("Microsoft has ended the subscription to %(drive)s"),
    ),
    UNSUBSCRIBE: (
        gettext_lazy("End subscription"),
        gettext_lazy("Ended the subscription to %(drive)s"),
    ),
    THIN_OUT: (
        gettext_lazy("Remove old version"),
        gettext_lazy("Removed a version beyond what this site keeps: %(name)s"),
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


def record_call(action: str, drive: FollowedDrive, **facts: Any) -> None:
    """Write an entry about Microsoft's calls into the log of the account.

    The log knows who asked, if somebody did; the drive may soon be forgotten.

    Args:
        action: One of those above.
        drive: The drive that Microsoft calls about.
        facts: ``until``, a moment; ``code``, an error's.
    """
    until: datetime | None = facts.pop("until", None)
    if until is not None:
        facts["until"] = until.date().isoformat()
    if library := drive.library_name():
        facts["library"] = library
    log(drive.connection, action, data={"drive": drive.drive_id, **facts})


def _formatter(label_text: Promise, sentence: Promise) -> type[LogFormatter]:
    class Formatter(LogFormatter):
        label = label_text

        def format_message(self, log_entry: Any) -> str:
            facts = log_entry.data or {}
            names = {name: facts.get(name) or _("unnamed") for name in _NAMED}
            about = {"drive": _drive_of(log_entry), "until": _day_of(facts)}
            text = str(sentence) % (names | about)
            code = facts.get("code")
            return f"{text} {M365Error(code=code).explanation.what}" if code else text

        def format_comment(self, log_entry: Any) -> str:
            return str((log_entry.data or {}).get("comment", ""))

    return Formatter


def _drive_of(log_entry: Any) -> str:
    """What people know of a drive: its id, which is logged as well, says nothing."""
    library = (log_entry.data or {}).get("library")
    if library:
        return _("“%(name)s”") % {"name": library}
    return _("a drive of %(account)s") % {"account": log_entry.label}


def _day_of(facts: dict[str, Any]) -> str:
    """The day up to which Microsoft calls, as the reader writes days."""
    day = parse_date(facts.get("until") or "")
    return date_format(day) if day else _("unnamed")


_NAMED = ("name", "to", "title", "who")
