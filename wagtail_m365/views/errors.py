"""Errors for people: what happened, who must act, and the next step.

Every view of ours that may meet an :class:`~wagtail_m365.errors.M365Error` wears
:class:`ExplainsErrors`; nobody sees a stack trace or a bare code.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.utils.urlpatterns import decorate_urlpatterns

from wagtail_m365 import errors
from wagtail_m365.errors import Actor, Explanation, M365Error
from wagtail_m365.models import Failure
from wagtail_m365.tokens.consents import AdminLetter

from .letters import letter_for

logger = logging.getLogger(__name__)

ViewFunction = TypeVar("ViewFunction", bound=Callable[..., HttpResponseBase])

ACTORS = {
    Actor.EDITOR: gettext_lazy("You can do this yourself"),
    Actor.SITE_ADMIN: gettext_lazy("An administrator of this site"),
    Actor.ENTRA_ADMIN: gettext_lazy("A Microsoft 365 administrator"),
    Actor.NOBODY: gettext_lazy("Nobody: it passes by itself"),
}

#: Error class → HTTP status; the first class that fits counts.
STATUSES: tuple[tuple[type[M365Error], int], ...] = (
    (errors.AccessDenied, 403),
    (errors.NotAllowed, 403),
    (errors.ItemNotFound, 404),
    (errors.FileMissing, 404),
    (errors.NothingOpen, 404),
    (errors.TokenError, 403),
    (errors.SignInError, 400),
    (errors.BothChanged, 409),
    (errors.WrongState, 409),
    (errors.AlreadyOpen, 409),
    (errors.NameTaken, 409),
    (errors.PreconditionFailed, 409),
    (errors.ItemLocked, 409),
    (errors.DocumentError, 400),
    (errors.TemporarilyUnavailable, 503),
    (errors.Misconfigured, 503),
    (errors.GraphError, 502),
)

#: Errors whose next step is a sign-in at Microsoft.
_SIGN_IN_HELPS = (
    errors.NotConnected,
    errors.ConsentRequired,
    errors.InteractionRequired,
    errors.ReconnectRequired,
    errors.Undecryptable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button on an explained page."""

    url: str
    label: str
    primary: bool = False


def status_of(error: M365Error) -> int:
    """The HTTP status with which this error is told."""
    fitting = (status for kind, status in STATUSES if isinstance(error, kind))
    return next(fitting, 500)


def actor_name(actor: Actor) -> str:
    """Who must act, as a person reads it."""
    return str(ACTORS[actor])


def connect_address(error: M365Error, next_url: str) -> str:
    """Where a sign-in mends this error and leads back; empty if it cannot."""
    if error.connect_url:
        glue = "&" if "?" in error.connect_url else "?"
        return error.connect_url + glue + urlencode({"next": next_url})
    if not isinstance(error, _SIGN_IN_HELPS) or getattr(error, "admin", False):
        return ""
    wanted = {"scopes": " ".join(getattr(error, "scopes", ())), "next": next_url}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{reverse('wagtail_m365:connect')}?{query}"


def page_of(
    request: HttpRequest,
    explanation: Explanation,
    *,
    title: str = "",
    actions: list[Action] | None = None,
    letter: AdminLetter | None = None,
    status: int = 200,
) -> TemplateResponse:
    """The page ``errors/explained.html`` for one explanation."""
    title = title or _("This did not work")
    context = {
        "page_title": title,
        "header_title": title,
        "header_icon": "m365",
        "breadcrumbs_items": breadcrumbs(title),
        "explanation": explanation,
        "actor": actor_name(explanation.actor),
        "actions": actions or [],
        "letter": letter,
    }
    template = "wagtail_m365/errors/explained.html"
    return TemplateResponse(request, template, context, status=status)


def breadcrumbs(title: str) -> list[dict[str, str]]:
    """The way to a page that belongs to no listing."""
    return [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": "", "label": title},
    ]


