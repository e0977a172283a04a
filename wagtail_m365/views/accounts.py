"""With which of the person's Microsoft accounts a page works."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from wagtail_m365.models import Connection, EditSession, RecentFolder

#: The field and the query parameter that name an account.
ACCOUNT = "account"


class AccountChoice:
    """The person's accounts, and the one that a page works with.

    Args:
        request: Its form or address may name one.
        remembered: Which of them was used for this before, if somebody knows.
    """

    def __init__(
        self,
        request: HttpRequest,
        remembered: Callable[[Sequence[Connection]], Connection | None] | None = None,
    ) -> None:
        self._request = request
        self._remembered = remembered

    @cached_property
    def accounts(self) -> list[Connection]:
        """The default one first."""
        return list(Connection.objects.of_user(self._request.user))

    @property
    def offered(self) -> list[Connection]:
        """What there is to choose; nothing where there is no choice."""
        return self.accounts if len(self.accounts) > 1 else []

    @cached_property
    def remembered(self) -> Connection | None:
        """The one that was used for this before."""
        known = self.offered and self._remembered
        return known(self.accounts) if known else None

    @cached_property
    def chosen(self) -> Connection | None:
        """The one that was chosen, is remembered, or is the default one."""
        if not self.offered:
            return next(iter(self.accounts), None)
        asked = account_asked_for(self._request, self.accounts)
        return asked or self.remembered or self.accounts[0]

    @property
    def kept_query(self) -> list[tuple[str, str]]:
        """What the address says besides: choosing another account keeps it."""
        query = self._request.GET
        names = (name for name in query if name != ACCOUNT)
        return [(name, each) for name in names for each in query.getlist(name)]

    def context(self) -> dict[str, Any]:
        """For the templates ``account.html`` and ``switch_account.html``."""
        return {
            "connection": self.chosen,
            "accounts": self.offered,
            "kept_query": self.kept_query,
        }


def account_asked_for(
    request: HttpRequest, accounts: Sequence[Connection]
) -> Connection | None:
    """The one that the form or the address names; ``None``: none of these."""
    named = request.POST.get(ACCOUNT) or request.GET.get(ACCOUNT, "")
    return next((each for each in accounts if str(each.pk) == named), None)


def account_to_browse_with(request: HttpRequest) -> Connection | None:
    """The person's own account that the address names; else the default one."""
    try:
        named = uuid.UUID(request.GET.get(ACCOUNT, ""))
    except ValueError:
        return None
    return Connection.objects.of_user(request.user).filter(pk=named).first()


def account_of_document(
    document: Any, user: Any, accounts: Sequence[Connection]
) -> Connection | None:
    """The one with which this person opened the document last, if it is still there."""
    sessions = EditSession.objects.filter(
        document=document, owner_id=user.pk, connection__in=accounts
    )
    last = sessions.order_by("-opened_at", "-pk").values_list(
        "connection_id", flat=True
    )
    return _of(accounts, last)


def account_of_collection(
    collection_id: Any, accounts: Sequence[Connection]
) -> Connection | None:
    """The one with which copies from this collection were saved last."""
    rows = RecentFolder.objects.filter(
        collection_id=collection_id, connection__in=accounts
    )
    last = rows.order_by("-used_at", "-pk").values_list("connection_id", flat=True)
    return _of(accounts, last)


def _of(accounts: Sequence[Connection], keys: QuerySet[Any, Any]) -> Connection | None:
    key = keys.first()
    return next((each for each in accounts if each.pk == key), None)
