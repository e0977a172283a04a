from __future__ import annotations

import io
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection as database
from django.db import connections
from django.utils import timezone

from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.keeping import Occasion
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.proposing import propose
from wagtail_m365.documents.sweeping import sweep
from wagtail_m365.errors import M365Error
from wagtail_m365.models import DocumentVersion, EditSession, Proposal

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        database.vendor == "sqlite", reason="one writer at a time in memory"
    ),
]


def at_once(work, times=4):
    """Run it in several threads that begin together; results and errors."""
    begin = threading.Barrier(times)
    results = []

    def run():
        begin.wait()
        try:
            results.append(work())
        except M365Error as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def drive(document, ada, connect, onedrive):
    return onedrive(connect(ada))


def test_opening_at_once_makes_one_copy(document, ada, drive):
    results = at_once(lambda: open_document(document, ada))
    assert any(not isinstance(each, M365Error) for each in results)
    assert len(drive.paths) == 1
    assert EditSession.objects.get().state == "open"


def test_bringing_back_at_once_makes_one_version(document, ada, drive, read):
    open_document(document, ada)
    drive.edit(b"second")
    results = at_once(lambda: bring_back(document, ada))
    outcomes = Counter(getattr(each, "outcome", "refused") for each in results)
    assert outcomes["taken"] == 1
    assert read(document) == b"second"
    assert DocumentVersion.objects.kept().count() == 1
    assert DocumentVersion.objects.count() == 1
    assert EditSession.objects.get().state == "open"


def test_two_people_at_once_are_told_apart(document, ada, ben, drive, connect):
    connect(ben)
    people = iter([ada, ben])
    results = at_once(lambda: open_document(document, next(people)), times=2)
    refused = [each for each in results if isinstance(each, M365Error)]
    assert [each.code for each in refused] == ["already_open"]
    assert EditSession.objects.unfinished().count() == 1


def test_of_what_one_person_proposes_at_once_one_file_waits(document, ada, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "MODERATION": True}
    contents = iter([b"one", b"two", b"three", b"four"])

    def work():
        content = io.BytesIO(next(contents))
        return propose(document, content, Occasion(user=ada), base_file_hash="x")

    results = at_once(work)
    assert not [each for each in results if isinstance(each, M365Error)]
    states = Counter(Proposal.objects.values_list("state", flat=True))
    assert states == {"waiting": 1, "superseded": 3}
    stages = Counter(DocumentVersion.objects.values_list("stage", flat=True))
    assert stages == {"pending": 1, "kept": 3}


def test_sweeping_at_once_reminds_an_owner_once(document, ada, drive, settings):
    settings.WAGTAIL_M365 |= {"NOTIFY_BY_EMAIL": True}
    open_document(document, ada)
    long_ago = timezone.now() - timedelta(days=8)
    EditSession.objects.update(opened_at=long_ago, remote_modified_at=long_ago)
    reminded = Counter(len(each.reminded) for each in at_once(sweep))
    assert reminded[1] == 1
    assert len(mail.outbox) == 1
