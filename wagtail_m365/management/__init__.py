"""What an operator calls."""

from __future__ import annotations
