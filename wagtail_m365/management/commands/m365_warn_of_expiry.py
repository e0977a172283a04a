"""Warn by mail that a secret or certificate ends soon; run it once a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from wagtail_m365.health.endings import ending_of_site
from wagtail_m365.health.warning import sentence, warn_of_expiry


class Command(BaseCommand):
    """``manage.py m365_warn_of_expiry``."""

    help = (
        "Mail administrators 60, 30, 7 and 1 days before the client secret or "
        "certificate in use ends, once each. Run it once a day."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        addresses = warn_of_expiry()
        ending = ending_of_site()
        if ending is None:
            self.stdout.write("Nobody knows when the secret or certificate ends.")
            return
        self.stdout.write(f"{ending.name}: {sentence(ending)}")
        self.stdout.write(f"{len(addresses)} mails were sent.")
