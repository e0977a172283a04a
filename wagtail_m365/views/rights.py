"""What a scope lets this site do, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from wagtail_m365.hooks import Purpose

#: Scope (Microsoft Graph permissions reference, delegated) → what it means.
NAMES = {
    "user.read": _("See your name and account"),
    "files.readwrite.appfolder": _("Read and change files in this site's own folder"),
    "files.read": _("Read your files"),
    "files.readwrite": _("Read and change your files"),
    "files.read.all": _("Read all files that you can open, shared ones too"),
    "files.readwrite.all": _("Read and change all files that you can open"),
    "sites.read.all": _("Read the SharePoint sites that you can open"),
    "sites.readwrite.all": _(
        "Change content of the SharePoint sites that you can open"
    ),
    "sites.selected": _("Use SharePoint sites that an administrator chose"),
    "mail.read": _("Read your mail"),
    "mail.readwrite": _("Read and change your mail"),
    "mail.send": _("Send mail as you"),
    "calendars.read": _("Read your calendar"),
    "calendars.readwrite": _("Read and change your calendar"),
    "contacts.read": _("Read your contacts"),
    "people.read": _("See the people you work with"),
    "user.readbasic.all": _("See the names of people in your organisation"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One granted scope."""

    scope: str
    #: In plain words; the scope itself where none are known.
    name: str
    #: Titles of the plugins' purposes that need it.
    purposes: tuple[str, ...] = ()


def rights(scopes: Iterable[str], purposes: Iterable[Purpose] = ()) -> list[Right]:
    """The scopes as a person reads them, in a stable order."""
    declared = list(purposes)
    return [
        Right(
            scope=scope,
            name=str(NAMES.get(scope.casefold(), scope)),
            purposes=tuple(
                str(each.title) for each in declared if scope in each.scopes
            ),
        )
        for scope in sorted(scopes, key=str.casefold)
    ]
