"""Let watched folders run: their files become documents of the site."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from wagtail_m365.documents.watching import Ran, run_all
from wagtail_m365.explanations import in_one_line
from wagtail_m365.models import WatchedFolder


class Command(BaseCommand):
    """``manage.py m365_watch``: run it every few minutes."""

    help = (
        "Look for changes in watched folders of OneDrive and SharePoint, and bring the "
        "site's documents up to date with them. What was edited on the site is never "
        "overwritten."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folders",
            nargs="*",
            metavar="id",
            help="Only these folders, due or not; all that are due without.",
        )

    def handle(self, *args: Any, folders: list[str], **options: Any) -> None:
        chosen = _folders_of(folders) if folders else None
        failed = 0
        for ran in run_all(chosen):
            self._tell(ran)
            failed += ran.error is not None
        if failed:
            raise CommandError(f"{failed} of the folders did not run to their end.")

    def _tell(self, ran: Ran) -> None:
        counts = ", ".join(f"{kind}: {count}" for kind, count in ran.counts.items())
        if ran.is_busy:
            self.stdout.write(f"{ran.folder}: not now, it rests or runs already")
        elif ran.error is not None:
            text = f"{ran.folder}: {in_one_line(ran.error)}"
            self.stderr.write(self.style.WARNING(text))
        else:
            self.stdout.write(f"{ran.folder}: {counts or 'nothing had changed'}")


def _folders_of(wanted: list[str]) -> QuerySet[WatchedFolder]:
    """Those of these ids.

    Raises:
        CommandError: One is no id of a watched folder; it lists those that there are.
    """
    known = {str(folder.pk): folder for folder in WatchedFolder.objects.all()}
    if unknown := [word for word in wanted if word.lower() not in known]:
        lines = [f"  {pk}  {folder}" for pk, folder in known.items()]
        text = f"No id of a watched folder: {', '.join(unknown)}. There are:"
        raise CommandError("\n".join([text, *(lines or ["  none"])]))
    return WatchedFolder.objects.filter(pk__in=wanted)
