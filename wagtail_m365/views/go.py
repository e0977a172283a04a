"""The sign that a person asked for an open document here, and just now.

*Open in Microsoft 365* is a link, so that it can open a new tab; its page goes on by
itself only with this value, which no foreign site can make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.urls import reverse

#: Seconds for which a link goes on by itself; afterwards its page asks for a click.
MAX_AGE = 15 * 60
_SALT = "wagtail_m365.go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """What a fresh and genuine value says."""

    #: It has been to Microsoft's sign-in already: not a second time by itself, or a
    #: tenant that never grants the right would send the browser round for ever.
    after_sign_in: bool


def sign(user: Any, document_pk: Any, *, after_sign_in: bool = False) -> str:
    """A value for this person and this document."""
    claim = [str(user.pk), str(document_pk), after_sign_in]
    return signing.dumps(claim, salt=_SALT)


def read(value: str, user: Any, document_pk: Any) -> Go | None:
    """What the value says; ``None`` if it is old, or somebody else's, or forged."""
    try:
        claim = signing.loads(value, salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    *whose, after_sign_in = claim
    if whose != [str(user.pk), str(document_pk)]:
        return None
    return Go(after_sign_in=after_sign_in)


def open_url(user: Any, document_pk: Any, *, after_sign_in: bool = False) -> str:
    """The link that opens a document and goes on by itself."""
    path = reverse("wagtail_m365:open", args=[document_pk])
    value = sign(user, document_pk, after_sign_in=after_sign_in)
    return f"{path}?{urlencode({'go': value})}"
