from __future__ import annotations

from django.apps import AppConfig


class PressKitConfig(AppConfig):
    """A third-party plugin, as anybody could write it: public API and hooks only."""

    name = "example_site.press_kit"
    label = "press_kit"
