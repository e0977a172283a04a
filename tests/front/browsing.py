"""What a browser tells of a page: rules of accessibility, policy, widths, movement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route

#: As strict as a site can be that serves its own files. Wagtail itself does not keep it
#: yet; the browser only reports, and what is not ours is left out below.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)
_LISTEN = """
window.m365Refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  const from = event.target instanceof Element ? event.target : null;
  window.m365Refused.push({
    directive: event.effectiveDirective,
    blocked: event.blockedURI,
    file: event.sourceFile,
    element: from ? from.outerHTML.slice(0, 300) : "",
    sample: event.sample,
  });
});
"""
#: What Wagtail's own widgets write into a page: each chooser and each date field starts
#: itself by a script in the page (Wagtail 7.4 and 8.0).
WAGTAILS_SCRIPTS = ("new Chooser(", "new DocumentChooser(", "initDateChooser(")
#: Wagtail's own parts of the page, which are Wagtail's to mend.
WAGTAILS = (
    ".ui-autocomplete-input",  # the field for tags has no label
)
#: Rules that Wagtail's own pages break, on which we only put a menu or a panel.
WAGTAILS_RULES = {"/admin/snippets/": "page-has-heading-one"}
_SETTLED = """() => !document.getAnimations().some(
  (one) => one instanceof CSSTransition && one.playState === "running"
)"""


def with_policy(context: BrowserContext, site: str) -> None:
    """Let the browser report what a strict policy would refuse."""
    context.add_init_script(_LISTEN)

    def answer(route: Route) -> None:
        if route.request.resource_type != "document":
            route.fallback()
            return
        response = route.fetch()
        headers = {**response.headers, "content-security-policy-report-only": POLICY}
        route.fulfill(response=response, headers=headers)

    context.route(f"{site}/**", answer)


def refused(page: Page) -> Iterator[dict[str, Any]]:
    """What a strict policy would refuse, and is not Wagtail's."""
    for one in page.evaluate("() => window.m365Refused"):
        if not any(each in one["element"] for each in WAGTAILS_SCRIPTS):
            yield one


def violations(page: Page) -> Iterator[str]:
    """Rules of accessibility that the page breaks, and not Wagtail."""
    page.wait_for_function(_SETTLED)
    results = Axe().run(
        page,
        context={"exclude": [[one] for one in WAGTAILS]},
        options={"resultTypes": ["violations"]},
    )
    for rule in results.response["violations"]:
        if any(
            path in page.url and rule["id"] == broken
            for path, broken in WAGTAILS_RULES.items()
        ):
            continue
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:160]} ({node['target']})"


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return page.evaluate(
        "() => document.documentElement.scrollWidth - window.innerWidth"
    )


def scrolling(page: Page, selector: str) -> int:
    """How many pixels of a box can only be seen by scrolling sideways."""
    return page.locator(selector).evaluate("(one) => one.scrollWidth - one.clientWidth")


def wide(page: Page) -> list[str]:
    """The elements that stick out of the window."""
    return page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((one) => {
          const box = one.getBoundingClientRect();
          return box.width && (box.right > innerWidth + 1 || box.left < -1);
        }).slice(0, 5).map((one) => one.outerHTML.slice(0, 120))"""
    )


def out_of_reach(page: Page) -> list[str]:
    """What lies beyond the window's edge and cannot be scrolled into it.

    Wagtail's ``main`` hides what is wider than the window, so that the page itself is
    never too wide; what is cut off must lie in a box that scrolls. Its sidebar gives way
    a moment after the window has become narrow: it is looked at again until then.
    """
    return page.evaluate(
        """async () => {
          const rtl = document.documentElement.dir === "rtl";
          const beyond = (box) => rtl ? box.left < -1 : box.right > innerWidth + 1;
          const reached = (one) => {
            for (let up = one; up.id !== "main"; up = up.parentElement) {
              const { overflowX } = getComputedStyle(up);
              if (["auto", "scroll"].includes(overflowX)) return true;
            }
            return false;
          };
          const ours = "main table:has(.m365-cell) :is(td, th)," +
            ".m365-page :is(td, th, a, button, input, select), #header-title";
          // Words that are longer than their box stick out of it.
          const edge = (one) => {
            const range = document.createRange();
            range.selectNodeContents(one);
            const isField = one.matches("input, select");
            return (isField ? one : range).getBoundingClientRect();
          };
          const look = () => [...document.querySelectorAll(ours)]
            .filter((one) => one.checkVisibility() && !one.closest(".w-sr-only"))
            .filter((one) => beyond(edge(one)) && !reached(one));
          const end = performance.now() + 5000;
          let found = look();
          while (found.length && performance.now() < end) {
            await new Promise(requestAnimationFrame);
            found = look();
          }
          return found.slice(0, 5).map((one) => one.outerHTML.slice(0, 120));
        }"""
    )


def moving(page: Page) -> list[str]:
    """What moves on the page, of ours."""
    return page.evaluate(
        """() => document.getAnimations()
          .filter((one) => one.playState === "running")
          .filter((one) => !(one instanceof CSSTransition))
          .map((one) => one.effect.target)
          .filter((one) => one?.closest("[class*=m365-]"))
          .map((one) => one.outerHTML.slice(0, 120))"""
    )
