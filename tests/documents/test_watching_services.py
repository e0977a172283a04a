from __future__ import annotations

import pytest

from wagtail_m365.models import Connection
from wagtail_m365.tokens.service_connections import app_only, from_refresh_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_the_application(watch, ada, microsoft):
    microsoft.app.app_permissions = {"Files.Read.All"}
    watch.set(connection=app_only("sync", ada))
    return watch


@pytest.fixture
def by_a_service_account(watch, ada):
    pasted = watch.folder.connection.open_refresh_token()
    made = from_refresh_token("newsletter", pasted, ada)
    granted = watch.folder.connection.granted_scopes
    Connection.objects.filter(pk=made.pk).update(granted_scopes=granted)
    watch.set(connection=made)
    return watch


@pytest.mark.parametrize("account", ["by_the_application", "by_a_service_account"])
def test_an_account_of_the_site_reads_the_folder(account, request):
    watch = request.getfixturevalue(account)
    watch.put("plan.pdf", b"plan")
    watch.put("2026/deep.pdf", b"deep")
    assert watch.run().counts == {"imported": 2}
    watch.edit("plan.pdf", b"newer")
    watch.drive.delete("Press/2026/deep.pdf")
    assert watch.run().counts == {"updated": 1, "left": 1}


def test_documents_are_made_in_the_owners_name_all_the_same(by_the_application, ada):
    by_the_application.put("plan.pdf", b"plan")
    assert by_the_application.run().error is None
    assert by_the_application.document("plan").uploaded_by_user == ada
