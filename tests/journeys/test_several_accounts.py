"""Two accounts of one editor, and an app registration of her own, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .story import RELEASE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def admin(log_in):
    return log_in("admin")


@pytest.fixture(scope="module")
def press(log_in):
    return log_in("press", account="press@harbour.example")


def card_of(press, account):
    return press.page.locator("article.m365-card", has_text=account)


def test_a_second_account_is_connected_labelled_and_made_the_default(press):
    page = press.page
    press.open_account_page()
    page.get_by_role("link", name="Connect another account").click()
    press.pick_account(page, "events@harbour.example")
    press.accept(page)
    expect(
        page.get_by_text("Connected to Microsoft 365 as events@harbour.example")
    ).to_be_visible()

    events = card_of(press, "events@harbour.example")
    events.get_by_label("Label").fill("Festival desk")
    page.get_by_role("radio", name="events@harbour.example").check()
    # Wagtail saves the whole page, names too: the demo's people have theirs.
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("account settings have been changed")).to_be_visible()

    press.go("/admin/")
    press.open_account_page()
    expect(events.get_by_label("Label")).to_have_value("Festival desk")
    expect(events.get_by_text("Default")).to_be_visible()


def test_a_copy_is_saved_with_the_other_account(press, demo):
    page = press.page
    press.choose_action(RELEASE, "Save to OneDrive")
    expect(page.get_by_role("radio", name="Festival desk")).to_be_checked()

    page.get_by_role("radio", name="press@harbour.example").check()
    page.get_by_role("button", name="Use this account").click()
    expect(page.get_by_role("radio", name="press@harbour.example")).to_be_checked()
    page.get_by_role("button", name="Save to OneDrive").click()
    # The right to write beside the site's own folder is asked for now.
    press.accept(page)
    page.get_by_role("button", name="Save to OneDrive").click()

    expect(page.get_by_text(f"“{RELEASE}” was saved to OneDrive as")).to_be_visible()
    press.choose_action(RELEASE, "Save to OneDrive")
    # Copies of this collection go there the next time.
    expect(page.get_by_role("radio", name="press@harbour.example")).to_be_checked()


def test_an_editor_signs_in_with_an_app_registration_of_her_own(press, admin, demo):
    admin.go("/admin/settings/wagtail_m365/m365settings/")
    admin.page.locator("#id_own_registrations_allowed").check()
    admin.page.get_by_role("button", name="Save").click()
    expect(admin.page.get_by_text("Microsoft 365 updated")).to_be_visible()

    callback = f"{demo.site}/admin/m365/oauth/callback/"
    app = demo.control("apps", name="Her own", redirect_uris=[{"url": callback}])

    page = press.page
    press.open_account_page()
    page.get_by_role("link", name="Use your own app registration").click()
    page.get_by_label("Application (client) ID").fill(app["client_id"])
    page.locator("#id_tenant").fill(app["tenant_id"])
    page.locator("#id_client_secret_input").fill(app["client_secret"])
    page.get_by_role("button", name="Save").click()

    press.open_account_page()
    page.get_by_role("link", name="Connect an account with it").click()
    press.pick_account(page, "policies@harbour.example")
    press.accept(page)

    expect(
        page.get_by_text("Connected to Microsoft 365 as policies@harbour.example")
    ).to_be_visible()
    expect(card_of(press, "policies@harbour.example")).to_contain_text("Connected")


def test_another_account_takes_the_place_of_the_sites_own(admin):
    page = admin.page
    admin.go("/admin/m365/service-connections/add/sign-in/")
    page.get_by_label("Name").fill("newsletter")
    page.get_by_role("button", name="Sign in at Microsoft").click()
    admin.pick_account(page, "colleague@harbour.example")
    admin.accept(page)
    expect(page.get_by_text("“newsletter” acts as colleague@")).to_be_visible()

    # She is not signed in at Microsoft any more, and picks the wrong account there.
    admin.context.clear_cookies(domain="127.0.0.1")
    page.get_by_role("link", name="Authorise again").click()
    page.get_by_role("button", name="Sign in at Microsoft").click()
    admin.pick_account(page, "press@harbour.example")
    page.get_by_role("button", name="Replace it").click()

    expect(page.get_by_text("“newsletter” acts as press@")).to_be_visible()
