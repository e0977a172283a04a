"""The vault of this site: which keys seal its tokens and secrets."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings as django_settings

from wagtail_m365.conf import settings

if TYPE_CHECKING:
    from wagtail_m365.crypto import Vault


def vault() -> Vault:
    """The vault with the keys that hold now; cheap, one vault is kept per key ring."""
    return _vault_of(encryption_keys())


def encryption_keys() -> tuple[str, ...]:
    """The keys of this site, newest first.

    Django's own come last: they seal where no others are set, and open what was sealed
    before there were others.
    """
    return (
        *settings.ENCRYPTION_KEYS,
        str(django_settings.SECRET_KEY),
        *map(str, django_settings.SECRET_KEY_FALLBACKS),
    )


def has_dedicated_keys() -> bool:
    """Are there keys that survive a change of ``SECRET_KEY``?"""
    return bool(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=8)
def _vault_of(keys: tuple[str, ...]) -> Vault:
    # Loaded with the first value that is opened, not with every process.
    from wagtail_m365.crypto import Vault

    return Vault(keys)
