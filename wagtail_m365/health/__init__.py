"""The self-test: asks Microsoft and looks at this site, and says what it found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse

from wagtail_m365.conf import settings
from wagtail_m365.models import Connection

from . import accounts, configuration, identity, surroundings
from .findings import (
    Failing,
    Finding,
    Group,
    Outcome,
    Probe,
    Report,
    Section,
    Skip,
    answer,
)
from .heartbeat import ask_worker
from .subject import Subject, Visit

__all__ = [
    "GROUPS",
    "Finding",
    "Outcome",
    "Report",
    "Section",
    "Visit",
    "account_of",
    "assumed_visit",
    "examine",
    "look",
    "look_after_worker",
]

#: Everything there is to ask, in order: a probe stands after those that it needs.
GROUPS: tuple[Group, ...] = (
    configuration.GROUP,
    surroundings.GROUP,
    identity.GROUP,
    accounts.PERMISSIONS,
    accounts.DRIVES,
)


def examine(visit: Visit, account: Connection | None = None) -> Report:
    """Ask everything there is to ask; what stands on something broken is not tried.

    Uses what is saved, switched on or not. Sends a handful of requests to Microsoft,
    each of which answers several questions.

    Args:
        visit: How this site was reached; see :func:`assumed_visit`.
        account: A connection with which permissions and drives are tried.
    """
    return _report(Subject(visit, account), GROUPS)


def look(visit: Visit) -> Report:
    """What can be told at once: no request is sent, and nothing is written."""
    groups = [
        Group(
            code=group.code,
            title=group.title,
            probes=tuple(probe for probe in group.probes if probe.at_once),
        )
        for group in GROUPS
    ]
    return _report(Subject(visit), [group for group in groups if group.probes])


def assumed_visit() -> Visit:
    """How this site is reached as far as its settings tell; for commands.

    ``REDIRECT_URI``, else Wagtail's ``WAGTAILADMIN_BASE_URL``.
    """
    from django.conf import settings as django_settings  # noqa: TID251  # Wagtail's own

    base = str(getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or "")
    computed = base.rstrip("/") + reverse("wagtail_m365:callback")
    return Visit(redirect_uri=settings.REDIRECT_URI or computed, assumed=True)


def look_after_worker() -> None:
    """Hand a tiny task over now, so that a later test can tell what became of it."""
    try:
        ask_worker()
    except (Skip, Failing):
        # The test tells it.
        return


def account_of(user: Any) -> Connection | None:
    """The account with which this person's rights and drive are tried."""
    return Connection.objects.of_user(user).first()


def _report(subject: Subject, groups: Iterable[Group]) -> Report:
    known: dict[str, Finding] = {}
    return Report(
        sections=[
            Section(
                code=group.code,
                title=str(group.title),
                findings=list(_asked(group, subject, known)),
            )
            for group in groups
        ]
    )


def _asked(
    group: Group, subject: Subject, known: dict[str, Finding]
) -> Iterator[Finding]:
    for probe in group.probes:
        finding = answer(probe, subject, _unmet(probe, known))
        known[probe.code] = finding
        yield finding


def _unmet(probe: Probe, known: dict[str, Finding]) -> Iterator[str]:
    for code in probe.needs:
        if code in known and known[code].stops:
            yield known[code].name
