"""Bundles of scopes with clear names: what to ask for, from least to most.

Names are Microsoft's delegated permissions ("Microsoft Graph permissions reference").
Rights are asked for when they are first needed, never all at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

#: Who the account is: name, picture, address.
PROFILE = ("User.Read",)
#: Edit sessions: our own folder in the editor's OneDrive and nothing else of it.
EDIT = ("Files.ReadWrite.AppFolder",)
#: *Save to OneDrive* and the folder browser: all files of the editor's own drive.
SAVE = ("Files.ReadWrite",)
#: Files of others that were shared with the editor, in OneDrive and SharePoint.
SHARED = ("Files.ReadWrite.All",)
#: SharePoint: find sites and their libraries, read and write their files.
SITES = ("Sites.Read.All", "Files.ReadWrite.All")
#: Outlook: read mail.
MAIL_READ = ("Mail.Read",)
#: Outlook: send mail as the editor.
MAIL_SEND = ("Mail.Send",)
#: Outlook: read the editor's calendars.
CALENDAR_READ = ("Calendars.Read",)
#: Outlook: make and change events.
CALENDAR_WRITE = ("Calendars.ReadWrite",)
#: Teams: see the editor's teams and channels, and write to channels.
TEAMS = ("Team.ReadBasic.All", "Channel.ReadBasic.All", "ChannelMessage.Send")
#: Exchange: mail, calendar and contacts, to read and to write, and to send.
EXCHANGE = ("Calendars.ReadWrite", "Contacts.ReadWrite", "Mail.ReadWrite", "Mail.Send")
#: The application itself: all that an administrator has granted it.
APP_ONLY = (".default",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A set of rights with a name, to be chosen by an administrator."""

    #: Stable: stands in forms.
    key: str
    #: A few words. Lazy translation.
    title: Any
    #: What one can do with it. Lazy translation.
    reason: Any
    scopes: tuple[str, ...]


#: What the site's own connections are mostly needed for, from least to most.
BUNDLES = (
    Bundle(
        key="profile",
        title=_("Who the account is"),
        reason=_("Name and address of the account; every sign-in needs it."),
        scopes=PROFILE,
    ),
    Bundle(
        key="mail_send",
        title=_("Outlook: send mail"),
        reason=_("Newsletters and notices that come from this mailbox."),
        scopes=MAIL_SEND,
    ),
    Bundle(
        key="mail_read",
        title=_("Outlook: read mail"),
        reason=_("Take mail that arrives in this mailbox into the site."),
        scopes=MAIL_READ,
    ),
    Bundle(
        key="calendar_read",
        title=_("Calendar: read"),
        reason=_("Show the events of this account's calendars on the site."),
        scopes=CALENDAR_READ,
    ),
    Bundle(
        key="calendar_write",
        title=_("Calendar: change"),
        reason=_("Make and change events, such as bookings made on the site."),
        scopes=CALENDAR_WRITE,
    ),
    Bundle(
        key="onedrive",
        title=_("OneDrive: files of the account"),
        reason=_("Read and write the files in this account's own OneDrive."),
        scopes=SAVE,
    ),
    Bundle(
        key="sharepoint",
        title=_("SharePoint: sites and their files"),
        reason=_("Find the sites that this account can open, and use their files."),
        scopes=SITES,
    ),
    Bundle(
        key="teams",
        title=_("Teams: write to channels"),
        reason=_("Tell a channel of a team what happens on the site."),
        scopes=TEAMS,
    ),
    Bundle(
        key="exchange",
        title=_("Exchange: mail, calendar and contacts"),
        reason=_("All of the mailbox, to read, to write and to send."),
        scopes=EXCHANGE,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One right, in words for editors and for the Entra administrator."""

    scope: str
    #: What it is for. Lazy translation.
    why: Any
    #: What does not work without it. Lazy translation.
    without: Any


def _permission(scope: str, why: Any, without: Any) -> Permission:
    return Permission(scope=scope, why=why, without=without)


#: The rights that this extension itself asks for.
OWN_PERMISSIONS = (
    _permission(
        "User.Read",
        _("Shows which account is connected."),
        _("Nobody can connect an account."),
    ),
    _permission(
        "Files.ReadWrite.AppFolder",
        _("Keeps the documents that are being edited in a folder of their own."),
        _("Documents cannot be opened in Microsoft 365."),
    ),
    _permission(
        "Files.ReadWrite",
        _("Saves copies to a folder of the editor's OneDrive and lists its folders."),
        _("Saving to OneDrive and choosing a folder there stop working."),
    ),
    _permission(
        "Files.ReadWrite.All",
        _("Reads and writes files in SharePoint that the editor has access to."),
        _("Files in SharePoint and shared folders cannot be used."),
    ),
    _permission(
        "Sites.Read.All",
        _("Finds the SharePoint sites that the editor has access to."),
        _("SharePoint sites cannot be browsed."),
    ),
)


def explained(scopes: Iterable[str], purposes: Iterable[Any] = ()) -> list[Permission]:
    """Each right with its reason: ours, or that of the plugins that declare it.

    Args:
        scopes: The rights.
        purposes: :class:`wagtail_m365.hooks.Purpose` objects.
    """
    own = {permission.scope: permission for permission in OWN_PERMISSIONS}
    declared = list(purposes)
    return [own.get(scope) or _of_plugins(scope, declared) for scope in sorted(scopes)]


def _of_plugins(scope: str, purposes: Iterable[Any]) -> Permission:
    asking = [purpose for purpose in purposes if scope in purpose.scopes]
    why = " ".join(str(purpose.reason) for purpose in asking)
    stops = _("“%(name)s” stops working.")
    without = " ".join(stops % {"name": purpose.title} for purpose in asking)
    return _permission(
        scope,
        why or _("A plugin of this site asks for it without giving a reason."),
        without or _("What asked for it stops working."),
    )
