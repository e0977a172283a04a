"""A plugin that uses the public API alone, in a real browser: mail and calendar."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import expect

from .story import RELEASE, Person

pytestmark = pytest.mark.browser

#: Without Retry-After, which would keep the account from Graph in the next test, too.
AWAY = {
    "name": "server_error",
    "times": 20,
    "service": "graph",
    "path": "/v1.0/me/calendarView",
}


@pytest.fixture(scope="module")
def press(log_in):
    return log_in("press")


def calls_of(demo, path):
    answer = requests.Session().get(f"{demo.microsoft}/_control/requests", timeout=30)
    asked = answer.json()["requests"]
    return [each for each in asked if each["path"].endswith(path)]


def test_the_dashboard_offers_to_connect_the_calendar_and_then_shows_it(press, demo):
    page = press.page
    press.connect("press@harbour.example")
    press.go("/admin/")
    panel = page.locator("#press-kit-next-events")
    expect(panel).to_contain_text("does not have the rights yet")

    panel.get_by_role("link", name="Connect your calendar").click()
    press.accept(page)

    expect(panel).to_contain_text("Tour for the new volunteers")
    expect(panel).to_contain_text("Meeting: harbour festival")


def test_the_dashboard_stands_when_graph_is_away(press, demo):
    demo.control("faults", **AWAY)
    press.go("/admin/")

    expect(press.page.locator("#press-kit-next-events")).to_contain_text(
        "Microsoft cannot answer at the moment"
    )
    expect(press.page.locator("#press-kit-files-section")).to_be_visible()
    requests.Session().delete(f"{demo.microsoft}/_control/faults", timeout=30)


def test_a_link_is_mailed_after_a_detour_for_the_right(press, demo):
    page = press.page
    press.choose_action(RELEASE, "Mail the link")
    # The right to send mail is asked for when it is first needed.
    press.accept(page)
    expect(page.get_by_role("heading", name="Mail a link")).to_be_visible()

    page.locator("input[name=to]").fill("colleague@harbour.example")
    page.locator("textarea[name=note]").fill("Please have a look.")
    page.get_by_role("button", name="Send").click()

    expect(page.locator(".messages")).to_contain_text("is on its way to colleague@")
    assert calls_of(demo, "/me/sendMail")[-1]["status"] == 202


def test_an_administrator_sees_what_it_was_for(chromium, demo, press):
    admin = Person(chromium, demo)
    admin.log_in("admin")
    admin.go("/admin/m365/use-log/")

    table = admin.page.locator("table.listing")
    expect(table).to_contain_text("press_kit.mail")
    expect(table).to_contain_text("press_kit.events")
    admin.context.close()
