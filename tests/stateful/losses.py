"""Losses planted in the product, each as somebody might write it by mistake."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

from django.core.files.base import ContentFile

from wagtail_m365.documents import (
    bringing_back,
    comparing,
    keeping,
    mending,
    moderation,
    proposing,
    removing,
    resolving,
)
from wagtail_m365.errors import FileMissing
from wagtail_m365.models.versions import Stage


def overwrite_without_version(monkeypatch):
    """The old file is taken for kept before its bytes are stored."""

    def store(version, source, expected, stage):
        version.stage, version.sha256 = Stage(stage), expected.sha256
        version.save(update_fields=["stage", "sha256"])

    monkeypatch.setattr(keeping, "_store_bytes", store)


def no_look_under_the_lock(monkeypatch):
    """Whoever uploads between the comparison and the lock is written over."""
    monkeypatch.setattr(keeping, "require_as_kept", lambda *args: None)


def both_changed_takes_theirs(monkeypatch):
    """A conflict is decided for the copy, and the site's side is not kept."""
    compared = comparing.compared

    @contextmanager
    def careless(*args, **options):
        with compared(*args, **options) as comparison:
            yield replace(comparison, site_changed=False)

    monkeypatch.setattr(bringing_back, "compared", careless)


def nobody_mends(monkeypatch):
    """What a death has cut short stays as it is."""
    monkeypatch.setattr(mending, "_put_back", lambda document, version: False)


def forgets_the_loser(monkeypatch):
    """The side that was not chosen is not kept."""
    monkeypatch.setattr(resolving, "_keep_loser", lambda *args: None)


def deletes_whatever_is_there(monkeypatch):
    """A copy that changed again is deleted with what was saved in it last."""
    remove = removing.remove
    monkeypatch.setattr(
        removing,
        "remove",
        lambda graph, session, expected=None: remove(graph, session),
    )


def what_is_rejected_goes(monkeypatch):
    """Who rejects a file that waits for approval throws it away."""

    def decide(proposal, state, **decided):
        version = proposal.version
        return proposal.decide(state, **decided) and bool(version.delete())

    for module in (moderation, proposing):
        monkeypatch.setattr(module, "set_aside", decide)


def what_is_approved_is_not_kept(monkeypatch):
    """Approval writes past :mod:`writing_back`, which keeps the old file."""

    def overwrite(document, user, content, **options):
        content.seek(0)
        document.file.save(document.filename, ContentFile(content.read()), save=False)
        document._set_document_file_metadata()
        document.save()
        options["alongside"](document, None)

    monkeypatch.setattr(moderation, "replace_file", overwrite)


#: Where files wait for approval.
OF_MODERATION = (what_is_rejected_goes, what_is_approved_is_not_kept)
LOSSES = (
    overwrite_without_version,
    no_look_under_the_lock,
    both_changed_takes_theirs,
    nobody_mends,
    forgets_the_loser,
    deletes_whatever_is_there,
)
#: Those that do not hang on one moment, so that histories meet them soon.
COARSE = tuple(
    each
    for each in LOSSES
    if each not in {no_look_under_the_lock, deletes_whatever_is_there}
)
#: How a loss shows: a promise does not hold, or a file is gone.
NOTICED = (AssertionError, FileMissing, FileNotFoundError)
