"""The demo's Microsoft: its accounts, what lies in their drives, and how it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from example_site.home.samples import SAMPLES
from wagtail_m365.models import AppRegistration, M365Settings
from wagtail_m365.redaction import Secret
from wagtail_m365.testing import FakeMicrosoft
from wagtail_m365.testing.fake import events
from wagtail_m365.testing.fake.directory import Account

#: Who can sign in, and what is special about the account.
ACCOUNTS: tuple[tuple[str, str, dict[str, bool]], ...] = (
    ("press@harbour.example", "Press office", {}),
    ("events@harbour.example", "Events office", {}),
    ("policies@harbour.example", "Policy office", {}),
    ("colleague@harbour.example", "A colleague in Word", {}),
    ("it@harbour.example", "Administrator in Entra", {"is_admin": True}),
    ("private@outlook.example", "A private account", {"personal": True}),
)
#: Days from the first start, and what is then.
EVENTS = ((1, "Tour for the new volunteers"), (3, "Meeting: harbour festival"))
REGISTRATION = "Fake Microsoft 365"
#: The colleague's folder that is shared by a link, and the link's path.
SHARED = "Festival material"
SHARED_LINK = "/word/s/festival-material"


@contextmanager
def running(host: str, port: int, *, site_port: int) -> Iterator[FakeMicrosoft]:
    """The fake Microsoft as it was left the last time, until the block ends."""
    fake = FakeMicrosoft(port=port, host=host)
    kept = Path(settings.VAR) / "microsoft.state"
    if not fake.load(kept):
        _furnish(fake)
    for name in ("localhost", "127.0.0.1"):
        fake.app.add_redirect_uri(
            f"http://{name}:{site_port}{reverse('wagtail_m365:callback')}"
        )
    with fake:
        try:
            yield fake
        finally:
            fake.save(kept)


def accounts(fake: FakeMicrosoft) -> list[Account]:
    return list(fake.world.accounts.values())


def _furnish(fake: FakeMicrosoft) -> None:
    fake.app.name = "Harbour office website"
    fake.tenant.name = "Harbour office"
    for username, name, special in ACCOUNTS:
        account = fake.add_account(username, name=name, password="password", **special)
        drive = fake.drive(account)
        drive.folder("Documents/Press kits")
        tour = (SAMPLES / "harbour-tour.pptx").read_bytes()
        drive.put("Documents/Presentation of last year.pptx", tour)
        for days, subject in EVENTS:
            start = fake.clock.now() + timedelta(days=days)
            events.put(fake.world, account, subject, start=start)
    _share(fake)


def _share(fake: FakeMicrosoft) -> None:
    """A colleague shares a folder by a link, as the tour tells."""
    colleague = next(one for one in accounts(fake) if one.username.startswith("coll"))
    drive = fake.drive(colleague)
    for name in ("harbour-tour.pptx", "visitor-rules.pdf"):
        drive.put(f"{SHARED}/{name}", (SAMPLES / name).read_bytes())
    drive.share(SHARED, token=SHARED_LINK.rpartition("/")[2])


def shared_link() -> str:
    """The link as a visitor pastes it; empty where the demo's Microsoft never ran."""
    registration = AppRegistration.objects.filter(name=REGISTRATION).first()
    return f"{registration.authority_url}{SHARED_LINK}" if registration else ""


def register(fake: FakeMicrosoft) -> None:
    """What an admin would type into Settings → Microsoft 365."""
    registration, made = AppRegistration.objects.get_or_create(
        name=REGISTRATION,
        defaults={
            "cloud": "custom",
            "tenant": "common",
            "client_id": fake.app.client_id,
        },
    )
    registration.authority_url = fake.authority
    registration.graph_url = fake.graph
    if made or registration.client_id != fake.app.client_id:
        registration.client_id = fake.app.client_id
        registration.set_client_secret(Secret(fake.secret))
    registration.save()
    site = M365Settings.load()
    if made or site.registration_id is None:
        site.registration = registration
        site.enabled = True
        site.save()
