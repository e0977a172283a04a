"""The self-test, for people at a terminal and for monitoring."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wagtail_m365 import health
from wagtail_m365.health import Outcome, Report, bundle
from wagtail_m365.health.findings import Finding
from wagtail_m365.models import Connection

_MARKS = {
    Outcome.PASSED: "ok  ",
    Outcome.WARNED: "warn",
    Outcome.FAILED: "FAIL",
    Outcome.SKIPPED: "  - ",
}


class Command(BaseCommand):
    """``manage.py m365_health``: exit status 0 good, 1 to be looked at, 2 broken."""

    help = (
        "Test the connection to Microsoft 365 and what this site needs for it. Exit "
        "status: 0 when nothing is wrong, 1 when somebody should look, 2 when something "
        "does not work."
    )
    # Our own report tells what the checks find.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON.")
        parser.add_argument(
            "--user",
            metavar="NAME",
            help="Try rights and drive with the account that this user has connected.",
        )
        parser.add_argument(
            "--bundle",
            metavar="FILE",
            help="Write a support bundle without secrets and names; - prints it.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account = self._account(options["user"]) if options["user"] else None
        report = health.examine(health.assumed_visit(), account)
        if options["bundle"]:
            self._write_bundle(options["bundle"], bundle.written(report))
        elif options["json"]:
            self.stdout.write(json.dumps(_as_json(report), indent=2))
        else:
            self._print(report)
        if report.status:
            # Not CommandError: its status is always 1.
            sys.exit(report.status)

    def _account(self, username: str) -> Connection:
        users = get_user_model()._default_manager
        user = users.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        account = health.account_of(user) if user else None
        if account is None:
            raise CommandError(f"{username!r} has connected no Microsoft account.")
        return account

    def _write_bundle(self, file: str, text: str) -> None:
        if file == "-":
            self.stdout.write(text)
            return
        Path(file).write_text(text, encoding="utf-8")
        self.stderr.write(f"{file} written. Read it before you hand it on.")

    def _print(self, report: Report) -> None:
        for section in report.sections:
            self.stdout.write(self.style.MIGRATE_HEADING(section.title))
            for finding in section.findings:
                self._print_finding(finding)

    def _print_finding(self, finding: Finding) -> None:
        mark = _MARKS[finding.outcome]
        self.stdout.write(f"  {mark} {finding.name}. {finding.detail}".rstrip())
        told = finding.explanation
        if told is None:
            return
        lines = (told.what, told.next_step, finding.link, told.reference)
        for line in filter(None, (f"[{told.code}]", *lines)):
            self.stdout.write(f"         {line}")


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "status": report.status,
        "sections": [
            {
                "code": section.code,
                "title": section.title,
                "findings": [finding.as_json() for finding in section.findings],
            }
            for section in report.sections
        ],
    }
