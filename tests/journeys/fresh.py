"""An empty Wagtail site, as ``wagtail start`` makes it, beside a Microsoft of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from .demo import ROOT, two_free_ports, wait_for

#: All that the tutorial has one write before the first start; nothing of Microsoft.
INSTALLED = '    "wagtail_m365",\n    "wagtail.contrib.settings",\n'
#: The fake speaks http, which is allowed for this machine only, and never silently.
ON_THIS_MACHINE = {"ALLOW_INSECURE_LOOPBACK": True}


@dataclass(kw_only=True)
class FreshSite:
    """A site where nothing is configured, and its administrator *admin*.

    Attributes:
        site: Its address.
        microsoft: Address of the fake, which runs as a process of its own.
        folder: The project.
    """

    site: str
    microsoft: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    told: str = ""

    def control(self, call: str, *, method: str = "POST", **body: Any) -> Any:
        """Do at the fake what a person does in the Microsoft Entra admin center."""
        url = f"{self.microsoft}/_control/{call}"
        answer = requests.Session().request(method, url, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def start(self, more: str = "", **microsoft365: Any) -> None:
        """Serve the site with these settings, unless it runs with the same already.

        Args:
            more: Lines for the end of ``dev.py``.
            microsoft365: What to add to ``WAGTAIL_M365``.
        """
        told = f"WAGTAIL_M365 = {ON_THIS_MACHINE | microsoft365!r}\n{more}\n"
        if self.process and told == self.told:
            return
        self.stop()
        self.told = told
        local = self.folder / "mysite/settings/local.py"
        local.write_text(told, encoding="utf-8")
        port = self.site.rpartition(":")[2]
        with (self.folder / "site.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", port],
                cwd=self.folder,
                env=_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for(f"{self.site}/admin/login/")

    def stop(self) -> None:
        """End the site."""
        if self.process:
            self.process.terminate()
            self.process.communicate(timeout=60)
            self.process = None

    def manage(self, *arguments: str) -> str:
        """Run ``manage.py``; gives what it says."""
        return run("manage.py", *arguments, folder=self.folder)


@contextmanager
def empty_site(folder: Path) -> Iterator[FreshSite]:
    """A new project after its migrations and ``createsuperuser``, until the block ends."""
    run("-m", "wagtail.bin.wagtail", "start", "mysite", str(folder), folder=folder)
    base = folder / "mysite/settings/base.py"
    text = base.read_text(encoding="utf-8")
    text, times = re.subn(r"(INSTALLED_APPS = \[\n)", r"\1" + INSTALLED, text)
    assert times == 1, "The project template of Wagtail looks different."
    base.write_text(text, encoding="utf-8")
    with fake_microsoft() as (microsoft, port):
        fresh = FreshSite(
            site=f"http://localhost:{port}", microsoft=microsoft, folder=folder
        )
        fresh.manage("migrate", "--verbosity", "0")
        fresh.manage("createsuperuser", "--noinput", "--username", "admin")
        try:
            yield fresh
        finally:
            fresh.stop()


@contextmanager
def fake_microsoft() -> Iterator[tuple[str, int]]:
    """The shipped fake as a process; gives its address and a free port beside it."""
    port = two_free_ports()
    process = subprocess.Popen(
        [sys.executable, "-m", "wagtail_m365.testing", "--port", str(port)],
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/_control/")
        yield address, port + 1
    finally:
        process.terminate()
        process.communicate(timeout=60)


def run(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _environment() -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}
    }
    return inherited | {
        "PYTHONPATH": str(ROOT),
        "DJANGO_SUPERUSER_PASSWORD": "admin",
        "DJANGO_SUPERUSER_EMAIL": "admin@site.example",
    }
