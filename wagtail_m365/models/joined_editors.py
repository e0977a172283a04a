"""Who else edits a document that somebody has opened."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .edit_sessions import EditSession


class JoinedEditor(models.Model):
    """Somebody who asked for the way to another editor's copy, and got it."""

    session = models.ForeignKey(
        EditSession, on_delete=models.CASCADE, related_name="joined"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)

    class Meta:
        verbose_name = _("joined editor")
        verbose_name_plural = _("joined editors")
        ordering = ["joined_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "user"], name="m365_joined_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.session}"
