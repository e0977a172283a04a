"""One migration fits every site: any document model, any supported Wagtail."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import migrations

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


def test_every_table_is_ours_by_name():
    tables = {
        model._meta.db_table
        for model in apps.get_app_config("wagtail_m365").get_models()
    }
    assert tables
    assert all(table.startswith("wagtail_m365_") for table in tables)
