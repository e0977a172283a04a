"""A person at a browser, as far as signing in at the fake Microsoft needs one."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from .fake.directory import Account

#: No sign-in has more pages than this.
_MOST_PAGES = 8


class SignInRefused(Exception):
    """Microsoft shows an error itself and sends nobody back to the site.

    Attributes:
        text: What the page says, with its AADSTS code.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(kw_only=True)
class Page:
    """A page as a person sees it: its text, its forms and their buttons.

    Attributes:
        forms: Action, fields and buttons (name and value) of each.
    """

    address: str
    title: str = ""
    text: str = ""
    forms: list[Form] = field(default_factory=list)

    def form(self, button: str) -> Form | None:
        """The form that has such a button."""
        return next((one for one in self.forms if button in one.buttons), None)


@dataclass(kw_only=True)
class Form:
    """A form: where it goes, what is in it, which buttons it has."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Reads a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.page = Page(address=address)
        self._silent = ""
        self._words: list[str] = []

    @classmethod
    def read(cls, response: requests.Response) -> Page:
        """The page in a response."""
        reader = cls(response.url)
        reader.feed(response.text)
        reader.page.text = " ".join(" ".join(reader._words).split())
        return reader.page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.page.address, given.get("action", ""))
            self.page.forms.append(Form(action=action))
        elif tag in {"input", "button"} and self.page.forms and "name" in given:
            form = self.page.forms[-1]
            if tag == "button":
                form.buttons.setdefault(given["name"], given.get("value", ""))
            elif given.get("type") != "checkbox":
                form.fields[given["name"]] = given.get("value", "")
        elif tag in {"style", "script", "title"}:
            self._silent = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if self._silent == "title":
            self.page.title += data
        elif not self._silent:
            self._words.append(data)


@dataclass(kw_only=True)
class Person:
    """Somebody in front of a browser of their own.

    Attributes:
        account: Whose name and password they know.
        consent: Do they press *Accept*?
        approve: Do they approve the second factor?
        for_organization: Do they consent for everybody, where they may?
    """

    account: Account
    consent: bool = True
    approve: bool = True
    for_organization: bool = False

    def __post_init__(self) -> None:
        self._browser = requests.Session()
        self._browser.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self._browser.close()

    def sign_in(self, url: str) -> str:
        """Go through the pages, from the authorization address to the way back.

        Returns:
            The address to which Microsoft sends the browser; it is not fetched. Of an
            answer by ``form_post``: the form's address, with its fields as a query.

        Raises:
            SignInRefused: Microsoft shows an error and sends nobody back.
        """
        home = urlsplit(url).netloc
        answer = self._browser.get(url, allow_redirects=False, timeout=30)
        for _ in range(_MOST_PAGES):
            if answer.is_redirect:
                return urljoin(url, answer.headers["Location"])
            page = _Reader.read(answer)
            if page.forms and urlsplit(page.forms[0].action).netloc != home:
                back = page.forms[0]
                return f"{back.action}?{urlencode(back.fields)}"
            action, fields = self._reply(page)
            answer = self._browser.post(
                action, data=fields, allow_redirects=False, timeout=30
            )
        raise SignInRefused("The sign-in does not come to an end.")

    def _reply(self, page: Page) -> tuple[str, dict[str, str]]:
        """What the person fills in and presses.

        Raises:
            SignInRefused: There is nothing to be done on the page.
        """
        forms = {urlsplit(form.action).path: form for form in page.forms}
        typed = next((one for one in page.forms if "password" in one.fields), None)
        if typed and "AADSTS" not in page.text:
            names = {
                "username": self.account.username,
                "password": self.account.password,
            }
            return typed.action, typed.fields | names
        if proof := forms.get("/common/SAS/ProcessAuth"):
            decision = "approve" if self.approve else "deny"
            return proof.action, proof.fields | {"decision": decision}
        if consent := forms.get("/common/Consent/Set"):
            return consent.action, consent.fields | self._decision()
        if back := page.form("cancel"):
            return back.action, back.fields | {"cancel": "1"}
        raise SignInRefused(page.text)

    def _decision(self) -> dict[str, str]:
        if not self.consent:
            return {"cancel": "1"}
        return {"for_all": "1"} if self.for_organization else {}
