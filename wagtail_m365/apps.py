"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WagtailM365Config(AppConfig):
    """Microsoft 365 in the Wagtail admin."""

    name = "wagtail_m365"
    label = "wagtail_m365"
    verbose_name = _("Microsoft 365")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install what works by being known: explanations, checks, signals."""
        # One line per room that has something to install, in the order of floors.
        from .errors import explain_with
        from .explanations import explain

        explain_with(explain)
        from .tokens.leaving import watch_leavers

        watch_leavers()
        from .checks import register_checks

        register_checks()
