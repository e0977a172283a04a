"""A valid token for an owner, one refresh at a time."""

from __future__ import annotations
