from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wagtail_m365.documents.bringing_back import bring_back, check
from wagtail_m365.documents.opening import open_document
from wagtail_m365.health.endings import ending_of_site
from wagtail_m365.models import EditSession, WatchedItem, moments
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


def test_a_report_is_exported(admin_client):
    reports = ("connection_report", "edit_sessions", "transfers", "use_log")
    for name in reports:
        page = admin_client.get(reverse(f"wagtail_m365:{name}"), {"export": "csv"})
        assert page.status_code == 200


def test_the_end_of_a_secret_is_counted_in_days(settings):
    tomorrow = timezone.now().date() + timedelta(days=1)
    settings.WAGTAIL_M365 = {
        **settings.WAGTAIL_M365,
        "CLIENT_ID": "client",
        "CLIENT_SECRET": "only for tests",
        "CLIENT_SECRET_ENDS_ON": tomorrow.isoformat(),
    }
    assert ending_of_site().days_left == 1


def test_a_moment_is_kept_in_the_sites_zone_whoever_looks(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    told = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with timezone.override("Asia/Tokyo"):
        assert moments.kept(told) == datetime(2026, 6, 1, 14)  # noqa: DTZ001  # naive
