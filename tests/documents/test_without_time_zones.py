from __future__ import annotations

from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from wagtail_m365.documents.bringing_back import bring_back, check
from wagtail_m365.documents.opening import open_document
from wagtail_m365.models import EditSession, WatchedItem
from wagtail_m365.views.status_sentences import time_since

from .watch import Watch


@pytest.fixture(autouse=True)
def _without_time_zones(settings):
    settings.USE_TZ = False


def test_a_document_goes_out_and_comes_back(document, ada, connect, onedrive, read):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    drive.edit(b"second")
    status = check(document, ada)
    assert status.changed
    session = EditSession.objects.get()
    assert session.remote_modified_at == status.modified_at
    # In the site's own time, as all that it keeps: just now.
    assert time_since(session.remote_modified_at) == "less than a minute"
    assert bring_back(document, ada).outcome == "taken"
    assert read(document) == b"second"


def test_the_documents_listing_tells_who_has_it_open(document, ada, connect, client):
    connect(ada)
    open_document(document, ada)
    client.force_login(ada)
    page = client.get(reverse("wagtaildocs:index"))
    assert page.status_code == 200
    assert "Open" in page.text


def test_a_watched_folder_runs(watch: Watch):
    watch.put("plan.pdf", b"plan")
    assert watch.run().counts == {"imported": 1}
    kept: datetime = WatchedItem.objects.get(name="plan.pdf").modified_at
    assert abs((timezone.now() - kept).total_seconds()) < 3600
