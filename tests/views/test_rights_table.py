"""The table of rights in the docs says what the permission matrix has seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_matrix import ROLES, rows

PAGE = Path(__file__).parents[2] / "docs/reference/permissions.md"
#: Columns of the table, but for the Entra administrator, who has no account here.
COLUMNS = (
    *("editor", "collection_editor", "moderator"),
    *("session_manager", "connection_manager", "site_admin"),
)
#: Row of the table → pages that stand for it, and which method counts.
STANDS_FOR = {
    "connect an account of one's own": ("get", "connect"),
    "open, bring back, discard, save a document": (
        *("post", "open", "bring_back", "discard", "save"),
    ),
    "versions: see, compare, download, restore": (
        *("get", "versions", "version_difference", "version_download"),
        "version_restore",
    ),
    "history of a document": ("get", "document_history"),
    "*Reports → Edit sessions*": ("get", "edit_sessions"),
    "end somebody's session": ("post", "end_session"),
    "hand a session over": ("post", "hand_over"),
    "transfers: see, cancel, try again": ("get", "transfers"),
    "folder browser": ("get", "m365_folders:choose"),
    "connections, purposes, use log; revoke": (
        *("get", "connection_report", "purposes", "use_log", "revoke"),
    ),
    "service connections": ("get", "service_connections", "service_add"),
    "settings, guided set-up, health, support bundle": (
        *("post", "set_up_step", "health", "support_bundle"),
    ),
    "app registrations": ("get", "m365_registrations:index"),
}


def told():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in lines
        if line.startswith("|")
    ]
    return {row[0]: row[1 : 1 + len(COLUMNS)] for row in cells}


def seen(method, page):
    name = page if ":" in page else f"wagtail_m365:{page}"
    row = next(row for row in rows() if row["name"] == name)
    return [row[method][ROLES.index(role)] == "+" for role in COLUMNS]


@pytest.mark.parametrize("right", STANDS_FOR)
def test_a_row_of_the_docs_is_what_the_matrix_has_seen(right):
    promised = [cell != "no" for cell in told()[right]]

    method, *pages = STANDS_FOR[right]

    assert {page: seen(method, page) for page in pages} == dict.fromkeys(
        pages, promised
    )


def test_no_row_is_left_out():
    at_microsoft = {row for row, cells in told().items() if set(cells) == {"no"}}

    assert told().keys() - at_microsoft - STANDS_FOR.keys() == {"", "has", "---"}
