"""Renew Microsoft's promises to call before they end."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from wagtail_m365.documents.subscribing import renew_all
from wagtail_m365.explanations import in_one_line


class Command(BaseCommand):
    """``manage.py m365_renew_subscriptions``: run it once a day where webhooks are on."""

    help = (
        "Renew subscriptions to drives before they end, ask for those that are missing, "
        "and end those that nobody needs any more."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = renew_all()
        for name in done.renewed:
            self.stdout.write(f"Renewed: {name}")
        for name in done.ended:
            self.stdout.write(f"Ended: {name}")
        for name, code in done.failed:
            text = f"Not possible now: {name}: {in_one_line(code)}"
            self.stderr.write(self.style.WARNING(text))
