"""Files that wait for somebody's approval before they become a document's file."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model_string

from .managers import BecomesManager
from .versions import Source


class ProposalState(models.TextChoices):
    """Where a proposal stands."""

    WAITING = "waiting", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SUPERSEDED = "superseded", _("Replaced by a newer one")


_DECIDED: frozenset[str] = frozenset(ProposalState) - {ProposalState.WAITING}
#: State → states that may follow. What is decided stays decided.
PROPOSAL_TRANSITIONS: Mapping[str, frozenset[str]] = {
    ProposalState.WAITING: _DECIDED,
    **dict.fromkeys(_DECIDED, frozenset[str]()),
}


class ProposalQuerySet(BecomesManager, models.QuerySet["Proposal"]):
    """The questions asked of proposals."""

    def waiting(self) -> ProposalQuerySet:
        """Those that nobody has decided on, the oldest first."""
        return self.filter(state=ProposalState.WAITING).order_by("proposed_at")

    def of_document(self, document: models.Model) -> ProposalQuerySet:
        """Those for this document."""
        return self.filter(document_id=document.pk)


class Proposal(models.Model):
    """A file that somebody wants a document to have."""

    State = ProposalState

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(
        get_document_model_string(),
        on_delete=models.CASCADE,
        related_name="m365_proposals",
    )
    #: Keeps the bytes. NULL once they are the document's own; a rejected file stays
    #: among the document's versions.
    version = models.OneToOneField(
        "wagtail_m365.DocumentVersion",
        null=True,
        on_delete=models.SET_NULL,
        related_name="proposal",
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.WAITING
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    source = models.CharField(
        max_length=20, choices=Source.choices, default=Source.BROUGHT_BACK
    )
    comment = models.CharField(_("comment"), max_length=255, blank=True)
    #: Wagtail's hash of the file that the author had before the eyes.
    base_file_hash = models.CharField(max_length=40, blank=True)
    #: Not for this document, but for a new one of this title beside it.
    new_title = models.CharField(max_length=255, blank=True)
    edit_session = models.ForeignKey(
        "wagtail_m365.EditSession",
        null=True,
        on_delete=models.SET_NULL,
        related_name="proposals",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    decision_comment = models.CharField(max_length=255, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("file waiting for approval")
        verbose_name_plural = _("files waiting for approval")
        ordering = ["-proposed_at"]
        indexes = [
            models.Index(fields=["state", "proposed_at"], name="m365_proposal_state"),
        ]

    def __str__(self) -> str:
        return str(self.document)

    @property
    def is_waiting(self) -> bool:
        """Has nobody decided yet?"""
        return self.state == self.State.WAITING

    def decide(self, state: str, **columns: Any) -> bool:
        """Write a decision, unless somebody was quicker.

        Raises:
            ValueError: No proposal comes to this state from where it is.
        """
        if state not in PROPOSAL_TRANSITIONS[self.state]:
            raise ValueError(f"A proposal does not go from {self.state} to {state}.")
        columns |= {"state": state, "decided_at": timezone.now()}
        rows = Proposal.objects.filter(pk=self.pk, state=self.state)
        if not rows.update(**columns):
            return False
        for name, value in columns.items():
            setattr(self, name, value)
        return True
