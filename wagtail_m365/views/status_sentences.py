"""How a copy stands, in sentences that say no more than Microsoft told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_m365.documents.checking import RemoteStatus
from wagtail_m365.models import EditSession
from wagtail_m365.models.edit_sessions import RemoteCopy

#: Seconds.
_A_MINUTE = 60


#: What became of the copy → what to say when the session is over.
_COPY = {
    RemoteCopy.DELETED: gettext_lazy("The copy was deleted for good."),
    RemoteCopy.IN_RECYCLE_BIN: gettext_lazy("The copy is in the recycle bin there."),
    RemoteCopy.LEFT_BEHIND: gettext_lazy(
        "The copy could not be deleted yet; this is tried again."
    ),
    RemoteCopy.LEFT_TO_OWNER: gettext_lazy(
        "The copy stays where it is, with whoever opened it."
    ),
    RemoteCopy.PASSED_ON: gettext_lazy("The same file goes on with the next person."),
    RemoteCopy.GONE: gettext_lazy("The copy was gone already."),
}


def sentence_about_copy(session: EditSession) -> str:
    """What became of the copy of a session that is over; ``""``: there was none."""
    if session.is_unfinished:
        return ""
    text = str(_COPY.get(RemoteCopy(session.remote_copy)) or "")
    return " ".join(filter(None, (text, sentence_about_check_out(session))))


def sentence_about_check_out(session: EditSession) -> str:
    """Who has to check in what a session has left; ``""``: nobody, as far as is known."""
    left = session.remote_copy == RemoteCopy.LEFT_TO_OWNER
    if session.is_unfinished or not (left and session.checked_out_by):
        return ""
    return _(
        "Microsoft reports it as checked out by %(who)s: until that person, or somebody who "
        "manages the library, checks it in, nobody else can change it there."
    ) % {"who": session.checked_out_by}


def sentences_about(status: RemoteStatus) -> Iterator[str]:
    """What changed, when, by whom, and what is not known."""
    yield _change(status)
    if status.site_changed:
        yield _("The file on this site has changed since it was opened.")
    if status.publication == "checkout":
        yield _checked_out(status)
    elif status.locked:
        yield _("Microsoft reports the file as locked: somebody has it open in Office.")
    else:
        yield _("Whether somebody has it open just now, Microsoft does not tell.")


def _checked_out(status: RemoteStatus) -> str:
    if not status.checked_out_by:
        return _("Microsoft reports the file as checked out.")
    return _("Microsoft reports the file as checked out by %(who)s.") % {
        "who": status.checked_out_by
    }


def _change(status: RemoteStatus) -> str:
    if not status.changed:
        return _("Not changed in Microsoft 365.")
    if status.modified_at is None:
        return _("Changed in Microsoft 365; when, Microsoft does not tell.")
    facts = {"ago": _ago(status), "who": status.modified_by}
    if status.modified_by:
        return _("Changed in Microsoft 365 %(ago)s, by %(who)s.") % facts
    return _("Changed in Microsoft 365 %(ago)s.") % facts


def time_since(moment: datetime | None) -> str:
    """How long ago that was, before the word for it; never "0 minutes"."""
    if moment is None or (timezone.now() - moment).total_seconds() < _A_MINUTE:
        return _("less than a minute")
    return timesince(moment)


def _ago(status: RemoteStatus) -> str:
    if status.modified_at is None or (status.quiet_for or 0) < _A_MINUTE:
        return _("less than a minute ago")
    return _("%(time)s ago") % {"time": timesince(status.modified_at)}
