"""The field into which people paste a link, and what it was when it was sent.

A sharing link may give access to whoever has it: it comes by POST, is a secret from then
on, and is not shown again.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from wagtail_m365.redaction import Secret

from .accounts import ACCOUNT
from .folder_rows import Gate

#: Name of the field.
LINK = "m365-link"
#: What the address of a step says of the page around: it holds for the next step, too.
_KEPT = (ACCOUNT, "collection")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkField:
    """Where a link can be pasted."""

    #: Open where the rights to others' files are there.
    gate: Gate
    #: Where the form is sent to.
    url: str
    #: The list that is shown is one that Microsoft ends.
    is_ending: bool
    #: Shown unfolded, for it is what is left to do.
    is_open: bool


def link_url(page: str, request: HttpRequest) -> str:
    """The address of the page that opens links, for the account that browses."""
    query = {name: request.GET[name] for name in _KEPT if request.GET.get(name)}
    return f"{reverse(page)}?{urlencode(query)}" if query else reverse(page)


def taken_link(request: HttpRequest) -> Secret:
    """The link that was sent; a report about this request does not show it any more."""
    sent = request.POST.copy()
    link = Secret(str(sent.pop(LINK, [""])[-1]))
    request.POST = sent  # type: ignore[assignment]  # a copy may be changed
    return link
