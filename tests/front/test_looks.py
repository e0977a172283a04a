"""Every page in a real browser: for every eye, on every width, under a strict policy."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect, sync_playwright
from wagtail.documents import get_document_model
from wagtail.users.models import UserProfile

from tests.journeys import story
from tests.messages import LANGUAGES
from wagtail_m365.models import Connection
from wagtail_m365.views.addresses import account_address

from . import browsing
from .addresses import addresses
from .test_languages import RIGHT_TO_LEFT, is_page, seen
from .world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def quiet_site(live_server, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    # Nothing is fetched from outside: neither faces nor news of Wagtail.
    settings.WAGTAIL_GRAVATAR_PROVIDER_URL = None
    settings.WAGTAIL_ENABLE_UPDATE_CHECK = False
    # Playwright keeps a loop of its own in this thread; Django's rows are read here.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    return live_server


@pytest.fixture
def live_world(quiet_site, microsoft, connect_account, purpose):
    return World(microsoft, connect_account)


@pytest.fixture
def pages(live_world, client):
    """The addresses of everything that is a page, for the admin."""

    def pages(most):
        client.force_login(live_world.admin)
        return [one for one in addresses(most) if is_page(seen(client, one))]

    return pages


@pytest.fixture
def context(live_server, client, live_world, settings):
    """A browser in which the admin is logged in, and which wants no movement."""
    client.force_login(live_world.admin)
    cookie = settings.SESSION_COOKIE_NAME
    with sync_playwright() as playwright:
        browser = story.browser(playwright)
        context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
        context.set_default_timeout(story.PATIENCE)
        browsing.with_policy(context, live_server.url)
        value = client.cookies[cookie].value
        context.add_cookies([{"name": cookie, "value": value, "url": live_server.url}])
        yield context
        context.close()
        browser.close()


def opened(page, address):
    page.goto(address)
    page.wait_for_function("() => window.wagtail && document.readyState === 'complete'")


def judge(page, subtests, place):
    """The rules that every page keeps, whatever it shows."""
    with subtests.test("strict policy", page=place):
        assert list(browsing.refused(page)) == []
    with subtests.test("no movement", page=place):
        assert browsing.moving(page) == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        with subtests.test(f"accessible in {scheme}", page=place):
            assert list(browsing.violations(page)) == []
    page.set_viewport_size(PHONE)
    with subtests.test("fits a phone", page=place):
        assert browsing.overflow(page) <= 0, browsing.wide(page)
        assert browsing.out_of_reach(page) == []
    page.set_viewport_size(DESKTOP)


def test_every_page_is_for_every_eye_every_width_and_a_strict_policy(
    live_server, context, pages, subtests
):
    page = context.new_page()
    for address in pages(most=2):
        opened(page, live_server.url + address)
        judge(page, subtests, address)


@pytest.fixture
def page(context):
    return context.new_page()


def test_who_comes_back_without_a_session_is_told_so(
    live_server, context, page, subtests
):
    context.clear_cookies()
    opened(page, f"{live_server.url}{reverse('wagtail_m365:callback')}?lost=1")
    expect(page.get_by_role("heading", level=1)).to_contain_text("was not connected")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    judge(page, subtests, "no session")


def test_whoever_reconnects_with_another_account_has_the_choice(
    live_server, live_world, client, page, subtests
):
    microsoft = live_world.microsoft
    other = microsoft.add_account(f"somebody.else@{microsoft.tenant.domain}")
    connection = live_world.admin.m365_connections.first()
    leaving = client.get(
        reverse("wagtail_m365:reconnect", args=[connection.pk]), SERVER_NAME="localhost"
    )
    back = microsoft.sign_in(leaving["Location"], other)
    told = client.get(back, SERVER_NAME="localhost")
    opened(page, live_server.url + told["Location"])
    expect(page.get_by_role("button", name="Replace it")).to_be_visible()
    expect(page.locator(".m365-lead")).to_contain_text("somebody.else@")
    judge(page, subtests, told["Location"])


def test_what_came_of_a_sign_in_is_in_sight_on_the_accounts_tab(live_server, page):
    page.set_viewport_size({"width": 360, "height": 500})
    opened(page, live_server.url + account_address())
    expect(page.get_by_role("link", name="Reconnect")).to_be_visible()
    # Messages stand above everything else.
    expect(page.locator("#header-title")).to_be_in_viewport()


def test_an_address_to_be_copied_is_seen_whole_on_a_phone(live_server, context, page):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.set_viewport_size(PHONE)
    opened(
        page,
        live_server.url + reverse("wagtail_m365:set_up_step", args=["register"]),
    )
    field = page.get_by_label("Redirect URI")
    hidden = field.evaluate(
        "(one) => [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight]"
    )
    assert hidden == [0, 0]

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_text("Copied to the clipboard")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == f"{live_server.url}{reverse('wagtail_m365:callback')}"


def test_health_says_what_does_not_work(live_server, page, settings, subtests):
    # An id instead of a value is told at once; what needs it is not even tried.
    secret = "5a9b0e3c-7d51-4c39-9a4e-0f6a7a8c2b11"
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "CLIENT_SECRET": secret}
    address = reverse("wagtail_m365:health")
    opened(page, live_server.url + address)
    page.get_by_role("button", name="Test everything").click()
    expect(page.get_by_role("button", name="Test again")).to_be_visible()
    for outcome in ("failed", "skipped", "passed"):
        expect(page.locator(f".m365-finding--{outcome}").first).to_be_visible()
    judge(page, subtests, address)


def test_the_side_panel_of_a_document_is_for_every_eye(
    live_server, page, live_world, subtests
):
    document = get_document_model().objects.get(title="Press release")
    opened(page, live_server.url + reverse("wagtaildocs:edit", args=[document.pk]))
    page.locator("[data-side-panel-toggle=m365]").click()
    expect(page.locator("[data-side-panel=m365]")).to_be_visible()
    judge(page, subtests, "side panel")


#: Nothing is sent: gives what stands on the button after the first press, and how often
#: the form would have been sent. Wagtail's script needs a moment.
PRESS_TWICE = """async (one) => {
  let sent = 0;
  one.form.addEventListener("submit", (event) => {
    event.preventDefault();
    sent += 1;
  });
  one.click();
  for (let frame = 0; frame < 60 && !one.disabled; frame++) {
    await new Promise(requestAnimationFrame);
  }
  const said = one.querySelector("em")?.textContent;
  one.click();
  return [said, sent];
}"""


@pytest.mark.parametrize(
    "pressed",
    [
        ("wagtaildocs:edit", "Bring back and close", "Bringing back…"),
        ("wagtaildocs:edit", "Check for changes", "Asking Microsoft…"),
        ("wagtail_m365:bring_back", "Bring back and close", "Bringing back…"),
        ("wagtail_m365:discard", "Discard the copy", "Discarding…"),
        ("wagtail_m365:resolve", "Take the edited file", "Bringing back…"),
        ("wagtail_m365:health", "Test everything", "Testing…"),
    ],
)
def test_what_takes_microsoft_a_while_says_so_and_is_done_once(
    live_server, page, live_world, pressed
):
    """Whoever presses twice would else read how the second attempt fails."""
    name, text, working = pressed
    title = "Visitor rules" if name.endswith("resolve") else "Press release"
    document = get_document_model().objects.get(title=title)
    arguments = [] if name.endswith("health") else [document.pk]
    # The panel is not fetched anew: the button stays the one that is pressed.
    page.route("**/panel/**", lambda route: route.abort())
    opened(page, live_server.url + reverse(name, args=arguments))
    if name == "wagtaildocs:edit":
        page.locator("[data-side-panel-toggle=m365]").click()
    button = page.get_by_role("button", name=text, exact=True)
    assert button.evaluate(PRESS_TWICE) == [working, 1]


@pytest.mark.parametrize("language", [*LANGUAGES, "en"])
def test_no_report_scrolls_sideways_on_a_desktop(
    language, live_server, live_world, page, subtests
):
    """Neither where a connection is in trouble, which takes some words to say."""
    profile = UserProfile.get_for_user(live_world.admin)
    profile.preferred_language = language
    profile.save()
    for name in ("connection_report", "edit_sessions", "transfers", "followed_drives"):
        address = reverse(f"wagtail_m365:{name}")
        for state in Connection.State.values if name == "connection_report" else [""]:
            Connection.objects.update(state=state or Connection.State.ACTIVE)
            opened(page, live_server.url + address)
            with subtests.test("fits a desktop", page=address, state=state):
                assert browsing.scrolling(page, "#listing-results") == 0


def test_every_page_fits_when_it_is_read_from_right_to_left(
    live_server, live_world, context, pages, subtests
):
    profile = UserProfile.get_for_user(live_world.admin)
    profile.preferred_language = RIGHT_TO_LEFT
    profile.save()
    page = context.new_page()
    for address in pages(most=1):
        for width in (DESKTOP, PHONE):
            page.set_viewport_size(width)
            opened(page, live_server.url + address)
            with subtests.test("fits from right to left", page=address, **width):
                assert page.locator("html").get_attribute("dir") == "rtl"
                assert browsing.overflow(page) <= 0, browsing.wide(page)
                assert browsing.out_of_reach(page) == []


def test_what_breaks_a_rule_is_found(live_server, context):
    """The eyes of the tests above are open."""
    page = context.new_page()
    opened(page, f"{live_server.url}/admin/")
    page.evaluate(
        """() => {
          const bad = document.createElement("div");
          bad.innerHTML = '<button class="m365-x"></button>'
            + '<div style="width: 3000px">wide</div>';
          document.querySelector("main").append(bad);
          const script = document.createElement("script");
          script.textContent = "window.inline = 1";
          document.querySelector("main").append(script);
        }"""
    )
    page.wait_for_function("() => window.m365Refused.length")
    assert {one["directive"] for one in browsing.refused(page)} >= {"script-src-elem"}
    assert any("button-name" in one for one in browsing.violations(page))
    assert browsing.wide(page)
    page.evaluate(
        """() => {
          const long = document.createElement("h1");
          long.id = "header-title";
          long.textContent = "long".repeat(900);
          document.querySelector("main").append(long);
        }"""
    )
    page.add_style_tag(content="#header-title { overflow-wrap: normal !important }")
    assert browsing.out_of_reach(page)
    page.evaluate(
        """() => {
          document.querySelector("#header-title").remove();
          const wide = document.createElement("table");
          wide.innerHTML = '<tr><td class="m365-cell">' + "wide".repeat(900) + "</td></tr>";
          document.querySelector("main").append(wide);
        }"""
    )
    assert browsing.out_of_reach(page)


def a_row(live_server, page):
    """A document's row in the listing, and the link or button of its menu."""
    opened(page, f"{live_server.url}/admin/documents/")
    row = page.locator("tbody tr").first
    return row, row.get_by_role("button", name="Microsoft 365 actions for")


