"""Rows, and the questions asked of them."""

from __future__ import annotations

from .connections import CachedAccessToken, Connection
from .consent_requests import ConsentRequest
from .edit_sessions import EditSession
from .joined_editors import JoinedEditor
from .observations import ExpiryWarning, Failure, Heartbeat
from .places import RecentFolder
from .proposals import Proposal
from .registrations import AppRegistration, M365Settings
from .remote_sources import RemoteSource
from .subscriptions import FollowedDrive, Subscription
from .token_uses import RefusedPurpose, TokenUse
from .transfers import Transfer
from .versions import DocumentVersion
from .watched_folders import WatchedFolder
from .watched_items import WatchedItem

__all__ = [
    "AppRegistration",
    "CachedAccessToken",
    "Connection",
    "ConsentRequest",
    "DocumentVersion",
    "EditSession",
    "ExpiryWarning",
    "Failure",
    "FollowedDrive",
    "Heartbeat",
    "JoinedEditor",
    "M365Settings",
    "Proposal",
    "RecentFolder",
    "RefusedPurpose",
    "RemoteSource",
    "Subscription",
    "TokenUse",
    "Transfer",
    "WatchedFolder",
    "WatchedItem",
]
