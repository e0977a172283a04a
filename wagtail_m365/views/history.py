"""What Wagtail's log knows of a connection or a decision, for our own pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry

#: Entries shown on a page; *Reports → Site history* has all.
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as a page shows it."""

    at: datetime
    what: str
    who: str
    #: Further facts that an administrator typed.
    detail: str


def entries_of(instance: Model) -> list[Entry]:
    """The latest entries about one row."""
    entries = _entries(type(instance)).filter(object_id=str(instance.pk))
    return [_entry(each) for each in entries[:_SHOWN]]


def entries_about(model: type[Model]) -> list[Entry]:
    """The latest entries about rows of one model, those that are gone as well."""
    return [_entry(each) for each in _entries(model)[:_SHOWN]]


def _entries(model: type[Model]) -> QuerySet[Any]:
    kind = ContentType.objects.get_for_model(model)
    entries: QuerySet[Any] = ModelLogEntry.objects.filter(content_type=kind)
    return entries.select_related("user").order_by("-timestamp", "-pk")


def _entry(entry: Any) -> Entry:
    data = entry.data or {}
    subject, reason = data.get("purpose", ""), data.get("reason", "")
    return Entry(
        at=entry.timestamp,
        what=str(entry.message),
        who=str(entry.user_display_name) if entry.user_id else _("The site"),
        detail=" – ".join(filter(None, (subject, reason))),
    )
