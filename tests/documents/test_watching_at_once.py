from __future__ import annotations

import pytest
from django.db import connection as database

from wagtail_m365.documents.watching import run_folder
from wagtail_m365.models import WatchedFolder

from .test_at_once import at_once
from .watch import documents

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        database.vendor == "sqlite", reason="one writer at a time in memory"
    ),
]


def test_several_runs_of_one_folder_import_each_file_once(watch):
    for number in range(5):
        watch.put(f"{number}.pdf", b"%d" % number)

    def run():
        return run_folder(WatchedFolder.objects.get(pk=watch.folder.pk))

    ran = at_once(run)
    assert all(one.error is None for one in ran)
    assert sum(one.counts.get("imported", 0) for one in ran) == 5
    assert documents().count() == 5
    assert watch.row.lease_run == ""
