"""Is somebody running the tasks? A tiny task tells."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks import task

from wagtail_m365.errors import Misconfigured
from wagtail_m365.models import Heartbeat, moments

from .findings import Failing, Skip

#: Seconds in which a worker that runs at all has taken a task.
_PATIENCE = timedelta(seconds=60)
#: A task that was lost must not be waited for for ever.
_FORGET = timedelta(minutes=30)


@task()
def beat(heartbeat_id: str) -> None:
    """Note that a task has run."""
    Heartbeat.objects.filter(pk=heartbeat_id).update(ran_at=timezone.now())


def ask_worker(now: datetime | None = None) -> str:
    """Hand over a task where none is under way, and see what became of the last one.

    Args:
        now: For tests.

    Raises:
        Failing: No worker has taken it in a minute, or tasks are thrown away.
        Skip: It was handed over just now.
    """
    now = now or timezone.now()
    kind = type(beat.get_backend())
    backend, path = kind.__name__, f"{kind.__module__}.{kind.__qualname__}"
    if backend == "DummyBackend":
        told = _("The task backend is “%(name)s”.") % {"name": backend}
        raise Failing(Misconfigured(code="tasks_thrown_away"), told)
    last = Heartbeat.objects.filter(backend=path).order_by("-asked_at").first()
    if last is None or _is_over(last, now):
        last = _hand_over(now, path)
    if backend == "ImmediateBackend":
        return _immediate(last)
    if last.ran_at is not None:
        return _ran(last)
    if now - last.asked_at < _PATIENCE:
        raise Skip(
            _(
                "A tiny task was handed to the worker. Test again in a minute, to see "
                "whether it was run."
            )
        )
    told = _("A task that was handed over at %(time)s was not run until now.") % {
        "time": moments.here(last.asked_at).strftime("%Y-%m-%d %H:%M:%S")
    }
    raise Failing(Misconfigured(code="no_worker"), told)


def _is_over(last: Heartbeat, now: datetime) -> bool:
    age = now - last.asked_at
    return age > (_PATIENCE if last.ran_at else _FORGET)


def _hand_over(now: datetime, backend: str) -> Heartbeat:
    Heartbeat.objects.all().delete()
    row = Heartbeat.objects.create(asked_at=now, backend=backend)
    beat.enqueue(str(row.pk))
    row.refresh_from_db()
    return row


def _immediate(last: Heartbeat) -> str:
    if last.ran_at is None:
        told = _("A task that should have run at once was not run.")
        raise Failing(Misconfigured(code="no_worker"), told)
    return _(
        "There is no worker: tasks run at once, while the person waits. That works; for "
        "large files, choose a task backend with a worker (TASKS)."
    )


def _ran(last: Heartbeat) -> str:
    seconds = max(0, round((last.ran_at - last.asked_at).total_seconds()))  # type: ignore[operator]  # it has run
    return ngettext(
        "A worker ran a task after %(seconds)s second.",
        "A worker ran a task after %(seconds)s seconds.",
        seconds,
    ) % {"seconds": seconds}
