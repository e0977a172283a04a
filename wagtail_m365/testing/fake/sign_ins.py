"""A sign-in under way in a browser, and what browsers remember of earlier ones."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from . import pages
from .answers import unkept
from .directory import Account, AppRegistration
from .errors import IdentityError, description, error_uri
from .realms import Realm
from .scopes import Asked
from .state import World

#: The cookie in which Entra keeps a browser's sign-ins.
COOKIE = "ESTSAUTH"


@dataclass(slots=True, kw_only=True, eq=False)
class Browser:
    """One browser: who signed in there.

    Attributes:
        accounts: Object ids, the latest first.
        strong: Of these, who also showed a second factor.
    """

    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    accounts: list[str] = field(default_factory=list)
    strong: set[str] = field(default_factory=set)

    def remember(self, account: Account) -> None:
        """Note that this account signed in just now."""
        own = (account.home or account).object_id
        self.accounts = [own, *(one for one in self.accounts if one != own)]


@dataclass(slots=True, kw_only=True, eq=False)
class SignIn:
    """What the application asked for, and how far the person has come.

    Attributes:
        purpose: ``authorize``, or ``adminconsent`` for an administrator's consent to
            everything.
        wants_mfa: The request demands a second factor.
        fresh: The person must sign in again, whatever the browser remembers.
        agreed: The person has seen the consent page and said yes.
    """

    realm: Realm
    app: AppRegistration
    browser: Browser
    redirect_uri: str
    platform: str
    asked: Asked
    scope: str
    purpose: str = "authorize"
    response_mode: str = "query"
    state: str | None = None
    nonce: str = ""
    prompt: str = ""
    login_hint: str = ""
    challenge: str = ""
    challenge_method: str = ""
    wants_client_info: bool = False
    wants_mfa: bool = False
    fresh: bool = False
    account: Account | None = None
    strong: bool = False
    agreed: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def browser_of(request: Request, world: World) -> Browser:
    """The browser that asks, known by its cookie, or a new one."""
    found = world.browsers.get(request.cookies.get(COOKIE, ""))
    if not isinstance(found, Browser):
        found = Browser()
        world.browsers[found.id] = found
    return found


def with_cookie(answer: Response, browser: Browser) -> Response:
    """The answer, by which the browser is known again."""
    answer.set_cookie(COOKIE, browser.id, httponly=True, samesite="Lax")
    return answer


def send_back(sign_in: SignIn, fields: dict[str, str]) -> Response:
    """To the application, in the way it asked for."""
    if sign_in.state is not None:
        fields |= {"state": sign_in.state}
    uri = sign_in.redirect_uri
    if sign_in.response_mode == "form_post":
        return unkept(pages.form_post(uri, fields))
    if sign_in.response_mode == "fragment":
        location = f"{uri}#{urlencode(fields)}"
    else:
        location = f"{uri}{'&' if '?' in uri else '?'}{urlencode(fields)}"
    return unkept(Response(status=302, headers={"Location": location}))


def send_refusal(
    sign_in: SignIn, error: IdentityError, request: Request, world: World
) -> Response:
    """To the application, with an error (RFC 6749 §4.1.2.1)."""
    fields = {"error": error.error}
    if error.error == "access_denied":
        # What the person pressed: MSAL drops it, other clients look at it.
        fields["error_subcode"] = "cancel"
    fields["error_description"] = description(error, request, world.clock.now())
    fields["error_uri"] = error_uri(error, request)
    if error.claims:
        fields["claims"] = error.claims
    return send_back(sign_in, fields)
