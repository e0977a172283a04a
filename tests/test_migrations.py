"""One migration fits every site: any document model, any supported Wagtail."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, migrations
from wagtail.documents import get_document_model

from wagtail_m365.models import Connection, DocumentVersion, EditSession
from wagtail_m365.models.edit_locations import EditPlace
from wagtail_m365.models.versions import Stage

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = sorted((ROOT / "wagtail_m365" / "migrations").glob("0*.py"))
#: The newest migration of each app that the oldest supported Wagtail (7.4) has.
NEWEST_IN_OLDEST_WAGTAIL = {"wagtailcore": 97}


def module_of(path: Path):
    return import_module(f"wagtail_m365.migrations.{path.stem}")


@pytest.mark.parametrize(
    "settings",
    ["tests.settings", "tests.settings_custom_document", "example_site.settings"],
)
def test_no_migration_is_missing(settings, tmp_path):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": "sqlite://",
        "EXAMPLE_SITE_VAR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_names_no_document_model_of_its_own(path):
    texts = {
        node.value.lower()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = {text for text in texts if text.startswith(("wagtaildocs", "customdocs"))}
    assert named == set()


def test_the_document_model_is_the_one_of_the_setting():
    source = inspect.getsource(module_of(MIGRATIONS[0]))
    assert "swappable_dependency(get_document_model_string())" in source


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_asks_for_nothing_that_an_older_wagtail_lacks(path):
    for dependency in module_of(path).Migration.dependencies:
        app, name = dependency[0], dependency[1]
        if app in NEWEST_IN_OLDEST_WAGTAIL:
            assert int(name.partition("_")[0]) <= NEWEST_IN_OLDEST_WAGTAIL[app]


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_can_be_taken_back(path):
    operations = module_of(path).Migration.operations
    assert all(operation.reversible for operation in operations)
    assert not any(isinstance(one, migrations.RunSQL) for one in operations)


@pytest.fixture
def document(db):
    file = ContentFile(b"Hello", "hello.txt")
    return get_document_model().objects.create(title="Rules", file=file)


def go_back() -> None:
    """What is asked of the rows before the first table changes."""
    migration = module_of(MIGRATIONS[1]).Migration
    # In order of events on the way back, this is the first operation.
    migration.operations[-1].reverse_code(apps, SimpleNamespace(connection=connection))


def test_a_file_that_waits_for_approval_is_a_version_after_going_back(document):
    version = DocumentVersion.objects.create(
        document=document, file=ContentFile(b"New", "new.txt"), stage=Stage.PENDING
    )
    go_back()
    assert list(DocumentVersion.objects.kept()) == [version]


def test_who_has_a_document_open_alone_has_it_open_after_going_back(document):
    session = EditSession.objects.create(
        document=document, open_for=document, state=EditSession.State.OPEN
    )
    go_back()
    assert list(EditSession.objects.unfinished()) == [session]


@pytest.mark.parametrize("place", [EditPlace.ONEDRIVE, EditPlace.LIBRARY])
def test_nobody_goes_back_while_a_copy_lies_where_older_tables_cannot_tell(
    document, place
):
    EditSession.objects.create(
        document_title="Rules", state=EditSession.State.OPEN, place=place
    )
    with pytest.raises(Exception, match=r"Bring back or discard first.*: Rules"):
        go_back()


def test_nobody_goes_back_while_others_have_joined(document, admin_user):
    session = EditSession.objects.create(
        document_title="Rules", state=EditSession.State.CONFLICT
    )
    session.joined.create(user=admin_user)
    with pytest.raises(Exception, match=r"Bring back or discard first.*: Rules"):
        go_back()
    session.advance(EditSession.State.DISCARDED)
    go_back()


def test_a_session_of_before_lies_in_the_account_of_its_connection(admin_user):
    account = Connection.objects.create(
        user=admin_user, tenant_id="t", object_id="o", username="ada@contoso.example"
    )
    session = EditSession.objects.create(document_title="Rules", connection=account)
    alone = EditSession.objects.create(document_title="Gone")
    EditSession.objects.update(account_tenant_id="", account_object_id="")
    migration = module_of(MIGRATIONS[1]).Migration
    migration.operations[-1].code(apps, SimpleNamespace(connection=connection))
    session.refresh_from_db()
    assert session.account == account
    assert list(EditSession.objects.all().with_account()) == [session]
    alone.refresh_from_db()
    assert alone.account is None


def test_a_session_of_before_was_put_there_by_its_connections_application(admin_user):
    account = Connection.objects.create(user=admin_user, client_id="app")
    session = EditSession.objects.create(document_title="Rules", connection=account)
    alone = EditSession.objects.create(document_title="Gone")
    EditSession.objects.update(client_id="")
    migration = module_of(MIGRATIONS[2]).Migration
    migration.operations[-1].code(apps, SimpleNamespace(connection=connection))
    session.refresh_from_db()
    alone.refresh_from_db()
    assert (session.client_id, alone.client_id) == ("app", "")


def test_every_table_is_ours_by_name():
    tables = {
        model._meta.db_table
        for model in apps.get_app_config("wagtail_m365").get_models()
    }
    assert tables
    assert all(table.startswith("wagtail_m365_") for table in tables)
