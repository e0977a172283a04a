"""Refresh idle connections, look at waiting consent requests, shorten the use log."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wagtail_m365.errors import TemporarilyUnavailable
from wagtail_m365.explanations import in_one_line
from wagtail_m365.tokens import consents, purposes
from wagtail_m365.tokens.keep_alive import keep_alive


class Command(BaseCommand):
    """``manage.py m365_keep_alive``: run it once a day.

    It can be stopped at any time and started again.
    """

    help = (
        "Refresh connections that nobody used for weeks, before Microsoft ends them "
        "after 90 days. Run it once a day; it can be stopped and started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--idle-days",
            type=int,
            default=60,
            help="Days since the last refresh (default: 60; Microsoft's limit is 90).",
        )

    def handle(self, *args: Any, idle_days: int, **options: Any) -> None:
        try:
            self._refresh(idle_days)
            granted = sum(bool(one.granted_at) for one in consents.look_at_all())
        except TemporarilyUnavailable as error:
            raise CommandError(
                f"Microsoft does not answer; start again later. {in_one_line(error)}"
            ) from error
        self.stdout.write(f"{granted} consent requests were granted.")
        self.stdout.write(f"{purposes.shorten_use_log()} old uses were forgotten.")

    def _refresh(self, idle_days: int) -> None:
        kept = lost = 0
        for one in keep_alive(idle_days=idle_days):
            if one.error is None:
                kept += 1
                continue
            lost += 1
            text = f"{one.connection_id}: {in_one_line(one.error)}"
            self.stderr.write(self.style.WARNING(text))
        self.stdout.write(f"{kept} connections refreshed, {lost} could not be.")
