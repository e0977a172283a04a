from __future__ import annotations

import json
import re
from urllib.request import Request, urlopen

import pytest
import responses

from tests.throttled import the_wait_is_over

pytestmark = pytest.mark.django_db


@pytest.fixture
def long(watch):
    """So much has changed since the last run that Microsoft tells it in pages."""
    watch.set(extensions="pdf")
    watch.run()
    for number in range(450):
        watch.put(f"{number:03}.txt")
    watch.put("last.pdf", b"last")
    watch.requests()
    return watch


def test_a_run_that_ended_between_two_pages_goes_on_there(long):
    long.microsoft.fail("throttled", 1, after=1, service="graph", retry_after=3600)
    ran = long.run()
    assert ran.error.code == "temporarily_unavailable"
    known = long.folder.items.count()
    assert 0 < known < 451
    assert long.titles == []
    long.requests()
    long.now += 4000
    the_wait_is_over()
    assert long.run().counts == {"imported": 1, "filtered": 450}
    pages = [path for path in long.requests() if path.endswith("/delta")]
    assert len(pages) == 2  # of three


def test_a_next_page_on_a_foreign_host_is_not_asked_for(long):
    long.microsoft.fail("next_link_on_foreign_host")
    ran = long.run()
    assert ran.error.code == "foreign_address"
    assert long.row.state == "active"
    assert long.run().error is None
    assert long.titles == ["last"]


def test_nor_is_one_in_the_first_listing(watch):
    watch.set(extensions="pdf")
    for number in range(450):
        watch.put(f"{number:03}.txt")
    watch.put("last.pdf", b"last")
    watch.microsoft.fail("next_link_on_foreign_host")
    assert watch.run().error.code == "foreign_address"
    assert watch.run().error is None
    assert watch.titles == ["last"]


NOTEBOOK = {"id": "01NOTES", "name": "Minutes.pdf", "package": {"type": "oneNote"}}
SHORTCUT = {
    "id": "01LINK",
    "name": "Harbour",
    "remoteItem": {
        "id": "01THEIRS",
        "folder": {},
        "parentReference": {"driveId": "b!2"},
    },
}


def test_a_folder_that_is_there_is_not_gone_because_it_was_not_listed(watch):
    watch.put("Sub/plan.pdf", b"plan")
    watch.run()
    watch.set(when_gone="delete", link="")  # it looks at everything anew
    folder = watch.drive.item("Press/Sub").id
    not_found = {"error": {"code": "itemNotFound"}}
    with responses.RequestsMock() as between:
        between.add_passthru("http://")
        listing = re.compile(f".*/{re.escape(folder)}/children.*")
        between.add("GET", listing, json=not_found, status=404)
        assert watch.run().error.code == "temporarily_unavailable"
    assert watch.run().error is None
    assert watch.titles == ["plan"]


@pytest.fixture
def more_in_listings():
    """Microsoft lists these, too, beside what is in the folder."""
    told = []

    def listed(request):
        with urlopen(Request(request.url, headers=dict(request.headers))) as answer:
            page = json.load(answer)
        return 200, {}, json.dumps(page | {"value": page["value"] + told})

    with responses.RequestsMock(assert_all_requests_are_fired=False) as between:
        between.add_passthru("http://")
        between.add_callback("GET", re.compile(".*/children.*"), listed)
        yield told


@pytest.mark.parametrize("item", [NOTEBOOK, SHORTCUT], ids=["notebook", "shortcut"])
def test_what_only_leads_elsewhere_is_no_file_of_the_folder(
    watch, more_in_listings, item
):
    more_in_listings.append(item)
    watch.put("plan.pdf", b"plan")
    assert watch.run().counts == {"imported": 1}
    assert watch.titles == ["plan"]
    assert not watch.folder.items.filter(item_id=item["id"]).exists()
