"""What is asked, and what was found: the values of the self-test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from wagtail_m365.errors import Explanation, M365Error

from .links import link_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from .subject import Subject


class Outcome(StrEnum):
    """How one probe went."""

    PASSED = "passed"
    #: It works, and somebody should look at it all the same.
    WARNED = "warned"
    FAILED = "failed"
    #: It could not be tried; the detail says why.
    SKIPPED = "skipped"


class Skip(Exception):
    """A probe cannot be tried; its text says why.

    Args:
        reason: The text.
        stops: Nothing that needs this probe can be tried either.
    """

    def __init__(self, reason: str, *, stops: bool = False) -> None:
        super().__init__(reason)
        self.stops = stops


class Attention(Exception):
    """A probe found something that works today, and that somebody must see to.

    Args:
        error: What it is; its code leads to the words.
        detail: What was seen.
    """

    def __init__(self, error: M365Error, detail: str = "") -> None:
        super().__init__(str(error))
        self.error = error
        self.detail = detail


class Failing(Exception):
    """A probe failed, and has seen something that helps.

    Args:
        error: What is wrong.
        detail: What was seen.
    """

    def __init__(self, error: M365Error, detail: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question. It answers with a sentence, or raises."""

    #: Stable, for monitoring.
    code: str
    title: str | _StrPromise
    ask: Callable[[Subject], str]
    #: Codes of probes that must have found nothing wrong; else it is not tried.
    needs: tuple[str, ...] = ()
    #: Answered by the request and the settings alone: nothing is sent or written.
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Probes that belong together for whoever reads the report."""

    code: str
    title: str | _StrPromise
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one probe found."""

    #: The probe's.
    probe: str
    name: str
    outcome: Outcome
    #: One sentence: what was seen, or why it was not tried.
    detail: str = ""
    #: What is wrong, who must act and the next step; unless it passed.
    explanation: Explanation | None = None
    #: What needs this probe has nothing to stand on.
    stops: bool = False

    @property
    def code(self) -> str:
        """The code of what is wrong, or of the probe."""
        return self.explanation.code if self.explanation else self.probe

    @property
    def link(self) -> str:
        """Where more is written about it; empty for nowhere."""
        return link_of(self.explanation.code) if self.explanation else ""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        found: dict[str, Any] = {
            "probe": self.probe,
            "outcome": str(self.outcome),
            "code": self.code,
            "name": self.name,
            "detail": self.detail,
        }
        if self.explanation:
            found |= {
                "what": self.explanation.what,
                "who": str(self.explanation.actor),
                "next_step": self.explanation.next_step,
                "reference": self.explanation.reference,
                "link": self.link,
            }
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One group with its findings."""

    code: str
    title: str
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that was found."""

    sections: list[Section]

    @property
    def findings(self) -> list[Finding]:
        """Those of all sections, in order."""
        return [finding for section in self.sections for finding in section.findings]

    def count(self, outcome: Outcome) -> int:
        """How many findings have this outcome."""
        return sum(finding.outcome is outcome for finding in self.findings)

    @property
    def status(self) -> int:
        """Exit status for monitoring: 0 good, 1 somebody should look, 2 broken."""
        if self.count(Outcome.FAILED):
            return 2
        return 1 if self.count(Outcome.WARNED) else 0


def answer(probe: Probe, subject: Subject, unmet: Iterable[str]) -> Finding:
    """Ask one probe, unless what it stands on is not there.

    Args:
        probe: The question.
        subject: What is tested.
        unmet: Titles of probes that it needs and that did not pass.
    """
    missing = ", ".join(f"“{title}”" for title in unmet)
    if missing:
        reason = _("Not tried: it needs %(names)s.") % {"names": missing}
        return _skipped(probe, reason, stops=True)
    try:
        outcome, detail, error = Outcome.PASSED, probe.ask(subject), None
    except Skip as skip:
        return _skipped(probe, str(skip), stops=skip.stops)
    except Attention as found:
        outcome, detail, error = Outcome.WARNED, found.detail, found.error
    except Failing as found:
        outcome, detail, error = Outcome.FAILED, found.detail, found.error
    except M365Error as problem:
        outcome, detail, error = Outcome.FAILED, "", problem
    return Finding(
        probe=probe.code,
        name=str(probe.title),
        outcome=outcome,
        detail=detail,
        explanation=error.explanation if error else None,
        stops=outcome is Outcome.FAILED,
    )


def _skipped(probe: Probe, reason: str, *, stops: bool) -> Finding:
    return Finding(
        probe=probe.code,
        name=str(probe.title),
        outcome=Outcome.SKIPPED,
        detail=reason,
        stops=stops,
    )
