"""The ledger of edit sessions: documents that are open in Microsoft 365."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.documents import get_document_model_string

from .edit_locations import EditPlace
from .held_by_account import HeldByAccount
from .managers import BecomesManager


class State(models.TextChoices):
    """Where an edit session stands."""

    OPENING = "opening", _("Being sent to Microsoft 365")
    OPEN = "open", pgettext_lazy("state", "Open in Microsoft 365")
    CONFLICT = "conflict", _("Changed on both sides")
    BROUGHT_BACK = "brought_back", _("Brought back")
    DISCARDED = "discarded", _("Discarded")
    HANDED_OVER = "handed_over", _("Handed over")
    LOST = "lost", _("The copy in Microsoft 365 is gone")


class RemoteCopy(models.TextChoices):
    """What became of the copy in Microsoft 365."""

    NONE = "none", _("Not there yet")
    THERE = "there", _("There")
    DELETED = "deleted", _("Deleted")
    IN_RECYCLE_BIN = "in_recycle_bin", _("In the recycle bin")
    #: The session was ended without it: a sweeper tries again.
    LEFT_BEHIND = "left_behind", _("Left behind")
    GONE = "gone", _("Gone")
    #: The next session goes on with the same file.
    PASSED_ON = "passed_on", _("Passed on to the next person")
    #: Not ours to delete: it stays in the OneDrive of whoever opened it.
    LEFT_TO_OWNER = "left_to_owner", _("Left to its owner")


_ENDS: frozenset[str] = frozenset(
    {State.BROUGHT_BACK, State.DISCARDED, State.HANDED_OVER, State.LOST}
)
#: State → states that may follow. A state that nothing follows is final.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    State.OPENING: frozenset({State.OPEN, State.DISCARDED, State.LOST}),
    State.OPEN: _ENDS | {State.CONFLICT},
    State.CONFLICT: _ENDS | {State.OPEN},
    **dict.fromkeys(_ENDS, frozenset[str]()),
}
#: States in which a document is out in Microsoft 365.
UNFINISHED = frozenset({State.OPENING, State.OPEN, State.CONFLICT})


class EditSessionQuerySet(BecomesManager, models.QuerySet["EditSession"]):
    """The questions asked of edit sessions."""

    def unfinished(self) -> EditSessionQuerySet:
        """Those whose document is out in Microsoft 365."""
        return self.filter(open_for__isnull=False)

    def open_for_document(self, document: models.Model) -> EditSessionQuerySet:
        """The one unfinished session of this document, if there is one."""
        return self.filter(open_for_id=document.pk)

    def of_owner(self, user: Any) -> EditSessionQuerySet:
        """What this person has open."""
        return self.unfinished().filter(owner_id=user.pk)

    def with_account(self) -> EditSessionQuerySet:
        """Those whose copy lies in an account that is connected (see ``account``)."""
        return self.filter(
            connection__tenant_id=models.F("account_tenant_id"),
            connection__object_id=models.F("account_object_id"),
        )

    def stuck(self, before: datetime) -> EditSessionQuerySet:
        """Those that began to be sent before that moment and never arrived."""
        return self.filter(state=State.OPENING, opened_at__lt=before)

    def with_copy_left_behind(self) -> EditSessionQuerySet:
        """Finished ones whose copy is still in Microsoft 365."""
        return self.filter(
            open_for__isnull=True, remote_copy=RemoteCopy.LEFT_BEHIND
        ).exclude(state__in=UNFINISHED)

    def of_deleted_documents(self) -> EditSessionQuerySet:
        """Unfinished ones whose document was deleted on the site."""
        return self.filter(document__isnull=True, state__in=UNFINISHED)


class EditSession(HeldByAccount):
    """One document taken to Microsoft 365 for editing."""

    State = State
    RemoteCopy = RemoteCopy

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(
        get_document_model_string(),
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_edit_sessions",
    )
    document_title = models.CharField(max_length=255)
    #: The same document while the session is open, NULL afterwards: a unique
    #: column says "one open session per document" on every database.
    open_for = models.OneToOneField(
        get_document_model_string(),
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_open_session",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_edit_sessions",
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.OPENING
    )
    #: Rises with every change of state or base; a writer names the one it read.
    revision = models.PositiveIntegerField(default=0)

    #: In which kind of place the copy lies: says which rights reach it.
    place = models.CharField(
        max_length=12, choices=EditPlace.choices, default=EditPlace.APP_FOLDER
    )
    drive_id = models.CharField(max_length=255, blank=True)
    #: The folder made for this session alone; it goes when the copy goes.
    folder_id = models.CharField(max_length=255, blank=True)
    item_id = models.CharField(max_length=255, blank=True)
    item_name = models.CharField(max_length=400, blank=True)
    #: The name under which it was sent; `item_name` is what it is called now.
    sent_name = models.CharField(max_length=400, blank=True)
    web_url = models.TextField(blank=True)
    remote_copy = models.CharField(
        max_length=20, choices=RemoteCopy.choices, default=RemoteCopy.NONE
    )

    #: SHA-256 of the content both sides last had in common; empty when unknown.
    base_sha256 = models.CharField(max_length=64, blank=True)
    #: Wagtail's own hash (SHA-1) of it.
    base_file_hash = models.CharField(max_length=40, blank=True)
    base_size = models.PositiveBigIntegerField(default=0)
    #: Tags and hash of the drive item when it was known to hold the base. The hash
    #: is Microsoft's, since SharePoint rewrites Office files when they arrive.
    base_etag = models.CharField(max_length=255, blank=True)
    base_ctag = models.CharField(max_length=255, blank=True)
    base_quick_xor = models.CharField(max_length=40, blank=True)

    #: What Microsoft told when it was last asked.
    remote_folder_id = models.CharField(max_length=255, blank=True)
    remote_etag = models.CharField(max_length=255, blank=True)
    remote_ctag = models.CharField(max_length=255, blank=True)
    remote_size = models.PositiveBigIntegerField(default=0)
    remote_modified_at = models.DateTimeField(null=True, blank=True)
    remote_modified_by = models.CharField(max_length=255, blank=True)
    remote_checked_at = models.DateTimeField(null=True, blank=True)
    #: When Microsoft last refused something because the file was locked.
    remote_locked_at = models.DateTimeField(null=True, blank=True)
    #: Who has the file checked out; ``""``: nobody, or not told.
    checked_out_by = models.CharField(max_length=255, blank=True, default="")
    #: Id of the permission behind the link by which others join; no address.
    link_id = models.CharField(max_length=255, blank=True, default="")

    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    brought_back_at = models.DateTimeField(_("last brought back"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    #: Why it ended as it did, as a code: "owner_left", "item_not_found" …
    closing_reason = models.CharField(max_length=50, blank=True)
    #: When a sweeper last saw that the owner has forgotten it; shown once after that.
    reminded_at = models.DateTimeField(null=True)
    reminder_shown_at = models.DateTimeField(null=True)

    objects = EditSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edit session")
        verbose_name_plural = _("edit sessions")
        ordering = ["-opened_at"]
        indexes = [
            models.Index(fields=["state", "opened_at"], name="m365_session_state"),
        ]
        permissions = [
            ("manage_edit_sessions", _("Can end and hand over others' edit sessions")),
        ]

    def __str__(self) -> str:
        return self.document_title

    @property
    def is_unfinished(self) -> bool:
        """Is the document out in Microsoft 365?"""
        return self.state in UNFINISHED

    @property
    def is_gone(self) -> bool:
        """Was the copy missed when Microsoft was last asked? It may come back."""
        return self.is_unfinished and self.remote_copy == RemoteCopy.GONE

    @property
    def was_renamed(self) -> bool:
        """Has somebody given the copy another name?"""
        return bool(self.sent_name) and self.item_name != self.sent_name

    @property
    def was_moved(self) -> bool:
        """Has somebody put the copy into another folder?"""
        known = bool(self.folder_id and self.remote_folder_id)
        return known and self.remote_folder_id != self.folder_id

    def may_become(self, state: str) -> bool:
        """Does the ledger allow this state next?"""
        return state == self.state or state in TRANSITIONS[self.state]

    def advance(self, state: str | None = None, **changes: Any) -> bool:
        """Write a new state and other columns, unless somebody was quicker.

        Returns:
            False when the row is not as this object knows it; nothing is written.

        Raises:
            ValueError: When the ledger does not allow this state next.
        """
        state = state or self.state
        if not self.may_become(state):
            raise ValueError(
                f"An edit session does not go from {self.state} to {state}."
            )
        changes |= {"state": state, "revision": self.revision + 1}
        if state not in UNFINISHED:
            changes |= {"open_for": None, "closed_at": timezone.now()}
        rows = type(self).objects.filter(pk=self.pk, revision=self.revision)
        if not rows.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True

    def note_base(self, **tags: str) -> None:
        """Keep the tags of a copy that still holds the base, unless that has moved on."""
        type(self).objects.filter(pk=self.pk, revision=self.revision).update(**tags)
        for name, value in tags.items():
            setattr(self, name, value)

    def note_remote(self, **changes: Any) -> None:
        """Keep what Microsoft told; touches neither state nor base.

        A session that has ended keeps what was known at its end: by that is told whether
        what is left of the copy may go.
        """
        changes["remote_checked_at"] = timezone.now()
        rows = type(self).objects.filter(pk=self.pk, state__in=UNFINISHED)
        rows.update(**changes)
        for name, value in changes.items():
            setattr(self, name, value)

    def note_seen(self, became: str, **facts: Any) -> None:
        """Keep whether the copy is there, and what Microsoft told of it.

        Unless the session has moved on: what became of the copy is known better then.
        """
        facts |= {"remote_copy": became, "remote_checked_at": timezone.now()}
        unfinished = type(self).objects.unfinished()
        if unfinished.filter(pk=self.pk, revision=self.revision).update(**facts):
            for name, value in facts.items():
                setattr(self, name, value)

    def note_lock(self) -> None:
        """Keep that Microsoft has just refused something because the file is locked."""
        self.remote_locked_at = timezone.now()
        rows = type(self).objects.filter(pk=self.pk)
        rows.update(remote_locked_at=self.remote_locked_at)
