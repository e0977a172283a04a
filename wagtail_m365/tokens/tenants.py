"""Whose accounts a site lets in, however their tokens came here."""

from __future__ import annotations

from wagtail_m365.conf import settings
from wagtail_m365.errors import SignInRefused
from wagtail_m365.identity.client import Account


def refuse_other_tenants(account: Account | None) -> None:
    """Let in the accounts of ``ALLOWED_TENANTS`` only; without a list, all.

    Args:
        account: Whose tokens they are; ``None``: Microsoft did not say.

    Raises:
        SignInRefused: ``tenant_not_allowed``; also where nobody knows whose they are.
    """
    allowed = {tenant.lower() for tenant in settings.ALLOWED_TENANTS}
    if not allowed or (account and account.tenant_id.lower() in allowed):
        return
    raise SignInRefused(
        "The account's organisation is not allowed on this site.",
        code="tenant_not_allowed",
        actual=account.username if account else "",
    )
