"""Many small requests in one (Microsoft: JSON batching)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from requests.structures import CaseInsensitiveDict

from wagtail_m365.errors import M365Error, TemporarilyUnavailable

from . import addresses, faults
from .rest import Rest
from .types import number

#: Requests that Graph takes in one batch.
LARGEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request of a batch."""

    method: str
    #: From the version on: ``/me/drive``.
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: JSON; ``None``: no body.
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one request of a batch came to."""

    status: int
    #: JSON object; empty where there is none.
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: What went wrong; ``None`` when nothing did.
    error: M365Error | None = None


def ask(rest: Rest, questions: Sequence[Question]) -> list[Answer]:
    """Ask any number of questions, twenty at a time; answers in the same order.

    Questions do not wait for each other. Those that are throttled are asked again
    within the transport's patience; what fails is told in :attr:`Answer.error`.

    Raises:
        M365Error: A whole batch failed.
    """
    answers: list[Answer] = []
    for start in range(0, len(questions), LARGEST):
        answers += _one_batch(rest, questions[start : start + LARGEST])
    return answers


def _one_batch(rest: Rest, questions: Sequence[Question]) -> list[Answer]:
    patience = rest.transport.patience()
    answers: dict[int, Answer] = {}
    pending = list(range(len(questions)))
    while True:
        answers |= _send(rest, {index: questions[index] for index in pending})
        pending = [i for i in pending if answers[i].status in faults.THROTTLED]
        now = rest.transport.clock()
        told = [faults.retry_after(answers[i].headers, now) for i in pending]
        rest.transport.told_to_wait(_longest(told))
        pause = patience.pause(_longest(told)) if pending else None
        if pause is None:
            return [answers[index] for index in range(len(questions))]
        rest.transport.wait(pause)


def _send(rest: Rest, questions: Mapping[int, Question]) -> dict[int, Answer]:
    reading = all(each.method == "GET" for each in questions.values())
    body = {"requests": [_written(index, each) for index, each in questions.items()]}
    json = rest.post("/$batch", body, repeatable=reading)
    now = rest.transport.clock()
    told = {str(each.get("id")): each for each in json.get("responses") or ()}
    return {
        index: _answer(told[str(index)], question, now)
        if str(index) in told
        else _unanswered()
        for index, question in questions.items()
    }


def _written(index: int, question: Question) -> dict[str, Any]:
    query = addresses.query(question.params)
    written: dict[str, Any] = {
        "id": str(index),
        "method": question.method,
        "url": f"{question.path}?{query}" if query else question.path,
    }
    headers = dict(question.headers)
    if question.body is not None:
        headers.setdefault("Content-Type", "application/json")
        written["body"] = question.body
    return written | ({"headers": headers} if headers else {})


def _answer(json: Mapping[str, Any], question: Question, now: float) -> Answer:
    body = json.get("body")
    headers = CaseInsensitiveDict[str](json.get("headers") or {})
    refusal = faults.Refusal.from_parts(
        number(json, "status") or 0, headers, body, now, storage=False
    ).about(question.path)
    return Answer(
        status=refusal.status,
        body=body if isinstance(body, dict) else {},
        headers=headers,
        error=refusal.as_error() if refusal.status >= HTTPStatus.BAD_REQUEST else None,
    )


def _unanswered() -> Answer:
    error = TemporarilyUnavailable("Microsoft left a request of a batch unanswered.")
    return Answer(status=0, error=error)


def _longest(told: Sequence[float | None]) -> float | None:
    return max((each for each in told if each is not None), default=None)
