"""Microsoft as a server; imports nothing of this package and no Django."""

from __future__ import annotations
