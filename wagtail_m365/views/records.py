"""What Wagtail's log is told of things that are set up here: made, changed, given up.

The words are Wagtail's own, so that *Reports → Site history* filters them with the rest.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from wagtail.log_actions import log


def made(row: Model, user: Any) -> None:
    """Somebody has set this up."""
    log(row, "wagtail.create", user=user, content_changed=True)


def changed(row: Model, user: Any, **facts: Any) -> None:
    """Somebody has changed this.

    Args:
        row: What was changed.
        user: Who did.
        facts: Small, harmless values that say what is different; never a secret.
    """
    log(row, "wagtail.edit", user=user, data=facts or None, content_changed=True)


def given_up(row: Model, user: Any) -> None:
    """Somebody deletes this now."""
    log(row, "wagtail.delete", user=user, deleted=True)
