"""A task queue that no worker looks at."""

from __future__ import annotations

from django_tasks.backends.dummy import DummyBackend


class UnattendedQueue(DummyBackend):
    """Takes every task and never runs one."""
