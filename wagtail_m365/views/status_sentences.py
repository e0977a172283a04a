"""How a copy stands, in sentences that say no more than Microsoft told."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from wagtail_m365.documents.checking import RemoteStatus

#: Seconds.
_A_MINUTE = 60


def sentences_about(status: RemoteStatus) -> Iterator[str]:
    """What changed, when, by whom, and what is not known."""
    yield _change(status)
    if status.site_changed:
        yield _("The file on this site has changed since it was opened.")
    if status.publication == "checkout":
        yield _("Microsoft reports the file as checked out.")
    else:
        yield _("Whether somebody has it open just now, Microsoft does not tell.")


def _change(status: RemoteStatus) -> str:
    if not status.changed:
        return _("Not changed in Microsoft 365.")
    if status.modified_at is None:
        return _("Changed in Microsoft 365; when, Microsoft does not tell.")
    facts = {"ago": _ago(status), "who": status.modified_by}
    if status.modified_by:
        return _("Changed in Microsoft 365 %(ago)s, by %(who)s.") % facts
    return _("Changed in Microsoft 365 %(ago)s.") % facts


def _ago(status: RemoteStatus) -> str:
    if status.modified_at is None or (status.quiet_for or 0) < _A_MINUTE:
        return _("less than a minute ago")
    return _("%(time)s ago") % {"time": timesince(status.modified_at)}
