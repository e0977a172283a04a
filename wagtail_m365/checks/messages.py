"""What a check gives, and the short ways to say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core import checks

from wagtail_m365.errors import Misconfigured

Messages = list[checks.CheckMessage]


def error(number: str, message: str) -> checks.Error:
    """An error of this number, such as ``E002``."""
    return checks.Error(message, id=f"wagtail_m365.{number}")


def complaints(number: str, attempt: Callable[[], Any]) -> Messages:
    """What is wrong with the set-up, as the attempt to use it tells."""
    try:
        attempt()
    except Misconfigured as refusal:
        return [error(number, str(refusal))]
    return []
