"""Work for a worker: thin wrappers whose arguments are ids, never secrets.

Run by whatever task backend the site has chosen (``TASKS``); without one they run at
once. Call :data:`sweep` and :data:`refresh_open_sessions` from the site's own schedule.
"""

from __future__ import annotations

import logging

from django_tasks import task

logger = logging.getLogger(__name__)


@task()
def sweep() -> dict[str, int]:
    """Finish, free and report what was left open; see ``documents.sweeping``.

    Returns:
        How many of each kind, by the names of ``documents.sweeping.Swept``.
    """
    from .documents import sweeping

    swept = sweeping.sweep()
    counts = {name: len(getattr(swept, name)) for name in swept.__slots__}
    logger.info("Edit sessions were swept: %s", counts)
    return counts


@task()
def refresh_open_sessions() -> int:
    """Ask Microsoft how every open copy stands, so that listings know.

    Returns:
        How many could not be asked.
    """
    from .documents import sweeping

    failed = sweeping.refresh_open_sessions()
    for session_id, code in failed:
        logger.warning("Edit session %s could not be looked at: %s", session_id, code)
    return len(failed)


@task()
def keep_connections_alive(idle_days: int = 60) -> dict[str, int]:
    """Refresh idle connections before Microsoft ends them after 90 days; once a day.

    Args:
        idle_days: Days since the last refresh.

    Returns:
        How many were ``kept`` and how many are ``lost``.

    Raises:
        TemporarilyUnavailable: Microsoft does not answer; what is done stays done.
    """
    from .tokens.keep_alive import keep_alive

    counts = {"kept": 0, "lost": 0}
    for one in keep_alive(idle_days=idle_days):
        counts["lost" if one.error else "kept"] += 1
    logger.info("Idle connections were refreshed: %s", counts)
    return counts
