"""Finish, free and report what was left open in Microsoft 365."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from wagtail_m365.documents.sweeping import Swept, refresh_open_sessions, sweep


class Command(BaseCommand):
    """``manage.py m365_sweep``: run it every hour or every day."""

    help = (
        "Look after edit sessions that were left open: undo replacements that were cut "
        "short, free documents whose copy never arrived, delete copies of ended "
        "sessions, and name forgotten sessions. Nothing that was edited is deleted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what would be done."
        )
        parser.add_argument(
            "--refresh",
            action="store_true",
            help="Ask Microsoft how every open copy stands, too.",
        )

    def handle(self, *args: Any, dry_run: bool, refresh: bool, **options: Any) -> None:
        failed = refresh_open_sessions() if refresh and not dry_run else []
        swept = sweep(dry_run=dry_run)
        for sentence, names in _told(swept):
            for name in names:
                self.stdout.write(f"{sentence}: {name}")
        for name, code in [*failed, *swept.failed]:
            text = f"Not possible now: {name} ({code})"
            self.stderr.write(self.style.WARNING(text))


def _told(swept: Swept) -> list[tuple[str, list[str]]]:
    forgotten = [
        f"{session} ({session.owner}, since {session.opened_at:%Y-%m-%d})"
        for session in swept.forgotten
    ]
    return [
        ("Put right after an interrupted replacement", swept.mended),
        ("Free again, since nothing arrived", swept.freed),
        ("Had arrived unnoticed", swept.finished),
        ("Out of reach", swept.lost),
        ("Copy deleted", swept.cleared),
        ("Forgotten", forgotten),
        ("Version beyond what is kept", swept.thinned),
    ]
