"""Mistakes that people make: the screens alone name each, who must act, and how."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Locator, expect

from .administrator import ACCOUNT, SITE_ADMIN, Administrator
from .fresh import empty_site
from .tls_proxy import silent_proxy

pytestmark = pytest.mark.browser

#: Each mistake → what the screen says of it, who must act, and what is to be done.
TOLD = {
    "wrong redirect URI": (
        "The address to which Microsoft sends people back is not registered",
        SITE_ADMIN,
        "Copy the redirect URI from Settings → Microsoft 365 into the app registration",
    ),
    "secret ID instead of value": (
        "This looks like the ID of the secret",
        "",  # A form says it to whoever filled it in.
        "Copy the column “Value” instead",
    ),
    "platform of a single-page application": (
        "Single-page application; this site needs the platform Web",
        SITE_ADMIN,
        "Move it from Single-page application to Web",
    ),
    "one organisation's application with common": (
        "The application is for one organisation, but the tenant says: any",
        SITE_ADMIN,
        "Set the tenant to your organisation's id, or make the application multi-tenant",
    ),
    "missing permission": (
        "You did not agree to the rights that the site asked for",
        "If Microsoft said that approval is needed, only an administrator can give it",
        "Ask your Microsoft 365 administrator",
    ),
    "expired secret": (
        "The client secret has expired",
        SITE_ADMIN,
        "Make a new secret or certificate in the Microsoft Entra admin center",
    ),
    "proxy without forwarded headers": (
        "You are on https, but the proxy does not tell this server",
        SITE_ADMIN,
        "Let the proxy send X-Forwarded-Proto, and set SECURE_PROXY_SSL_HEADER",
    ),
    "session cookie with SameSite Strict": (
        "The session cookie is not sent when Microsoft sends the editor back",
        SITE_ADMIN,
        "Set SESSION_COOKIE_SAMESITE to “Lax”",
    ),
    "site opened at another address": (
        "You opened this site at another address than the one to which Microsoft",
        "You can do this yourself",
        "Go on at the other address, and log in if you are asked to",
    ),
    "no encryption key": (
        "Tokens are sealed with a key made of SECRET_KEY",
        SITE_ADMIN,
        "Set ENCRYPTION_KEYS in WAGTAIL_M365 to a list with one long random text",
    ),
    "no worker": (
        "Nobody runs this site's tasks",
        SITE_ADMIN,
        "Start the worker of the task backend in TASKS",
    ),
}
BADLY_RUN = """
SESSION_COOKIE_SAMESITE = "Strict"
TASKS = {"default": {"BACKEND": "tests.health.queues.UnattendedQueue"}}
"""
AGED = """
from datetime import timedelta
from wagtail_m365.models import Heartbeat
for one in Heartbeat.objects.all():
    one.asked_at -= timedelta(minutes=2)
    one.save()
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    with empty_site(tmp_path_factory.mktemp("fresh")) as fresh:
        yield fresh


@pytest.fixture
def person(chromium, fresh):
    """Logs somebody in; every one is gone afterwards."""
    people = []

    def log_in(**context):
        people.append(Administrator(chromium, fresh, **context))
        people[-1].enter()
        return people[-1]

    yield log_in
    for one in people:
        one.context.close()


@pytest.fixture
def admin(fresh, person):
    """On a site with nothing wrong in its own settings."""
    fresh.start(ENCRYPTION_KEYS=["one long random text"])
    return person()


def expect_told(place: Locator, mistake: str) -> None:
    what, who, how = TOLD[mistake]
    for text in filter(None, (what, who, how)):
        expect(place).to_contain_text(text)


def main(admin: Administrator) -> Locator:
    return admin.page.locator("main")


def registered(admin: Administrator, who: str = "People of one", **how: str):
    """The guide up to the secret, with an application that is registered like this."""
    admin.go("/admin/m365/settings/set-up/accounts/")
    admin.say_where_microsoft_is(who)
    app = admin.register(**how)
    admin.enter_ids(app)
    return app


def examined(admin: Administrator) -> None:
    admin.go("/admin/m365/settings/set-up/health/")
    admin.examine()


def test_1_the_redirect_uri_without_its_slash(admin, fresh):
    wrong = f"{fresh.site}/admin/m365/oauth/callback"
    app = registered(admin, uri=wrong)
    admin.enter_secret(app["client_secret"])
    admin.page.get_by_role("link", name="Sign in at Microsoft").click()
    # Microsoft's own page is all that one sees: nobody is sent back.
    expect(admin.page.get_by_text("AADSTS50011").first).to_be_visible()

    examined(admin)

    expect_told(admin.finding("redirect_uri"), "wrong redirect URI")
    expect(admin.finding("redirect_uri")).to_contain_text(f"{wrong}/")


def test_2_the_id_of_the_secret(admin, fresh):
    app = registered(admin)
    secret = fresh.control("secrets", client_id=app["client_id"])

    admin.enter_secret(secret["id"])

    admin.expect_step("4. Secret or certificate")
    expect_told(main(admin), "secret ID instead of value")


