"""The Graph client: everything this package asks of Microsoft Graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from wagtail_m365.http import HttpOptions, new_session

from .batch import Answer, Question, ask
from .delta import DeltaPage, changes
from .drives import Drives
from .pacing import Throttle
from .profile import Profile, me
from .rest import Rest
from .sites import Sites
from .subscriptions import Subscriptions
from .transport import GraphTransport, TokenSource


class GraphClient(Rest):
    """Asks Graph in JSON (:class:`Rest`), and in words about drives and sites."""

    @cached_property
    def drives(self) -> Drives:
        """Drives and what is on them."""
        return Drives(self)

    @cached_property
    def sites(self) -> Sites:
        """SharePoint sites and their libraries."""
        return Sites(self)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Microsoft's calls when a drive changes."""
        return Subscriptions(self)

    def changes(
        self, drive_id: str, *, item_id: str = "", link: str = ""
    ) -> Iterator[DeltaPage]:
        """Pages of changes; see :func:`delta.changes`."""
        return changes(self, drive_id, item_id=item_id, link=link)

    def batch(self, questions: Sequence[Question]) -> list[Answer]:
        """Many small requests in few; see :func:`batch.ask`."""
        return ask(self, questions)

    def me(self) -> Profile:
        """The person whose token is used."""
        return me(self)


def connect(
    base_url: str,
    token: TokenSource,
    options: HttpOptions | None = None,
    *,
    allow_insecure_loopback: bool = False,
    patience: float = 20,
    throttle: Throttle | None = None,
) -> GraphClient:
    """A client for Graph at ``base_url``, over a session of its own.

    Args:
        base_url: Address with version: ``https://graph.microsoft.com/v1.0``.
        token: Gives access tokens.
        options: How this site reaches the outside.
        allow_insecure_loopback: Storage may be plain http on this machine.
        patience: Seconds that the pauses of one request may take in all.
        throttle: Who else must wait when Microsoft says so; ``None``: nobody.
    """
    transport = GraphTransport(
        new_session(options),
        base_url,
        token,
        allow_insecure_loopback=allow_insecure_loopback,
        budget=patience,
        throttle=throttle,
    )
    return GraphClient(transport)