def test_a_rows_menu_is_fetched_and_kept_by_keyboard_and_for_every_eye(
    live_server, context
):
    page = context.new_page()
    row, button = a_row(live_server, page)
    expect(button).to_have_attribute("aria-haspopup", "menu")
    expect(button).to_have_attribute("aria-expanded", "false")

    button.focus()
    page.keyboard.press("Enter")

    items = row.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Home")
    expect(items.first).to_be_focused()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert list(browsing.violations(page)) == []
    assert list(browsing.refused(page)) == []

    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(items.first).to_be_focused()


def test_a_rows_menu_that_cannot_be_fetched_says_so_and_becomes_a_link(
    live_server, context
):
    page = context.new_page()
    row, button = a_row(live_server, page)
    page.route("**/actions/menu/**", lambda route: route.abort())

    button.click()

    expect(row.get_by_role("alert")).to_contain_text("could not be fetched")
    assert list(browsing.violations(page)) == []
    button.click()
    page.wait_for_url("**/actions/?next=*")
    expect(page.get_by_role("link", name="Save to OneDrive")).to_be_visible()


def test_without_script_a_rows_menu_is_a_page(live_server, context):
    plain = context.browser.new_context(java_script_enabled=False)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto(f"{live_server.url}/admin/documents/")

    page.get_by_role("link", name="Microsoft 365 actions for").first.click()

    expect(page.get_by_role("link", name="Save to OneDrive")).to_be_visible()
    plain.close()


