"""What lies in a Microsoft account, and can be reached with that account alone.

A connection may be removed and made anew, and may become another account's: which one it
was is remembered. What another account does not see is not gone.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from .connections import Connection


class HeldByAccount(models.Model):
    """A row about something that the account of its connection holds."""

    connection = models.ForeignKey(
        "wagtail_m365.Connection",
        null=True,
        on_delete=models.SET_NULL,
        related_name="edit_sessions",
    )
    #: Whose account the connection was when the row was made; empty when unknown.
    account_tenant_id = models.CharField(max_length=100, blank=True, default="")
    account_object_id = models.CharField(max_length=100, blank=True, default="")
    #: The application that put it there: its own folder is open to no other.
    client_id = models.CharField(max_length=100, blank=True, default="")
    #: For display only.
    account_name = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def account(self) -> Connection | None:
        """The connection, if it is still that of the account."""
        found: Connection | None = self.connection
        if found is None or (found.tenant_id, found.object_id) != (
            self.account_tenant_id,
            self.account_object_id,
        ):
            return None
        return found

    @property
    def is_of_another_application(self) -> bool:
        """Did the site use another app registration when it was put there?"""
        found = self.account
        return bool(found and self.client_id and found.client_id != self.client_id)

    def save(self, *args: Any, **options: Any) -> None:
        """Save; a new row remembers whose account it is."""
        if self._state.adding and self.connection is not None:
            self.account_tenant_id = self.connection.tenant_id
            self.account_object_id = self.connection.object_id
            self.account_name = self.connection.username
            self.client_id = self.connection.client_id
        super().save(*args, **options)
