"""Rows, and the questions asked of them."""

from __future__ import annotations

from .connections import CachedAccessToken, Connection
from .consent_requests import ConsentRequest
from .edit_sessions import EditSession
from .places import RecentFolder
from .registrations import AppRegistration, M365Settings
from .token_uses import RefusedPurpose, TokenUse
from .versions import DocumentVersion

__all__ = [
    "AppRegistration",
    "CachedAccessToken",
    "Connection",
    "ConsentRequest",
    "DocumentVersion",
    "EditSession",
    "M365Settings",
    "RecentFolder",
    "RefusedPurpose",
    "TokenUse",
]
