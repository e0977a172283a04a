"""How our querysets become managers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import models


class BecomesManager:
    """Beside ``models.QuerySet``: an ``as_manager`` that looks at what is ours alone.

    Django's inspects all hundred members of ``QuerySet`` for each model, which is a tenth
    of what the start of every process pays for our models. A manager has those already:
    only what a queryset of ours adds is new to it.
    """

    if not TYPE_CHECKING:  # mypy knows Django's own, which it replaces

        @classmethod
        def as_manager(cls):
            """A manager with the methods of this queryset."""
            added = {
                name: _of_queryset(name)
                for name, member in vars(cls).items()
                if callable(member) and not name.startswith("_")
            }
            # Named and placed like Django's, by which mypy's plugin finds it.
            place = {"__module__": models.Manager.__module__}
            kind = type(
                f"ManagerFrom{cls.__name__}",
                (models.Manager,),
                {"_queryset_class": cls, **place, **added},
            )
            return kind()


def _of_queryset(name: str) -> Callable[..., Any]:
    def method(manager: models.Manager[Any], *args: Any, **kwargs: Any) -> Any:
        return getattr(manager.get_queryset(), name)(*args, **kwargs)

    method.__name__ = name
    return method
