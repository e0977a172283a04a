"""The documentation says what the code does, and its examples run."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import unittest
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.dispatch import Signal
from django.test import RequestFactory
from django.urls import reverse
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser
from wagtail import hooks as wagtail_hooks
from wagtail.documents import get_document_model

from docs import drawing, tables, tables_of_commands, tables_of_errors
from wagtail_m365 import api, checks, conf, hooks, signals
from wagtail_m365.explanations import TABLE
from wagtail_m365.testing import FakeMicrosoft, pytest_plugin

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted([README, ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
PLUGIN = DOCS / "how-to" / "write-a-plugin.md"
TESTING = DOCS / "how-to" / "test-a-plugin.md"
TUTORIAL = DOCS / "tutorial" / "first-document.md"
WITH_SETTINGS = [
    DOCS / "how-to" / "keys.md",
    DOCS / "how-to" / "proxies.md",
    DOCS / "reference" / "settings.md",
]

_LINK = re.compile(
    r"(?<!!)\[[^]]*\]\((?!https?:)(?P<path>[^)#\s]*)#?(?P<anchor>[^)\s]*)\)"
)
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_SYBIL = Sybil([PythonCodeBlockParser(), SkipParser()], path=str(ROOT))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def reference(name: str) -> str:
    return text_of(DOCS / "reference" / f"{name}.md")


def run(page: Path, **namespace: Any) -> dict[str, Any]:
    """Run every Python block of a page, one after the other, in one namespace."""
    document = _SYBIL.parse(page)
    document.namespace.update(namespace)
    for example in document.examples():
        try:
            example.evaluate()
        except unittest.SkipTest:
            continue
    return document.namespace


def first_column(page: str) -> list[str]:
    """What stands in backticks in the first column of the page's tables."""
    cells = re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def documented(page: str, module: str) -> set[str]:
    """What a page takes from a module by directives of autodoc."""
    part = page.partition(f".. module:: {module}\n")[2].partition(".. module::")[0]
    return set(re.findall(r"^\.\. (?:auto)?\w+:: (\w+)$", part, re.MULTILINE))


# The reference is complete, and nothing in it is invented.


@pytest.mark.parametrize("page", sorted(DOCS.glob("*/*.md")), ids=name_of)
def test_the_tables_are_what_the_code_says(page):
    assert tables.written(text_of(page)) == text_of(page), "run: python3 docs/tables.py"


def test_the_drawing_shows_the_floors_that_are_enforced():
    shown = drawing.TARGET.read_text(encoding="utf-8")
    assert shown == drawing.drawn(), "run: python3 docs/drawing.py"


def test_every_table_stands_in_one_page():
    placed = [name for page in PAGES for name in tables.places(text_of(page))]
    assert sorted(placed) == sorted(tables.TABLES)


def test_every_setting_is_explained():
    listed = reference("settings").partition("## Django's own")[0]
    assert first_column(listed) == conf.names()


def test_every_name_of_the_api_has_its_entry():
    assert documented(reference("api"), "wagtail_m365.api") == set(api.__all__)


def test_every_hook_has_its_entry_and_its_line():
    page = reference("hooks")
    assert documented(page, "wagtail_m365.hooks") == set(hooks.__all__)
    listed = set(re.findall(r"\(#wagtail_m365\.hooks\.(\w+)\)", page))
    assert listed == set(hooks.__all__) - {"Purpose"}


def test_every_signal_has_its_entry():
    known = {name for name, one in vars(signals).items() if isinstance(one, Signal)}
    assert documented(reference("hooks"), "wagtail_m365.signals") == known


def test_every_error_class_and_every_code_is_listed():
    page = reference("errors")
    kinds = list(tables_of_errors.error_classes(api.errors.M365Error))
    drawn = page.partition("```text")[2].partition("```")[0]
    assert set(re.findall(r"[A-Z]\w+Error\b|\b[A-Z]\w+(?=  )", drawn)) == {
        kind.__name__ for kind in kinds
    }
    classes = page.partition("## Classes")[2].partition("## Codes")[0]
    assert first_column(classes) == [kind.__name__ for kind in kinds]
    codes = page.partition("## Codes")[2]
    assert sorted(first_column(codes)) == sorted(TABLE)


def test_every_check_is_listed():
    listed = first_column(reference("checks"))
    assert sorted(listed) == sorted(tables.check_ids())
    explained = re.findall(r"``(wagtail_m365\.\w\d+)``", checks.__doc__ or "")
    assert sorted(explained) == sorted(listed)


def test_every_command_with_every_option_is_listed():
    part = reference("commands").partition("## The fake")[0]
    assert (
        re.findall(r"### `manage\.py (\w+)`", part)
        == tables_of_commands.command_names()
    )
    options = [
        option
        for name in tables_of_commands.command_names()
        for action in tables_of_commands.own_options(name)
        for option in action.option_strings or [action.dest]
    ]
    assert first_column(part) == options


def test_every_fixture_of_the_test_kit_is_listed():
    source = ast.parse(inspect.getsource(pytest_plugin))
    fixtures = {
        node.name
        for node in source.body
        if isinstance(node, ast.FunctionDef)
        and any("fixture" in ast.unparse(each) for each in node.decorator_list)
    }
    listed = text_of(TESTING).partition("## A first test")[0]
    assert set(first_column(listed)) == fixtures


