"""The whole demo in one process: database, content, fake Microsoft, site."""

from __future__ import annotations

import shutil
import signal
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from wagtail.models import Site

from example_site.home import content, microsoft
from example_site.home.samples import LOGINS

LISTEN = "127.0.0.1"


class Command(BaseCommand):
    help = "Run the example site with a fake Microsoft 365 beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=8000,
            help="Port of the site; the fake Microsoft takes the next one (default: 8000).",
        )
        parser.add_argument(
            "--reset", action="store_true", help="Throw away all data and start afresh."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        _refuse_taken_ports(port, port + 1)
        if options["reset"]:
            shutil.rmtree(settings.VAR, ignore_errors=True)
        Path(settings.VAR).mkdir(parents=True, exist_ok=True)
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        content.load()
        Site.objects.update(port=port)
        settings.WAGTAILADMIN_BASE_URL = f"http://localhost:{port}"
        with microsoft.running(LISTEN, port + 1, site_port=port) as fake:
            microsoft.register(fake)
            self.stdout.write(_welcome(port, fake))
            self.stdout.flush()
            call_command(
                "runserver",
                f"{LISTEN}:{port}",
                use_reloader=False,
                verbosity=0,
                skip_checks=True,
            )

    def run_from_argv(self, argv: list[str]) -> None:
        # Ctrl-C is the way to end the demo, not an accident with a traceback; a service
        # manager's SIGTERM ends it in the same way, so that the fake's state is kept.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            super().run_from_argv(argv)
        except KeyboardInterrupt:
            self.stdout.write(
                "\nEnded; the data is kept. Start again with the same command."
            )


def _refuse_taken_ports(*ports: int) -> None:
    """Before anything is written, and in words that say what to do.

    Raises:
        CommandError: Somebody else listens there.
    """
    for port in ports:
        try:
            socket.create_server((LISTEN, port)).close()
        except OSError as error:
            raise CommandError(
                f"Port {port} is in use by another program. Choose two free ones, such "
                f"as 8100 and 8101: python3 -m example_site --port 8100"
            ) from error


def _welcome(port: int, fake: Any) -> str:
    logins = "\n".join(
        f"    {login.name:<10} password {login.name:<10} {login.what}"
        for login in LOGINS
    )
    accounts = "\n".join(
        f"    {account.username:<32} {account.name}"
        for account in microsoft.accounts(fake)
    )
    return f"""
  The site          http://localhost:{port}/
  Wagtail's admin   http://localhost:{port}/admin/
  What to try       http://localhost:{port}/guided-tour/

{logins}

  The fake Microsoft   {fake.authority}/
  Play Word there      {fake.authority}/word/

  Microsoft accounts (pick one on the sign-in page):
{accounts}

  Ctrl-C ends everything; the data is kept. --reset starts afresh.
"""
