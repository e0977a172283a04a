"""Rows, and the questions asked of them."""

from __future__ import annotations

from .connections import CachedAccessToken, Connection
from .edit_sessions import EditSession
from .registrations import AppRegistration, M365Settings
from .versions import DocumentVersion

__all__ = [
    "AppRegistration",
    "CachedAccessToken",
    "Connection",
    "DocumentVersion",
    "EditSession",
    "M365Settings",
]
