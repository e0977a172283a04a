"""What seals the tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core import checks
from django.db import DatabaseError

from wagtail_m365 import conf
from wagtail_m365.conf import settings

from .messages import Messages, error


def check_keys(**kwargs: Any) -> Messages:
    """E004, W001: what seals the tokens."""
    if "ENCRYPTION_KEYS" in conf.wrong_types():
        return []
    keys = list(settings.ENCRYPTION_KEYS)
    if not keys:
        return [
            checks.Warning(
                "Tokens are sealed with a key made of SECRET_KEY: when that changes, "
                "every editor has to connect again.",
                hint=(
                    "Set WAGTAIL_M365['ENCRYPTION_KEYS'] to a list of long random "
                    'texts, such as python -c "import secrets; '
                    'print(secrets.token_urlsafe(32))" prints.'
                ),
                id="wagtail_m365.W001",
            )
        ]
    if any(not key.strip() for key in keys):
        return [error("E004", "An encryption key is empty.")]
    if any(count > 1 for count in Counter(keys).values()):
        return [error("E004", "The same encryption key is there twice.")]
    return []


def check_sealed_values(
    databases: Iterable[str] | None = None, **kwargs: Any
) -> Messages:
    """W007: a key may only go when nothing is sealed with it any more."""
    if not databases or conf.wrong_types() or check_keys_are_unusable():
        return []
    from wagtail_m365.tokens.key_rotation import count_stale

    try:
        stale = count_stale()
    except DatabaseError:
        # Not migrated yet.
        return []
    if not stale:
        return []
    return [
        checks.Warning(
            f"{stale} sealed values are not on the newest encryption key.",
            hint="Run: manage.py m365_rotate_keys",
            id="wagtail_m365.W007",
        )
    ]


def check_keys_are_unusable() -> bool:
    """Would making a vault fail?"""
    return any(message.id == "wagtail_m365.E004" for message in check_keys())
