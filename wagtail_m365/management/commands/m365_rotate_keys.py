"""Seal every token and secret anew with the newest encryption key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from wagtail_m365.models.vault import vault
from wagtail_m365.tokens import key_rotation

_TELL_EVERY = 1000


class Command(BaseCommand):
    """``manage.py m365_rotate_keys``: run it after a new key was put in front.

    It can be stopped at any time and started again: what is done stays done. When it
    ends without unreadable values, the older keys can be removed.
    """

    help = (
        "Seal every stored token and secret anew with the newest encryption key. "
        "Can be stopped and started again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total = key_rotation.count_stale()
        self.stdout.write(f"{total} values are not on the newest key.")
        unreadable = 0
        for done, value in enumerate(key_rotation.reseal(), start=1):
            if not value.readable:
                unreadable += 1
                text = f"No key opens {value.what} of {value.row_id}."
                self.stderr.write(self.style.WARNING(text))
            if done % _TELL_EVERY == 0:
                self.stdout.write(f"{done} of {total}")
        self.stdout.write(
            self.style.SUCCESS(
                f"{total - unreadable} values are sealed with key {vault().primary}; "
                f"{unreadable} cannot be read and must be entered or connected again."
            )
        )
