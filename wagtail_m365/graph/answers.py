"""What an answer must hold to be believed: one that tells nothing does not say “none”.

Something between this site and Microsoft may answer in its place, and with success: an
empty body taken for an empty folder would let files go that are still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wagtail_m365.errors import GraphError

Json = Mapping[str, Any]
#: Code of the errors for answers that are not Graph's, or not whole.
UNREADABLE = "unreadable_answer"


def listed(page: Json) -> list[dict[str, Any]]:
    """What a page of a listing holds, without members that are null.

    Raises:
        GraphError: It is no page of a listing (code ``unreadable_answer``).
    """
    value = page.get("value")
    if not isinstance(value, list):
        raise incomplete("value")
    return [each for each in value if isinstance(each, dict) and each]


def identified(page: Json) -> list[dict[str, Any]]:
    """The same, without what has no id: nothing could be done with it.

    Raises:
        GraphError: As :func:`listed`.
    """
    return [each for each in listed(page) if each.get("id")]


def required(json: Json, name: str) -> str:
    """A text that cannot be missing from an honest answer.

    Raises:
        GraphError: It is missing (code ``unreadable_answer``).
    """
    value = json.get(name)
    if not isinstance(value, str) or not value:
        raise incomplete(name)
    return value


def incomplete(name: str) -> GraphError:
    """The error for an answer that lacks what it must hold."""
    return GraphError(
        f"The answer has no {name}; something between this site and Microsoft may "
        "have answered.",
        code=UNREADABLE,
    )
