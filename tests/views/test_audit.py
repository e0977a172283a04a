"""Whatever changes something leaves an entry in Wagtail's log, for those who may see it."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test import Client
from wagtail.models import ModelLogEntry

from .test_account import save
from .test_audit_journeys import PLAYED, of

# The fixtures of the permission matrix: one of everything, and somebody of every role.
from .test_matrix import (  # noqa: F401
    ROLES,
    about_documents,
    about_places,
    accounts,
    address,
    bodies,
    knock,
    ours,
    people,
    press,
    rows,
    site,
)

pytestmark = pytest.mark.django_db

#: Page → what its POST leaves in the log.
LOGGED = {
    "m365_registrations:add": "wagtail.create",
    "m365_registrations:delete": "wagtail.delete",
    "m365_registrations:edit": "wagtail.edit",
    "wagtail_m365:allow_purpose": "wagtail_m365.allow_purpose",
    "wagtail_m365:cancel_transfers": "wagtail_m365.cancel_transfer",
    "wagtail_m365:discard": "wagtail_m365.discard",
    "wagtail_m365:disconnect": "wagtail_m365.disconnect",
    "wagtail_m365:end_session": "wagtail_m365.discard",
    "wagtail_m365:proposal": "wagtail_m365.approve",
    "wagtail_m365:refuse_purpose": "wagtail_m365.refuse_purpose",
    "wagtail_m365:revoke": "wagtail_m365.revoke",
    "wagtail_m365:service_connection": "wagtail_m365.rename_connection",
    "wagtail_m365:service_delete": "wagtail_m365.disconnect",
    "wagtail_m365:version_restore": "wagtail_m365.restore",
    "wagtail_m365:watched_folder_add": "wagtail.create",
    "wagtail_m365:watched_folder_delete": "wagtail.delete",
    "wagtail_m365:watched_folder_edit": "wagtail.edit",
    "wagtail_m365:watched_folder_go_on": "wagtail.edit",
    "wagtail_m365:watched_folder_pause": "wagtail.edit",
    "wagtail_m365:watched_folder_run": "wagtail_m365.import",
}
#: Pages whose POST only asks, or changes nothing that is this site's.
NOTHING_TO_TELL = {
    "m365_folders:create",  # an empty folder in the person's own drive
    "m365_folders:open_link",  # looks at what others share
    "wagtail_m365:check",
    "wagtail_m365:go_on_with_transfers",  # goes on with what was logged
    "wagtail_m365:health",
    "wagtail_m365:import",  # chooses; the files come with the next page
    "wagtail_m365:import_link",  # the same, behind a link
    "wagtail_m365:preview",
    "wagtail_m365:read_changes",
    "wagtail_m365:support_bundle",
}


def posted(row):
    return [role for role, seen in zip(ROLES, row["post"], strict=True) if seen == "+"]


def test_every_page_that_takes_something_is_known_here():
    changing = {row["name"] for row in rows() if posted(row)}

    assert changing == {*LOGGED, *PLAYED, *NOTHING_TO_TELL}


def test_a_change_leaves_its_entry(people, site, bodies, knock):  # noqa: F811
    missing = []
    for row in rows():
        name = row["name"]
        if name not in LOGGED:
            continue
        url = address(name, ours()[name], site)
        left = [
            action
            for role in posted(row)
            for action in entries_of(people[role], url, bodies.get(name), knock)
        ]
        if LOGGED[name] not in left:
            missing.append(name)

    assert missing == []


def entries_of(person, url, body, knock):  # noqa: F811
    client = Client()
    client.force_login(person)
    before = set(ModelLogEntry.objects.values_list("pk", flat=True))
    point = database.savepoint()
    client.post(url, body)
    left = list(ModelLogEntry.objects.exclude(pk__in=before))
    database.savepoint_rollback(point)
    knock.undo()
    # A person did it, and the log says who.
    return [entry.action for entry in left if entry.user_id == person.pk]


def test_labels_and_the_default_account_are_told(
    browser, microsoft, connect_account, writer
):
    _first, second = (
        connect_account(
            writer, microsoft.add_account(f"{name}@{microsoft.tenant.domain}")
        )
        for name in ("one", "two")
    )
    save(
        browser.client,
        **{
            f"m365-label_{second.pk.hex}": "Newsroom",
            "m365-default": str(second.pk),
        },
    )

    assert of(second)[-2:] == [
        "wagtail_m365.rename_connection",
        "wagtail_m365.default_connection",
    ]
