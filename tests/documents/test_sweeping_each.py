"""Each thing that the sweeper does: a dry run says it and changes nothing, a run does it once."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.sweeping import Swept, sweep
from wagtail_m365.documents.writing_back import replace_file
from wagtail_m365.management.commands.m365_sweep import _told
from wagtail_m365.models import DocumentVersion, EditSession

from .storages import die

pytestmark = pytest.mark.django_db(transaction=True)

HOW_TO = Path(__file__).parents[2] / "docs/how-to/sweep.md"
LONG_AGO = timedelta(days=8)


class Site:
    """Leaves one thing open, of each kind."""

    def __init__(self, document, owner, drive, settings):
        self.document, self.owner = document, owner
        self.drive, self.settings = drive, settings

    def sessions(self, **columns):
        EditSession.objects.update(opened_at=timezone.now() - LONG_AGO, **columns)

    def replace(self, content, **more):
        self.document.refresh_from_db()
        known = self.document.file_hash
        file = io.BytesIO(content)
        replace_file(self.document, self.owner, file, expected_hash=known, **more)

    def mended(self):
        with pytest.raises(BaseException):  # noqa: B017, PT011, it is killed
            self.replace(b"second", alongside=lambda *_: die())
        DocumentVersion.objects.update(replaced_at=timezone.now() - LONG_AGO)

    def freed(self):
        self.sessions(state="opening", item_id="", folder_id="")

    def finished(self):
        self.sessions(state="opening", item_id="", base_ctag="", base_quick_xor="")

    def lost(self):
        self.document.delete()

    def cleared(self):
        self.sessions(state="discarded", open_for=None, remote_copy="left_behind")

    def forgotten(self):
        self.settings.WAGTAIL_M365 |= {"REMIND_AFTER_DAYS": 0}
        self.sessions(remote_modified_at=timezone.now() - LONG_AGO)

    def reminded(self):
        self.settings.WAGTAIL_M365 |= {"NOTIFY_BY_EMAIL": True}
        self.sessions(remote_modified_at=timezone.now() - LONG_AGO)

    def thinned(self):
        for content in (b"second", b"third"):
            self.replace(content)
        self.sessions(state="discarded", open_for=None, remote_copy="left_to_owner")
        self.settings.WAGTAIL_M365 |= {"KEEP_VERSIONS": 1}

    @property
    def as_it_is(self):
        rows = EditSession, DocumentVersion
        return (
            [list(model.objects.order_by("pk").values()) for model in rows],
            self.drive.paths,
            len(mail.outbox),
        )


@pytest.fixture
def site(document, ada, connect, onedrive, settings):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    return Site(document, ada, drive, settings)


KINDS = [name for name in Swept.__slots__ if name not in {"failed", "left"}]


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_says_it_and_a_run_does_it_once(site, kind, capsys):
    getattr(site, kind)()
    before = site.as_it_is
    said = sweep(dry_run=True)
    call_command("m365_sweep", "--dry-run")
    assert site.as_it_is == before
    told = capsys.readouterr().out
    assert told.startswith("Nothing is done now")
    assert dict(zip(IN_ORDER, _sentences(), strict=True))[kind] in told

    done = sweep()

    assert str(getattr(done, kind)) == str(getattr(said, kind)) != "[]"
    assert done.failed == []
    if kind == "forgotten":  # it is told as long as it is so
        assert site.as_it_is == before
    else:
        assert site.as_it_is != before
        assert not getattr(sweep(), kind)


def test_a_dry_run_of_a_site_in_order_says_that_there_is_nothing_to_do(capsys):
    call_command("m365_sweep", "--dry-run")

    told = capsys.readouterr().out
    assert told == "Nothing is done now. There is nothing to do.\n"


def test_a_copy_that_was_edited_is_said_to_be_left_and_not_to_be_deleted(site, capsys):
    site.cleared()
    site.drive.edit(b"saved in Word after the end")
    call_command("m365_sweep")

    told = capsys.readouterr().out
    assert "Copy left to its owner, since it was edited: " in told
    assert "deleted" not in told
    assert site.drive.content == b"saved in Word after the end"


def _sentences():
    return [sentence for sentence, _names in _told(Swept())]


#: As the command tells them.
IN_ORDER = (
    *("mended", "freed", "finished", "lost", "cleared", "left"),
    *("forgotten", "reminded", "thinned"),
)


def test_the_guide_explains_every_line_that_the_command_prints():
    guide = HOW_TO.read_text(encoding="utf-8")

    assert [text for text in _sentences() if f"| `{text}` |" not in guide] == []
