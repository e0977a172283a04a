"""Sign-ins with an app registration of the editor's own, beside those with the site's."""

from __future__ import annotations

from typing import Any

from wagtail_m365.errors import SignInExpired
from wagtail_m365.identity.registration import Registration
from wagtail_m365.models import AppRegistration
from wagtail_m365.models.configuration import own_registration, registration


def registration_for(own: AppRegistration | None) -> Registration:
    """The editor's own, or the site's.

    Raises:
        Misconfigured: It cannot be used, or editors may not bring their own.
    """
    return own_registration(own) if own else registration()


def begun_with(user: Any, registration_id: str) -> AppRegistration | None:
    """The user's own, with which a sign-in was begun; ``None``: the site's.

    Raises:
        SignInExpired: It was removed in the meantime.
    """
    if not registration_id:
        return None
    rows = AppRegistration.objects.filter(owner_id=user.pk)
    own = rows.filter(pk=registration_id).first()
    if own is None:
        raise SignInExpired("The app registration was removed in the meantime.")
    return own
