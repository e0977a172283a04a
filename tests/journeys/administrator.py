"""An administrator who follows the guided set-up, and does at Microsoft what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from .fresh import FreshSite
from .story import Person

ACCOUNT = "admin@contoso.onmicrosoft.com"
SITE_ADMIN = "An administrator of this site"


class Administrator(Person):
    """*admin* of an empty site; reads the screens, and nothing else."""

    demo: FreshSite

    def __init__(
        self, browser: Browser, demo: FreshSite, *, at: str = "", **context: Any
    ) -> None:
        """Args as for everybody; ``at``: where the site is reached, if elsewhere."""
        super().__init__(browser, replace(demo, site=at) if at else demo, **context)

    def enter(self) -> None:
        """Log in, whatever language the pages are in."""
        self.page.goto(f"{self.demo.site}/admin/login/")
        for name in ("username", "password"):
            self.page.locator(f"input[name={name}]").fill("admin")
        self.page.locator("form button[type=submit]").click()
        expect(
            self.page.locator("#wagtail-sidebar, [data-side-panel]").first
        ).to_be_attached()

    def follow(self, path: str) -> None:
        """Go there by a link, so that the browser says where it comes from."""
        self.go("/admin/")
        self.page.evaluate("path => window.location.assign(path)", path)
        self.page.wait_for_url(f"**{path}")

    def open_guide(self) -> None:
        """From the admin's home to the first step, as the menu leads."""
        page = self.page
        self.go("/admin/")
        page.get_by_role("button", name="Settings").click()
        page.get_by_role("link", name="Microsoft 365", exact=True).click()
        page.get_by_role("link", name="Set up Microsoft 365").click()
        self.expect_step("1. Who, and what for")

    def expect_step(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()

    def go_on(self) -> None:
        self.page.get_by_role("button", name="Continue").click()

    def say_where_microsoft_is(self, who: str = "People of one organisation") -> None:
        """Step 1; only here does the fake show that it is none of Microsoft's clouds."""
        page = self.page
        page.get_by_label(who).check()
        page.get_by_label("Which Microsoft cloud?").select_option("custom")
        page.get_by_label("Authority address").fill(self.demo.microsoft)
        graph = page.get_by_label("Graph address with version")
        graph.fill(f"{self.demo.microsoft}/v1.0")
        self.go_on()
        self.expect_step("2. Register the application")

    def register(
        self, platform: str = "web", audience: str = "single", uri: str = ""
    ) -> dict[str, Any]:
        """At Microsoft: a new registration with the address that the page shows."""
        shown = self.page.get_by_label("Redirect URI").input_value()
        return self.demo.control(
            "apps",
            name="Our site",
            audience=audience,
            redirect_uris=[{"url": uri or shown, "platform": platform}],
        )

    def enter_ids(self, app: dict[str, Any]) -> None:
        """Step 2, and step 3, where there is nothing to enter."""
        page = self.page
        page.get_by_label("Application (client) ID").fill(app["client_id"])
        tenant = page.get_by_label("Directory (tenant) ID")
        if tenant.is_visible():
            tenant.fill(app["tenant_id"])
        self.go_on()
        self.expect_step("3. API permissions")
        self.go_on()
        self.expect_step("4. Secret or certificate")

    def enter_secret(self, value: str) -> None:
        """Step 4, with a client secret."""
        self.page.get_by_label("Credential").select_option("secret")
        self.page.get_by_label("Client secret", exact=True).fill(value)
        self.go_on()

    def upload_certificate(self, app: dict[str, Any]) -> None:
        """Step 4, with a certificate that the site makes."""
        page = self.page
        page.get_by_role("button", name="Make a certificate").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the public half").click()
        public_half = Path(download.value.path()).read_text(encoding="ascii")
        assert "PRIVATE" not in public_half
        self.demo.control(
            "apps",
            method="PATCH",
            client_id=app["client_id"],
            certificates=[public_half],
        )
        self.go_on()

    def sign_in(self, account: str = ACCOUNT) -> None:
        """Step 5, as far as the page on which Microsoft asks for consent."""
        self.expect_step("5. Sign in yourself")
        self.page.get_by_role("link", name="Sign in at Microsoft").click()
        self.pick_account(self.page, account)

    def examine(self) -> None:
        """Step 6."""
        self.expect_step("6. Health")
        self.page.get_by_role("button", name="Test").first.click()
        expect(self.page.locator(".m365-findings").first).to_be_visible()

    def finding(self, probe: str) -> Locator:
        return self.page.locator(f"#m365-finding-{probe}")
