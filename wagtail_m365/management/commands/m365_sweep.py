"""Finish, free and report what was left open in Microsoft 365, and wake transfers."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from wagtail_m365.documents.noticing import notice_all
from wagtail_m365.documents.sweeping import Swept, sweep
from wagtail_m365.documents.transfer_batches import old_transfers
from wagtail_m365.documents.transfer_leases import count_due, due
from wagtail_m365.documents.transferring import run
from wagtail_m365.explanations import in_one_line
from wagtail_m365.models import EditSession


class Command(BaseCommand):
    """``manage.py m365_sweep``: run it every few minutes, or every hour."""

    help = (
        "Look after edit sessions that were left open: undo replacements that were cut "
        "short, free documents whose copy never arrived, delete copies of ended "
        "sessions, and name forgotten sessions and remind their owners. Nothing that was edited is deleted. "
        "Transfers that had to wait or whose worker died go on, in this command."
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
        failed = notice_all() if refresh and not dry_run else []
        swept = sweep(dry_run=dry_run)
        lines = [f"{what}: {name}" for what, names in _told(swept) for name in names]
        lines += self._shorten_report(dry_run=dry_run)
        if transfers := count_due(time.time()):
            lines.append(f"Transfers that go on: {transfers}")
        if dry_run:
            would = "It would be:" if lines else "There is nothing to do."
            self.stdout.write(f"Nothing is done now. {would}")
        for line in lines:
            self.stdout.write(line)
        for transfer_id in () if dry_run else due(time.time()):
            run(transfer_id)
        for name, code in [*failed, *swept.failed]:
            text = f"Not possible now: {name}: {in_one_line(code)}"
            self.stderr.write(self.style.WARNING(text))

    def _shorten_report(self, *, dry_run: bool) -> list[str]:
        old = old_transfers()
        if count := old.count() if dry_run else old.delete()[0]:
            return [f"Old transfers that leave the report: {count}"]
        return []


def _told(swept: Swept) -> list[tuple[str, list[str]]]:
    return [
        ("Put right after an interrupted replacement", swept.mended),
        ("Free again, since nothing arrived", swept.freed),
        ("Had arrived unnoticed", swept.finished),
        ("Out of reach", swept.lost),
        ("Copy of an ended session deleted", swept.cleared),
        ("Copy left to its owner, since it was edited", swept.left),
        ("Forgotten", _with_owners(swept.forgotten)),
        ("Owner reminded", _with_owners(swept.reminded)),
        ("Version beyond what is kept", swept.thinned),
    ]


def _with_owners(sessions: list[EditSession]) -> list[str]:
    return [
        f"{session} ({session.owner}, since {session.opened_at:%Y-%m-%d})"
        for session in sessions
    ]
