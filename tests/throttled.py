"""Time passes for those whom Microsoft told to wait: nobody sleeps in a test."""

from __future__ import annotations

from wagtail_m365.models import CachedAccessToken


def the_wait_is_over() -> None:
    """The time has come until which Microsoft wanted to be left alone."""
    CachedAccessToken.objects.update(not_before=0)
