"""A counter that ends tokens which this process keeps with its objects."""

from __future__ import annotations

_generation = 0


def current() -> int:
    """The generation in which tokens are kept now."""
    return _generation


def forget_kept_tokens() -> None:
    """After a disconnect or reconnect: what was kept before is not used any more."""
    global _generation  # noqa: PLW0603  # one counter per process is the point
    _generation += 1
