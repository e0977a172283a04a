from __future__ import annotations

import pytest

from wagtail_m365 import errors
from wagtail_m365.graph.delta import changes, latest

from .wire import Reply, Wire


def names(pages) -> set[str]:
    return {item.name for page in pages for item in page.items if not item.is_root}


def test_a_first_run_tells_everything_and_the_next_what_has_changed(client, drive):
    for number in range(210):
        drive.put(f"/{number}.txt", b"")
    mine = client.drives.mine().id

    first = list(changes(client, mine))
    drive.put("/new.txt", b"")
    drive.delete("/7.txt")
    second = list(changes(client, mine, link=first[-1].link))

    assert len(names(first)) == 210
    assert [page.is_last for page in first] == [False] * (len(first) - 1) + [True]
    told = [item for page in second for item in page.items if not item.is_root]
    assert {item.name for item in told if not item.deleted} == {"new.txt"}
    assert len([item for item in told if item.deleted]) == 1


def test_a_run_that_was_interrupted_goes_on(client, drive):
    for number in range(410):
        drive.put(f"/{number}.txt", b"")
    mine = client.drives.mine().id
    first = next(changes(client, mine))

    rest = changes(client, mine, link=first.link)

    assert len(names([first]) | names(rest)) == 410


def test_only_what_comes_from_now_on_can_be_asked_for(client, drive):
    drive.put("/old.txt", b"")
    mine = client.drives.mine().id
    link = latest(client, mine)

    drive.put("/new.txt", b"")

    assert names(changes(client, mine, link=link)) == {"new.txt"}


def test_a_link_that_is_too_old_asks_for_a_new_start(client, drive):
    mine = client.drives.mine().id
    link = latest(client, mine)
    drive.put("/new.txt", b"")
    drive.forget_changes()

    with pytest.raises(errors.ResyncRequired) as raised:
        list(client.changes(mine, link=link))

    assert names(changes(client, mine, link=raised.value.facts["location"])) == {
        "new.txt"
    }


def test_an_item_that_comes_twice_counts_as_it_came_last(wired, wire: Wire):
    value = [{"id": "1", "name": "a"}, {"id": "2"}, None, {"id": "1", "deleted": {}}]
    wire.on("GET", "/delta", Reply(json={"value": value, "@odata.deltaLink": "x"}))

    [page] = changes(wired, "b!1", item_id="01F")

    assert [(item.id, item.deleted) for item in page.items] == [
        ("1", True),
        ("2", False),
    ]


def test_a_link_elsewhere_is_not_followed(wired, wire: Wire):
    with pytest.raises(errors.ForeignAddress):
        list(changes(wired, "b!1", link="https://evil.example/delta?token=1"))

    assert wire.asked == []


def test_a_page_without_a_way_on_is_an_error(wired, wire: Wire):
    wire.on("GET", "/delta", Reply(json={"value": []}))

    with pytest.raises(errors.GraphError):
        list(changes(wired, "b!1"))


def test_pages_that_go_in_a_circle_are_left(wired, wire: Wire):
    link = f"{wire.graph}/drives/b!1/root/delta?token=a"
    wire.on("GET", "/delta", Reply(json={"value": [], "@odata.nextLink": link}))

    with pytest.raises(errors.GraphError, match="leads back"):
        list(changes(wired, "b!1"))
