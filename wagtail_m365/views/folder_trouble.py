"""What the folder browser says when something went wrong, and where a sign-in leads back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from wagtail_m365.documents.folders import Place
from wagtail_m365.errors import (
    Explanation,
    M365Error,
    NotConnected,
    TemporarilyUnavailable,
)
from wagtail_m365.tokens.connect_urls import connect_url

from .errors import actor_name, connect_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong, with the next step as links."""

    explanation: Explanation
    actor: str
    sign_in: str = ""
    #: Seconds to wait; 0: not told.
    wait: int = 0

    @classmethod
    def of(cls, error: M365Error, come_back: str) -> Self:
        """The explanation of an error, and the sign-in that leads back here."""
        sign_in = connect_address(error, come_back)
        if isinstance(error, NotConnected):
            sign_in = connect_url(*Place.MINE.scopes, next=come_back)
        wait = error.retry_after if isinstance(error, TemporarilyUnavailable) else 0
        return cls(
            explanation=error.explanation,
            actor=actor_name(error.explanation.actor),
            sign_in=sign_in,
            wait=round(wait),
        )


def page_behind(request: HttpRequest) -> str:
    """The page whose chooser asks: a sign-in leads back to it."""
    referrer = request.headers.get("Referer", "")
    stays_here = url_has_allowed_host_and_scheme(
        referrer, {request.get_host()}, require_https=request.is_secure()
    )
    if not stays_here:
        return reverse("wagtailadmin_home")
    parts = urlsplit(referrer)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
