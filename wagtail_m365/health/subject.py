"""What is tested: the configuration, Microsoft's answers, and the visit to this site.

Each question is sent once; what came back, or the error, is kept for every probe.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.http import HttpRequest

from wagtail_m365.errors import M365Error, TemporarilyUnavailable
from wagtail_m365.http import new_session
from wagtail_m365.identity.registration import Registration
from wagtail_m365.identity.scopes import missing
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import http_options, registration

from .browser import FORWARDED

if TYPE_CHECKING:
    # Loaded with the first test, and not with Django.
    from wagtail_m365.graph.batch import Answer
    from wagtail_m365.identity.client import Discovery, IdentityClient

T = TypeVar("T")

_AADSTS = re.compile(r"AADSTS(\d{4,8})")
_TELLING = (*FORWARDED, "Origin", "Referer")
#: What the drives are asked, in one batch: path → members that are read.
QUESTIONS = {
    "/me/drive": "id,quota",
    "/me/drive/special/approot": "id",
}
#: Asked as well where the account has agreed to show who it is: not everybody who
#: connected while opening a document has.
_ABOUT_ONESELF = {"/me": "id"}


class Once(Generic[T]):
    """A question that is asked once, whatever comes back."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._told: list[T] = []
        self._error: M365Error | None = None

    def __call__(self) -> T:
        """The answer.

        Raises:
            M365Error: There was none; the same error each time.
        """
        if self._error:
            raise self._error
        if not self._told:
            try:
                self._told.append(self._ask())
            except M365Error as error:
                self._error = error
                raise
        return self._told[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """How this site was reached: what Django made of it, and what stood in it."""

    #: The redirect URI as the site computes it.
    redirect_uri: str
    secure: bool = False
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Who asks; ``None`` from a command.
    user: Any = None
    #: Nobody visited: a command computes the address from the settings.
    assumed: bool = False

    @classmethod
    def of(cls, request: HttpRequest, redirect_uri: str) -> Visit:
        """What matters of a request."""
        headers = {
            name: request.headers[name]
            for name in _TELLING
            if request.headers.get(name)
        }
        return cls(
            redirect_uri=redirect_uri,
            secure=request.is_secure(),
            host=request.get_host(),
            headers=headers,
            user=request.user,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """What Microsoft's sign-in page answered to nobody."""

    #: Where it would send the browser.
    location: str
    #: Microsoft's number of what is wrong; empty when nothing is.
    number: str
    #: Seconds by which Microsoft's clock is ahead of ours; ``None``: it did not say.
    ahead: float | None
    correlation_id: str = ""


class Subject:
    """What is tested.

    Args:
        visit: How the site was reached.
        account: A connection with which permissions and drives are tried.
    """

    def __init__(self, visit: Visit, account: Connection | None = None) -> None:
        self.visit = visit
        self.account = account
        self.registration: Once[Registration] = Once(
            lambda: registration(even_if_switched_off=True)
        )
        self.discovery: Once[Discovery] = Once(self._discover)
        self.sign_in_page = Once(self._ask_sign_in_page)
        self.graph_answers: Once[Mapping[str, Answer]] = Once(self._ask_graph)

    @cached_property
    def identity(self) -> IdentityClient:
        """The client of Microsoft's identity platform."""
        return self.identity_of(self.registration())

    def identity_of(self, found: Registration) -> IdentityClient:
        """A client for a variant of the registration."""
        from wagtail_m365.identity.client import IdentityClient

        return IdentityClient(found, http_options())

    def _discover(self) -> Discovery:
        return self.identity.discovery()

    def _ask_sign_in_page(self) -> SignInPage:
        """Ask the sign-in page, as nobody, whether it would send the browser back to us.

        With ``prompt=none`` it redirects at once when it knows the application and the
        address, and shows an error page otherwise (OpenID Connect Core §3.1.2.6). What
        that page says is for people; only the number of the error is taken from it.
        """
        import requests

        request = self.identity.authorization_request(
            ["User.Read"], self.visit.redirect_uri, prompt="none"
        )
        with new_session(http_options()) as session:
            try:
                answer = session.get(request.url, allow_redirects=False)
            except requests.RequestException as error:
                raise TemporarilyUnavailable(code="unreachable") from error
        location = answer.headers.get("Location", "")
        back = location.startswith(self.visit.redirect_uri)
        found = None if back else _AADSTS.search(answer.text)
        return SignInPage(
            location=location,
            number=found[1] if found else "",
            ahead=_ahead(answer.headers.get("Date", "")),
            correlation_id=answer.headers.get("x-ms-request-id", ""),
        )

    def _ask_graph(self) -> Mapping[str, Answer]:
        from wagtail_m365.graph.batch import Question
        from wagtail_m365.graph.client import connect
        from wagtail_m365.tokens import bundles
        from wagtail_m365.tokens.credentials import TokenSource
        from wagtail_m365.tokens.throttling import SharedThrottle

        if self.account is None:
            raise TypeError("Without an account, Graph cannot be asked.")
        told = not missing(bundles.PROFILE, self.account.scopes, "")
        questions = _ABOUT_ONESELF | QUESTIONS if told else QUESTIONS
        scopes = (*bundles.PROFILE, *bundles.EDIT) if told else bundles.EDIT
        client = connect(
            self.registration().cloud.graph,
            TokenSource(self.account, scopes),
            http_options(),
            patience=5,
            throttle=SharedThrottle(self.account),
        )
        asked = [
            Question(method="GET", path=path, params={"$select": members})
            for path, members in questions.items()
        ]
        return dict(zip(questions, client.batch(asked), strict=True))


def _ahead(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (TypeError, ValueError):
        return None