def explained(
    request: HttpRequest,
    error: M365Error,
    *,
    title: str = "",
    try_again_url: str = "",
    back_url: str = "",
) -> HttpResponse:
    """The page that explains an error.

    Args:
        request: The request that met the error.
        error: What went wrong.
        title: What was being done, as a heading.
        try_again_url: Where the same thing can be tried again; shown as a link, so
            it must be safe to GET.
        back_url: Where the person came from.
    """
    explanation = error.explanation
    note(request, error)
    response = page_of(
        request,
        explanation,
        title=title,
        actions=_actions(request, error, try_again_url, back_url),
        letter=letter_for(request, explanation, getattr(error, "scopes", ())),
        status=status_of(error),
    )
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        # A part of a page was asked for: no second menu stands inside the first.
        response.template_name = "wagtail_m365/errors/part.html"
    if isinstance(error, errors.TemporarilyUnavailable) and error.retry_after:
        response["Retry-After"] = str(round(error.retry_after) or 1)
    return response


def note(request: HttpRequest, error: M365Error) -> None:
    """Keep it for the support bundle; that must not become an error of its own."""
    match = request.resolver_match
    try:
        with transaction.atomic():
            Failure.objects.note(error, match.view_name if match else "")
    except DatabaseError:
        logger.warning("A failure could not be noted.", exc_info=True)


def _actions(
    request: HttpRequest, error: M365Error, try_again_url: str, back_url: str
) -> list[Action]:
    here = request.get_full_path() if request.method == "GET" else ""
    sign_in = connect_address(error, try_again_url or here or back_url)
    found = []
    if sign_in:
        label = _("Sign in to Microsoft 365")
        found.append(Action(url=sign_in, label=label, primary=True))
    # What is not open any more, perhaps since another tab, is not open a second later.
    is_over = isinstance(error, errors.NothingOpen)
    if not is_over and (try_again_url or (here and not sign_in)):
        label = _("Try again")
        found.append(
            Action(url=try_again_url or here, label=label, primary=not sign_in)
        )
    back_url = back_url or reverse("wagtailadmin_home")
    return [*found, Action(url=back_url, label=_("Go back"), primary=is_over)]


def explain_in_message(
    request: HttpRequest, error: M365Error, *, next_url: str = ""
) -> None:
    """Tell an error as a message on the next page, with a button if one helps."""
    explanation = error.explanation
    note(request, error)
    text = f"{explanation.what} {explanation.next_step}".strip()
    if explanation.reference:
        text = _("%(text)s (reference: %(reference)s)") % {
            "text": text,
            "reference": explanation.reference,
        }
    sign_in = connect_address(error, next_url) if next_url else ""
    buttons = [messages.button(sign_in, _("Sign in to Microsoft 365"))]
    messages.error(request, text, buttons=buttons if sign_in else None)


class ExplainsErrors:
    """A view whose M365Errors become explained pages."""

    #: What was being done, as the heading of the page.
    error_title: Any = ""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Do what the view does; explain what it could not do."""
        try:
            response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
                request, *args, **kwargs
            )
        except M365Error as error:
            return self.explain(request, error)
        return response

    def explain(self, request: HttpRequest, error: M365Error) -> HttpResponseBase:
        """The answer to this error; views with another way out override it."""
        return explained(
            request,
            error,
            title=str(self.error_title),
            try_again_url=self.get_try_again_url(),
            back_url=self.get_back_url(),
        )

    def get_try_again_url(self) -> str:
        """An address that may be asked again with GET; empty for none."""
        return ""

    def get_back_url(self) -> str:
        """Where *Go back* leads; empty for the admin's home."""
        return ""


def explains_errors(view: ViewFunction) -> ViewFunction:
    """The same for a view that is a function, and around every address of ours."""

    @wraps(view)
    def explaining(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except M365Error as error:
            return explained(request, error)

    explaining.explains_errors = True  # type: ignore[attr-defined]  # for the wiring's test
    return cast("ViewFunction", explaining)


def in_words(patterns: list[Any]) -> list[Any]:
    """These addresses; whatever their views forget to explain is explained."""
    decorate_urlpatterns(patterns, explains_errors)
    return patterns
