"""How an edit session stands, for people: its facts, and the side panel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.middleware.csrf import get_token
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.utils import get_user_display_name

from wagtail_m365.documents.checking import known_change
from wagtail_m365.documents.edit_folders import EditPlace
from wagtail_m365.documents.formats import editable, legacy_successor
from wagtail_m365.documents.joining import may_join_by_link
from wagtail_m365.documents.permissions import may_manage
from wagtail_m365.models import Connection, EditSession
from wagtail_m365.models.connections import PERSONAL_TENANT

from .buttons import open_session_of, page_url
from .document_page import edit_url, is_web_address
from .go import open_url
from .proposals import proposals_of
from .status_sentences import sentence_about_copy, time_since
from .versions import latest_versions

#: Half of the columns: a listing is looked at often, and each costs time.
_SHOWN_IN_LISTINGS = (
    *("open_for", "owner", "connection_id", "state", "opened_at"),
    *("sent_name", "item_name", "folder_id", "remote_folder_id", "remote_copy"),
    *("base_ctag", "remote_ctag", "remote_checked_at"),
    *("remote_modified_at", "remote_modified_by"),
)
_OPEN_STATES = (EditSession.State.OPEN, EditSession.State.CONFLICT)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """An edit session as one person sees it."""

    session: EditSession
    user: Any

    @property
    def is_mine(self) -> bool:
        """Did this person open it?"""
        return bool(self.session.owner_id == self.user.pk)

    @property
    def owner(self) -> str:
        """Who has it open; empty for somebody who is gone."""
        owner = self.session.owner
        return get_user_display_name(owner) if owner else ""

    @property
    def owner_left(self) -> bool:
        """Can whoever opened it log in here no more?"""
        owner = self.session.owner
        return owner is None or not owner.is_active

    @property
    def account(self) -> str:
        """The Microsoft account it lies with; empty when disconnected."""
        return str(self.session.connection or "")

    @property
    def web_url(self) -> str:
        """Where it is edited, if Microsoft told an address that can be shown."""
        url = self.session.web_url
        return url if is_web_address(url) else ""

    @property
    def app(self) -> str:
        """The Office application of its format, by name; empty for others."""
        kind = editable(self.session.item_name)
        return str(kind.app) if kind else ""

    @property
    def in_library(self) -> bool:
        """Does the copy lie where colleagues reach it by themselves?"""
        return bool(self.session.place == EditPlace.LIBRARY)

    @property
    def can_be_joined(self) -> bool:
        """May others go to the same file, as far as the site decides?"""
        # A link is made with the owner's account.
        by_link = self.session.connection_id is not None and may_join_by_link()
        return self.has_arrived and (self.in_library or by_link)

    @property
    def joined(self) -> list[str]:
        """Who else edits it, by name."""
        people = self.session.joined.select_related("user")
        return [str(get_user_display_name(each.user)) for each in people]

    @property
    def opens_on_desktop(self) -> bool:
        """May the desktop application open it? A personal OneDrive has no way for that."""
        account = self.session.connection
        is_work = bool(account and account.tenant_id != PERSONAL_TENANT)
        return bool(self.app and self.has_arrived and is_work)

    @property
    def has_arrived(self) -> bool:
        """Is the copy there, or is it still being sent (or was that cut short)?"""
        return self.session.state in _OPEN_STATES

    @property
    def in_conflict(self) -> bool:
        """Have both sides changed, and has nobody chosen yet?"""
        return bool(self.session.state == EditSession.State.CONFLICT)

    @property
    def state(self) -> str:
        """In words."""
        # Not get_state_display: that looks up the words of every state each time.
        return str(EditSession.State(self.session.state).label)

    @property
    def copy(self) -> str:
        """What became of the copy, when the session is over."""
        return sentence_about_copy(self.session)

    @property
    def changed(self) -> bool | None:
        """Has the copy changed? ``None``: Microsoft has not been asked yet."""
        return known_change(self.session)

    @property
    def changed_since(self) -> str:
        """How long ago it changed last; empty where Microsoft did not tell."""
        moment = self.session.remote_modified_at if self.changed else None
        return time_since(moment) if moment else ""

    @property
    def asked_since(self) -> str:
        """How long ago Microsoft was asked."""
        return time_since(self.session.remote_checked_at)

    @property
    def locked_since(self) -> str:
        """How long ago Microsoft reported the file as locked."""
        return time_since(self.session.remote_locked_at)


def facts_of(document: Any, user: Any) -> SessionFacts | None:
    """The document's edit session as this person sees it; ``None`` if it has none."""
    session = open_session_of(document)
    return SessionFacts(session=session, user=user) if session else None


def prefetch_open_sessions(documents: Iterable[Any]) -> None:
    """Know for each of these documents whether it is open: one query for all."""
    found = list(documents)
    sessions = EditSession.objects.filter(open_for__in=[each.pk for each in found])
    shown = sessions.select_related("owner").only(*_SHOWN_IN_LISTINGS)
    open_sessions = {session.open_for_id: session for session in shown}
    # As prefetch_related_objects, which takes longer than the query.
    relation = EditSession._meta.get_field("open_for").remote_field
    for document in found:
        relation.set_cached_value(document, open_sessions.get(document.pk))


class M365SidePanel(BaseSidePanel):
    """What goes on with the document in Microsoft 365, and what it was before."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = gettext_lazy("Toggle Microsoft 365")
        icon_name = "m365"

        def get_context_data(self, parent_context: Any) -> dict[str, Any]:
            # The number on the symbol says that the document is open somewhere.
            context: dict[str, Any] = super().get_context_data(parent_context)
            return {**context, "count": int(bool(open_session_of(self.panel.object)))}

    name = "m365"
    title = gettext_lazy("Microsoft 365")
    template_name = "wagtail_m365/edit_sessions/side_panel.html"
    order = 150

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(parent_context),
            "proposals": proposals_of(self.object, self.request.user),
            "versions": latest_versions(self.object, self.request.user),
            # A component has a context of its own, which the middleware's does not reach.
            "csrf_token": get_token(self.request),
            **panel_context(self.object, self.request.user),
        }


def panel_context(document: Any, user: Any) -> dict[str, Any]:
    """What the side panel shows of a document's edit session."""
    facts = facts_of(document, user)
    return {
        "document": document,
        "facts": facts,
        "format": editable(document.filename),
        "successor": legacy_successor(document.filename),
        "open_url": open_url(user, document.pk),
        "choose_account_url": "" if facts else _choose_account_url(document, user),
        "next_url": edit_url(document),
        "may_manage": may_manage(user),
        **_document_addresses(document),
        **(_session_addresses(facts.session, document) if facts else {}),
    }


def _choose_account_url(document: Any, user: Any) -> str:
    """The page that asks with which account; empty where there is no choice."""
    several = Connection.objects.of_user(user).count() > 1
    return page_url("open", document.pk) if several else ""


def _document_addresses(document: Any) -> dict[str, str]:
    """Our pages about this document; they lead back to it by themselves."""
    on_session = (
        "bring_back",
        "resolve",
        "discard",
        "check",
        "desktop",
        "join",
        "preview",
    )
    names = (*on_session, "save", "versions", "panel")
    return {f"{name}_url": page_url(name, document.pk) for name in names}


def _session_addresses(session: EditSession, document: Any) -> dict[str, str]:
    next_url = edit_url(document)
    return {
        "hand_over_url": page_url("hand_over", session.pk, next_url),
        "end_url": page_url("end_session", session.pk, next_url),
    }
