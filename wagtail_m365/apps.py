"""The Django application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.core.checks import CheckMessage

    from .errors import Explanation, M365Error
    from .models import Connection


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

        explain_with(_explain)
        from .tokens.leaving import watch_leavers

        watch_leavers()
        from django.db.models.signals import post_migrate

        post_migrate.connect(_remember_servers, self, dispatch_uid="m365_servers")
        from .signals import connection_lost

        connection_lost.connect(_tell_of_trouble, dispatch_uid="m365_tell_of_trouble")
        from django.core import checks

        checks.register(_check_always, "wagtail_m365")
        checks.register(_check_deployment, "wagtail_m365", deploy=True)
        checks.register(_check_database, checks.Tags.database)


def _tell_of_trouble(connection: Connection, **kwargs: Any) -> None:
    """A receiver of ``connection_lost``, which is sent after the commit."""
    from .conf import settings

    if settings.NOTIFY_BY_EMAIL:
        from .tasks import tell_of_trouble

        tell_of_trouble.enqueue(str(connection.pk))


def _explain(error: M365Error) -> Explanation:
    # Hundreds of sentences, which a process without an error never needs.
    from .explanations import explain

    return explain(error)


def _remember_servers(**kwargs: Any) -> None:
    from .tokens.servers import remember_servers_of_older_connections

    remember_servers_of_older_connections(**kwargs)


# Django asks for checks when it is told to check; a worker of the site never does.
def _check_always(**kwargs: Any) -> list[CheckMessage]:
    from .checks import ALWAYS

    return _messages(ALWAYS, **kwargs)


def _check_deployment(**kwargs: Any) -> list[CheckMessage]:
    from .checks import DEPLOYMENT

    return _messages(DEPLOYMENT, **kwargs)


def _check_database(**kwargs: Any) -> list[CheckMessage]:
    from .checks import DATABASE

    return _messages(DATABASE, **kwargs)


def _messages(
    checks: Iterable[Callable[..., list[CheckMessage]]], **kwargs: Any
) -> list[CheckMessage]:
    return [message for check in checks for message in check(**kwargs)]
