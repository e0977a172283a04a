"""A document is open when the site changes to another app registration.

Microsoft gives each application a folder of its own, which no other one may enter with
``Files.ReadWrite.AppFolder`` ("Using an App Folder to store user content without access
to all files").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.noticed_sessions import look
from wagtail_m365.documents.opening import open_document
from wagtail_m365.errors import ConsentRequired
from wagtail_m365.models import EditSession
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.bundles import EDIT, SAVE

pytestmark = pytest.mark.django_db(transaction=True)

NEW_ID = "99999999-2222-3333-4444-555555555555"


@pytest.fixture
def connection(ada, connect):
    return connect(ada)


@pytest.fixture
def drive(document, ada, connection, onedrive):
    """The document is open in ada's OneDrive, and somebody has edited it."""
    drive = onedrive(connection)
    open_document(document, ada)
    drive.edit(b"second, from Word")
    return drive


@pytest.fixture
def change(microsoft, settings, connection) -> Callable[..., None]:
    """The site gets another application, and ada grants it these rights."""

    def change(*scopes: str) -> None:
        world, account = microsoft.world, connection.account
        app = replace(microsoft.app, name="Website 2", client_id=NEW_ID)
        world.apps[app.client_id] = app
        settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "CLIENT_ID": NEW_ID}
        world.consent(account, app, scopes)
        token = world.issue_refresh_token(account, app)
        connection.set_refresh_token(Secret(token.text))
        connection.client_id, connection.granted_scopes = NEW_ID, " ".join(scopes)
        connection.access_tokens.all().delete()
        connection.save()

    return change


def test_more_rights_are_asked_for_to_reach_the_copy(document, ada, drive, change):
    change(*EDIT)
    with pytest.raises(ConsentRequired) as refused:
        bring_back(document, ada)
    assert refused.value.scopes == SAVE
    assert EditSession.objects.get().state == EditSession.State.OPEN
    assert drive.content == b"second, from Word"


def test_the_edit_is_brought_back_with_them(document, ada, drive, change, read):
    change(*SAVE)
    assert bring_back(document, ada, close=True).outcome == "taken"
    assert read(document) == b"second, from Word"
    assert drive.paths == []


def test_somebody_who_looks_learns_of_the_change(document, ada, drive, change):
    change(*SAVE)
    known = EditSession.objects.get().remote_ctag
    assert look(EditSession.objects.get())
    assert EditSession.objects.get().remote_ctag != known


def test_the_next_document_lies_in_the_new_applications_folder(
    document, make_document, ada, drive, change
):
    change(*EDIT)
    open_document(make_document(b"other", name="other.docx"), ada)
    folders = {path.split("/")[1] for path in drive.paths}
    assert folders == {"Wagtail", "Website 2"}
