"""What only an Entra administrator can grant: a link and reasons to hand on."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from wagtail_m365.errors import Explanation, M365Error
from wagtail_m365.models import Connection
from wagtail_m365.tokens import bundles, consents
from wagtail_m365.tokens.consents import AdminLetter

from .addresses import callback_address

#: Codes of errors that an administrator's consent cures. 65004 among them: Microsoft's
#: page "Need admin approval" sends people back as if they had declined themselves.
_CURED = {
    "admin_consent_required",
    "aadsts65004",
    "aadsts90093",
    "aadsts90094",
    "aadsts90095",
}


def letter_for(
    request: HttpRequest,
    explanation: Explanation,
    scopes: Iterable[str],
    connection: Connection | None = None,
) -> AdminLetter | None:
    """The link for the administrator, if one cures this; else None.

    Who asks for consent asks for all that the site needs at least, so that the
    administrator is asked once. That this person waits for it is remembered.
    """
    if explanation.code not in _CURED:
        return None
    wanted = {*bundles.PROFILE, *bundles.EDIT, *scopes}
    try:
        letter = consents.letter(wanted, redirect_uri=callback_address(request))
    except M365Error:
        # What is wrong with the set-up is explained where it is set up.
        return None
    mine = connection or Connection.objects.default_of(request.user).first()
    consents.request(wanted, user=request.user, connection=mine)
    return letter