def test_3_the_platform_of_a_single_page_application(admin):
    app = registered(admin, platform="spa")
    admin.enter_secret(app["client_secret"])

    admin.sign_in()
    admin.accept(admin.page)

    expect_told(main(admin), "platform of a single-page application")


def test_4_common_for_one_organisations_application(admin):
    app = registered(admin, who="People of organisations, and", audience="single")
    admin.enter_secret(app["client_secret"])

    examined(admin)

    expect_told(
        admin.finding("redirect_uri"), "one organisation's application with common"
    )


def test_5_a_permission_that_this_person_cannot_give(admin, fresh):
    app = registered(admin)
    fresh.control(
        "apps",
        method="PATCH",
        client_id=app["client_id"],
        requires_admin_consent=True,
    )
    admin.enter_secret(app["client_secret"])

    admin.sign_in("editor@contoso.onmicrosoft.com")
    admin.page.get_by_role("button", name="Return to the application").click()

    expect_told(main(admin), "missing permission")
    link = admin.page.get_by_label("Link for the administrator")
    assert f"client_id={app['client_id']}" in link.input_value()


def test_6_a_secret_that_has_expired(admin, fresh):
    app = registered(admin)
    secret = fresh.control(
        "secrets", client_id=app["client_id"], expires_on=time.time() - 60
    )
    admin.enter_secret(secret["value"])

    admin.sign_in()
    admin.accept(admin.page)

    expect_told(main(admin), "expired secret")
    examined(admin)
    expect_told(admin.finding("credential"), "expired secret")


def test_7_a_proxy_that_tells_nothing(fresh, person, tmp_path):
    with silent_proxy(fresh.site, tmp_path) as outside:
        trusted = f"CSRF_TRUSTED_ORIGINS = [{outside!r}]"
        fresh.start(trusted, ENCRYPTION_KEYS=["one long random text"])
        admin = person(ignore_https_errors=True, at=outside)

        admin.follow("/admin/m365/settings/health/")
        expect_told(admin.finding("scheme"), "proxy without forwarded headers")
        admin.follow("/admin/m365/settings/set-up/register/")
        expect_told(main(admin), "proxy without forwarded headers")
        admin.context.close()


@pytest.fixture
def badly_run(fresh, person):
    """The admin of a site whose own settings are wrong in three ways."""
    fresh.start(BADLY_RUN)
    return person()


def test_8_a_cookie_that_the_browser_keeps_back(badly_run):
    app = registered(badly_run)
    badly_run.enter_secret(app["client_secret"])
    badly_run.sign_in()
    badly_run.accept(badly_run.page)

    expect_told(main(badly_run), "session cookie with SameSite Strict")
    assert "code=" not in badly_run.page.url
    # Nobody is logged out: it was Microsoft's redirect that came without the cookie.
    badly_run.page.get_by_role("link", name="Log in").click()
    badly_run.page.wait_for_url("**/admin/account/*")


@pytest.mark.parametrize(
    ("probe", "mistake"),
    [
        ("session_cookie", "session cookie with SameSite Strict"),
        ("keys", "no encryption key"),
    ],
)
def test_8_and_9_what_the_sites_own_settings_do_wrong(badly_run, probe, mistake):
    badly_run.go("/admin/m365/settings/health/")

    expect_told(badly_run.finding(probe), mistake)
    badly_run.go("/admin/m365/settings/set-up/register/")
    expect_told(main(badly_run), mistake)


def test_10_no_worker(badly_run, fresh):
    examined(badly_run)
    expect(badly_run.finding("worker")).to_contain_text("Test again in a minute")
    fresh.manage("shell", "--no-imports", "-c", AGED)

    badly_run.page.get_by_role("button", name="Test again").click()

    expect_told(badly_run.finding("worker"), "no worker")


def test_11_localhost_is_not_127_0_0_1(fresh, person):
    there = fresh.site.replace("localhost", "127.0.0.1")
    callback = f"{there}/admin/m365/oauth/callback/"
    fresh.start(ENCRYPTION_KEYS=["one long random text"], REDIRECT_URI=callback)
    admin = person()
    page = admin.page
    app = registered(admin)
    admin.enter_secret(app["client_secret"])
    admin.expect_step("5. Sign in yourself")
    page.get_by_role("link", name="Sign in at Microsoft").click()

    expect_told(main(admin), "site opened at another address")
    page.get_by_role("link", name=f"Go on at {there.partition('//')[2]}").click()
    for name in ("username", "password"):
        page.locator(f"input[name={name}]").fill("admin")
    page.locator("form button[type=submit]").click()
    admin.pick_account(page, ACCOUNT)
    admin.accept(page)

    expect(page.get_by_text(f"Connected as {ACCOUNT}")).to_be_visible()
    assert page.url.startswith(there)
