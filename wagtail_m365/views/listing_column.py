"""The column *Microsoft 365* of the documents listing: how a document stands, its menu.

A listing may have a thousand rows, so a row costs a few strings: no template, no query,
no address to be resolved. What its menu offers is asked when it is unfolded.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.admin.templatetags.wagtailadmin_tags import timesince_simple
from wagtail.admin.ui.tables import BaseColumn

from wagtail_m365.models import moments

from .edit_sessions import SessionFacts, facts_of

#: Stands for the document in an address that is resolved once for all rows.
_ANY = 0
_CELL = (
    '<td class="m365-cell"><div class="m365-row">'
    '<div class="m365-menu" data-controller="m365-menu" data-action="'
    "click->m365-menu#open keydown->m365-menu#move"
    ' w-dropdown:shown->m365-menu#shown w-dropdown:hide->m365-menu#hidden">'
    '<a class="w-dropdown__toggle w-dropdown__toggle--icon" href="{}" aria-label="{}"'
    ' data-m365-menu-target="link"><svg class="icon icon-dots-horizontal'
    ' w-dropdown__toggle-icon" aria-hidden="true"><use href="#icon-dots-horizontal">'
    "</use></svg></a></div><div>{}</div></div></td>"
)
_STATE = '<span class="w-status {}">{}</span><div class="m365-meta">{} · {}</div>'
# As Wagtail's tag human_readable_date, whose template takes longer than the whole row.
_DATE = (
    '<button type="button" class="w-human-readable-date" data-controller="w-tooltip"'
    ' data-w-tooltip-content-value="{}" data-w-tooltip-placement-value="top">'
    '<time class="w-human-readable-date__date" datetime="{}">{}</time></button>'
)
_CHANGE = "wagtail_m365/edit_sessions/change.html"


class M365StatusColumn(BaseColumn):
    """Who has the document open, since when, and what can be done with it.

    Args:
        name: As Wagtail's columns.
        user: Who looks at the listing.
        next_url: Where the actions lead back to.
        options: As Wagtail's columns.
    """

    header_template_name = "wagtail_m365/documents/column_header.html"

    def __init__(self, name: str, *, user: Any, next_url: str, **options: Any) -> None:
        super().__init__(name, **options)
        self._user = user
        self._next = urlencode({"next": next_url})

    @cached_property
    def _address(self) -> tuple[str, str]:
        """What stands before and behind the document in its page's address."""
        path = reverse("wagtail_m365:document_actions", args=[_ANY])
        before, _any, behind = path.rpartition(str(_ANY))
        return before, f"{behind}?{self._next}"

    @cached_property
    def _name(self) -> str:
        return _("Microsoft 365 actions for “%(title)s”")

    def render_cell_html(
        self, instance: Any, parent_context: dict[str, Any]
    ) -> SafeString:
        """One cell of the table."""
        facts = facts_of(instance, self._user)
        before, behind = self._address
        return format_html(
            _CELL,
            f"{before}{instance.pk}{behind}",
            self._name % {"title": instance},
            _state(facts) if facts else "",
        )


def _state(facts: SessionFacts) -> SafeString:
    look = "m365-status--attention" if facts.in_conflict else "w-status--primary"
    who = _("You") if facts.is_mine else facts.owner or _("Somebody who left")
    opened_at = _readable(facts.session.opened_at)
    state = format_html(_STATE, look, facts.state, who, opened_at)
    session = facts.session
    if facts.changed or session.is_gone or session.was_renamed or session.was_moved:
        change = render_to_string(_CHANGE, {"facts": facts})
        return format_html('{}<div class="m365-meta">{}</div>', state, change)
    return state


def _readable(when: datetime) -> SafeString:
    here = moments.here(when)
    return format_html(
        _DATE,
        date_format(here, "DATETIME_FORMAT"),
        here.isoformat(),
        capfirst(timesince_simple(when)),
    )
