"""An empty Wagtail site, and an administrator who follows only the screens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .administrator import Administrator
from .demo import ROOT
from .fresh import empty_site
from .tally import Tally

pytestmark = pytest.mark.browser

GUIDE = ROOT / "docs/how-to/set-up.md"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    with empty_site(tmp_path_factory.mktemp("fresh")) as fresh:
        fresh.start()
        yield fresh


def expect_as_promised(tally):
    """The guide for people says how much it is; the fake's own address is not counted.

    That takes three fields more than one of Microsoft's own clouds.
    """
    screens, clicks, fields = map(len, (tally.screens, tally.clicks, tally.fields))
    promised = f"**{screens} screens, {clicks} clicks and {fields - 3} fields**"
    assert promised in GUIDE.read_text(encoding="utf-8")


def test_the_guide_leads_from_an_empty_site_to_a_green_report(chromium, fresh):
    admin = Administrator(chromium, fresh)
    page = admin.page
    admin.enter()
    tally = Tally(admin)

    admin.open_guide()
    admin.say_where_microsoft_is()
    # The page warns already here: this site has no key of its own.
    expect(
        page.locator(".help-block").filter(has_text="ENCRYPTION_KEYS")
    ).to_contain_text("An administrator of this site")
    app = admin.register()
    admin.enter_ids(app)
    admin.upload_certificate(app)
    admin.sign_in()
    admin.accept(page)
    expect(page.get_by_text("Connected as admin@contoso")).to_be_visible()
    admin.go_on()
    admin.examine()

    expect_as_promised(tally)

    # It works, and one thing is left to do; the report says what, and that is done.
    expect(page.locator(".m365-lead")).to_have_text("1 thing needs attention.")
    page.locator(".m365-worrying").get_by_role("link", name="Encryption keys").click()
    step = admin.finding("keys")
    expect(step).to_be_in_viewport()
    expect(step).to_contain_text("Set ENCRYPTION_KEYS in WAGTAIL_M365 to a list with")
    expect(step).to_contain_text("manage.py m365_rotate_keys")
    fresh.start(ENCRYPTION_KEYS=["one long random text"])
    assert "0 cannot be read" in fresh.manage("m365_rotate_keys")

    page.get_by_role("button", name="Test again").click()

    expect(page.locator(".messages")).to_contain_text("is set up, and it works")
    assert not page.locator(".m365-finding--failed, .m365-finding--warned").count()
    expect(page.locator(".m365-step--done")).to_have_count(6)
    expect(page.locator(".m365-code").first).to_contain_text(app["client_id"])
    admin.context.close()