# Whoever follows a link arrives.


def anchors(page: Path) -> set[str]:
    """What can be linked to in a page: its headings, and what autodoc makes of it."""
    text = text_of(page)
    heads = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    modules = re.findall(r"^\.\. module:: (\S+)$", text, re.MULTILINE)
    return slugs | {f"{m}.{name}" for m in modules for name in documented(text, m)}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_arrive(page):
    for link in _LINK.finditer(_FENCE.sub("", text_of(page))):
        target = page.parent / link["path"] if link["path"] else page
        assert target.is_file(), link[0]
        if link["anchor"]:
            assert link["anchor"] in anchors(target), link[0]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pictures_are_there_and_are_described(page):
    for alt, path in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", text_of(page)):
        assert alt, path
        assert (page.parent / path).is_file(), path
    for figure in re.findall(r"```\{image\} .+?```", text_of(page), re.DOTALL):
        path = figure.split()[1]
        assert (page.parent / path).is_file(), path
        assert ":alt:" in figure, path


def test_every_page_is_in_the_table_of_contents():
    contents = text_of(DOCS / "index.md")
    listed = {
        line
        for block in re.findall(r"```\{toctree\}\n(.*?)```", contents, re.DOTALL)
        for line in block.split()
        if "/" in line
    }
    pages = {
        p.relative_to(DOCS).with_suffix("").as_posix() for p in DOCS.glob("*/*.md")
    }
    assert pages == listed


# The examples run.


@pytest.fixture
def hooks_of_this_test():
    """Hooks that an example registers end with the test."""
    reverse("wagtailadmin_home")
    before = {name: list(each) for name, each in wagtail_hooks._hooks.items()}
    yield
    wagtail_hooks._hooks.clear()
    wagtail_hooks._hooks.update(before)


@pytest.fixture
def document(db):
    return get_document_model().objects.create(
        title="Opening hours", file=ContentFile(b"From nine to five.", "hours.txt")
    )


@pytest.fixture
def request_of_editor(connected_editor):
    request = RequestFactory().get("/")
    request.user = connected_editor
    return request


@pytest.fixture
def key_in_environment(monkeypatch):
    monkeypatch.setenv("M365_ENCRYPTION_KEY", "a key that only tests use")


@pytest.mark.usefixtures("key_in_environment")
@pytest.mark.parametrize("page", WITH_SETTINGS, ids=name_of)
def test_the_settings_shown_are_settings(page, settings):
    shown = run(page, os=os)
    settings.WAGTAIL_M365 = shown["WAGTAIL_M365"]
    assert settings.WAGTAIL_M365
    assert conf.unknown_names() == {}
    assert conf.wrong_types() == {}


@pytest.mark.usefixtures("key_in_environment")
def test_the_examples_of_the_readme_run(
    request_of_editor, connect_account, editor_account
):
    connect_account(request_of_editor.user, editor_account, "Mail.Send")
    shown = run(README, os=os, request=request_of_editor)
    assert shown["token"].expires_on
    assert shown["files"]["value"] == []


@pytest.mark.usefixtures("hooks_of_this_test")
def test_writing_a_plugin_works_as_told(
    request_of_editor, connect_account, editor_account, microsoft, document
):
    shown = run(
        PLUGIN,
        request=request_of_editor,
        document=document,
        microsoft=microsoft,
        connect_account=connect_account,
        editor_account=editor_account,
        no_msgraph=importlib.util.find_spec("msgraph") is None,
    )
    assert shown["link"] == reverse("wagtail_m365:connect") + (
        "?scopes=Mail.Send&next=%2Fadmin%2Fpress-kit%2F"
    )
    assert shown["headers"]["Authorization"].startswith("Bearer ")
    registered = wagtail_hooks.get_hooks("before_m365_open")
    assert shown["drafts_stay_here"] in registered
    assert (
        shown["drafts_stay_here"](request=request_of_editor, document=document) is None
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", re.findall(r"^def (test_\w+)\(", text_of(TESTING), re.MULTILINE)
)
def test_testing_a_plugin_works_as_told(name, request):
    function = run(TESTING)[name]
    wanted = inspect.signature(function).parameters
    function(**{each: request.getfixturevalue(each) for each in wanted})


# The tutorial can be followed to the letter.


def test_the_tutorial_points_the_site_to_the_fake():
    fake = FakeMicrosoft(port=8400, seed="demo")
    shown = re.search(
        r"^WAGTAIL_M365 = \{.*?^\}", text_of(TUTORIAL), re.DOTALL | re.MULTILINE
    )
    namespace: dict[str, Any] = {}
    exec(shown[0], namespace)
    assert namespace["WAGTAIL_M365"] == fake.settings()


def test_the_tutorial_names_apps_and_accounts_that_exist():
    text = text_of(TUTORIAL)
    apps = text.partition("INSTALLED_APPS = [")[2].partition("]")[0]
    for app in re.findall(r'"([\w.]+)"', apps):
        assert importlib.util.find_spec(app), app
    fake = FakeMicrosoft(seed="demo")
    for username in re.findall(r"`([\w.]+@[\w.]+)`", text):
        assert fake.world.find_account(username), username
