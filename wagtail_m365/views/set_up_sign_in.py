"""What the set-up says of accounts: the administrator's own, and those there are."""

from __future__ import annotations

from typing import Any

from wagtail_m365.errors import Misconfigured
from wagtail_m365.health import account_of
from wagtail_m365.models import AppRegistration, Connection
from wagtail_m365.models.configuration import registration
from wagtail_m365.tokens import bundles
from wagtail_m365.tokens.connect_urls import connect_url

from .access import may_use


def facts_of_sign_in(user: Any, here: str) -> dict[str, Any]:
    """Whose account, whether it proves anything, and how to connect it.

    Args:
        user: Who sets up.
        here: The step's own address.
    """
    account = account_of(user)
    return {
        "may_use": may_use(user),
        "account": account,
        "signed_in": account is not None and _was_made_with_this_application(account),
        "connect_url": connect_url(*bundles.PROFILE, *bundles.EDIT, next=here),
    }


def count_made_with(registration: AppRegistration | None) -> int:
    """How many accounts another application would put out of use."""
    client_id = registration.client_id if registration else ""
    made = Connection.objects.filter(registration=None, client_id=client_id)
    return made.count() if client_id else 0


def _was_made_with_this_application(account: Connection) -> bool:
    """An account of another one, or one that is out of use, shows nothing of this one."""
    try:
        client_id = registration(even_if_switched_off=True).client_id
    except Misconfigured:
        return False
    is_the_sites = account.registration_id is None and account.client_id == client_id
    return is_the_sites and account.state == Connection.State.ACTIVE