#: What is pasted, and the heading of what comes then.
PASTED = {"": "Open a link", "https://drive.example/x": "Open a link", "shared": "Pier"}


def for_every_eye_and_width(page):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert list(browsing.violations(page)) == []
    assert list(browsing.refused(page)) == []
    page.set_viewport_size(PHONE)
    assert browsing.overflow(page) <= 0, browsing.wide(page)
    assert browsing.out_of_reach(page) == []
    page.set_viewport_size(DESKTOP)


@pytest.mark.parametrize("script", [True, False])
def test_a_link_is_pasted_on_the_page_that_adds_files(
    live_server, context, live_world, microsoft, script
):
    drive = live_world.events.m365_drive
    drive.put("Pier/plan.pdf", b"plan")
    shared = microsoft.authority + drive.share("Pier")
    plain = context.browser.new_context(java_script_enabled=script)
    browsing.with_policy(plain, live_server.url)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto(f"{live_server.url}/admin/m365/import/?at=home")
    page.locator(".m365-link summary").click()

    for pasted, heading in PASTED.items():
        field = page.get_by_label("Link of a folder or file")
        if script:
            for_every_eye_and_width(page)
        field.fill(shared if pasted == "shared" else pasted)
        field.press("Enter")
        expect(page.locator(".m365-folder__name")).to_have_text(heading)
    expect(page.get_by_label("plan.pdf")).to_be_visible()
    plain.close()


def test_the_lists_that_microsoft_ends_are_for_every_eye_when_they_are_empty(
    live_server, context, live_world, microsoft
):
    page = context.new_page()
    microsoft.fail("lists_ended", times=9)
    for name in ("Shared with me", "Recent files"):
        opened(page, f"{live_server.url}/admin/m365/import/?at=home")
        page.get_by_role("link", name=name).click()
        expect(page.get_by_text("is ending this list")).to_be_visible()
        expect(page.get_by_label("Link of a folder or file")).to_be_visible()
        for_every_eye_and_width(page)
