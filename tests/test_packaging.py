"""What is published holds what is needed, and nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from wagtail_m365.graph.quickxor import QuickXorHash

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wagtail_m365"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MANIFEST = (ROOT / "MANIFEST.in").read_text(encoding="utf-8").splitlines()
EXTRAS = PROJECT["project"]["optional-dependencies"]
#: Ourselves, and what only type checkers see.
NOT_ASKED_FOR = {"wagtail_m365", "_typeshed"}
#: Brought by a package that is asked for itself.
BROUGHT_ALONG = {
    "asgiref": "django",
    "django_filters": "wagtail",
    "markupsafe": "werkzeug",
    "treebeard": "wagtail",
    "urllib3": "requests",
    "modelcluster": "wagtail",
    "taggit": "wagtail",
    "openpyxl": "wagtail",
    "modelsearch": "wagtail",
    "laces": "wagtail",
}


def files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in folder.rglob(pattern) if "__pycache__" not in path.parts]


def name_in(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def names_in(requirements: list[str]) -> set[str]:
    return {name_in(each) for each in requirements}


def patterns_for(folder: str) -> list[str]:
    lines = [line.split() for line in MANIFEST if line.startswith("recursive-include")]
    return [
        pattern
        for _, where, *patterns in lines
        if where == folder
        for pattern in patterns
    ]


# What is in


def test_only_the_package_itself_is_installed():
    found = PROJECT["tool"]["setuptools"]["packages"]["find"]
    assert found["include"] == ["wagtail_m365*"]
    others = [p.name for p in ROOT.iterdir() if p.is_dir() and p.name.isidentifier()]
    assert {"tests", "example_site"} <= set(others)
    assert [name for name in others if fnmatch(name, "wagtail_m365*")] == [
        "wagtail_m365"
    ]


def test_every_folder_with_modules_is_a_package():
    folders = {path.parent for path in files(PACKAGE, "*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_other_file_is_published_with_the_package():
    assert PROJECT["tool"]["setuptools"]["include-package-data"] is True
    included = patterns_for("wagtail_m365")
    single = {
        line.split()[1] for line in MANIFEST if line.startswith("include wagtail_m365")
    }
    left_out = [
        path.relative_to(ROOT).as_posix()
        for path in files(PACKAGE, "*")
        if path.is_file()
        and path.suffix != ".py"
        and not any(fnmatch(path.name, pattern) for pattern in included)
        and path.relative_to(ROOT).as_posix() not in single
    ]
    assert left_out == []


@pytest.mark.parametrize("kind", ["*.html", "*.svg", "*.css", "*.js", "*.po", "*.mo"])
def test_templates_static_files_and_catalogues_are_published(kind):
    assert kind in patterns_for("wagtail_m365")


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()
    assert "include wagtail_m365/py.typed" in MANIFEST


def test_who_builds_from_source_can_test_and_read_it():
    assert "*.py" in patterns_for("tests")
    assert {"*.md", "*.py", "*.png"} <= set(patterns_for("docs"))
    beside = "LICENSE README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md"
    assert f"include {beside}" in MANIFEST
    assert all((ROOT / name).is_file() for name in beside.split())


# What it needs


def imports_of(paths: list[Path]) -> Iterator[str]:
    """Top-level names that these modules import, wherever in them."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield (node.module or "").partition(".")[0]


def needed_by(paths: list[Path]) -> set[str]:
    """The distributions to which the imported modules belong."""
    known = packages_distributions()
    needed = set()
    for name in set(imports_of(paths)) - sys.stdlib_module_names - NOT_ASKED_FOR:
        distributions = known.get(name, [name])
        needed.add(BROUGHT_ALONG.get(name) or name_in(distributions[0]))
    return needed


def test_the_package_asks_for_all_that_it_imports():
    product = [
        path
        for path in files(PACKAGE, "*.py")
        if PACKAGE / "testing" not in path.parents
    ]
    declared = names_in([*PROJECT["project"]["dependencies"], *EXTRAS["fast"]])
    assert needed_by(product) <= declared


def test_the_package_works_without_what_only_makes_it_faster():
    program = (
        "import sys; sys.modules['numpy'] = None;"
        "from wagtail_m365.graph.quickxor import QuickXorHash;"
        "print(QuickXorHash(bytes(1000) * 3000).base64())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == QuickXorHash(bytes(1000) * 3000).base64()


def test_the_test_kit_asks_for_all_that_it_imports():
    declared = names_in([*PROJECT["project"]["dependencies"], *EXTRAS["testing"]])
    assert needed_by(files(PACKAGE / "testing", "*.py")) <= declared


def test_whoever_works_on_it_gets_the_test_kit():
    assert "wagtail-m365[testing]" in EXTRAS["dev"]


def test_nothing_has_an_upper_bound():
    asked = [*PROJECT["project"]["dependencies"], *EXTRAS["testing"]]
    assert [each for each in asked if "<" in each or "==" in each] == []


def test_start_up_loads_neither_msal_nor_the_test_kit():
    program = (
        "import django, sys; django.setup(); import wagtail_m365.api;"
        "print([m for m in ('msal', 'werkzeug', 'jwt', 'wagtail_m365.testing')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def pinned() -> dict[str, str]:
    lines = (ROOT / "tests" / "constraints-lowest.txt").read_text(encoding="utf-8")
    return {
        name_in(line): line.partition("==")[2]
        for line in lines.splitlines()
        if "==" in line
    }


def declared() -> dict[str, str]:
    asked = [*PROJECT["project"]["dependencies"], *EXTRAS["testing"]]
    return {name_in(each): each.partition(">=")[2] for each in asked}


def test_the_lowest_versions_that_are_tested_are_those_that_are_declared():
    # The suite itself asks for a newer pytest than the test kit does.
    wanted = {n: v for n, v in declared().items() if not n.startswith("pytest")}
    assert pinned().keys() == wanted.keys()
    for name, version in pinned().items():
        assert f"{version}.".startswith(f"{wanted[name]}."), name


# What it says of itself


def headings() -> list[str]:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.findall(r"^## \[?([^\]\s]+)", changelog, re.MULTILINE)


def test_the_changelog_leads_to_the_version():
    version = PROJECT["project"]["version"]
    newest, *older = headings()
    assert newest in {"Unreleased", version}
    assert version not in older or newest == "Unreleased"


def test_readme_and_classifiers_name_the_same_versions():
    project = PROJECT["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    supported = readme.partition("## Supported versions")[2]
    lowest = project["requires-python"].removeprefix(">=")
    assert f"Python {lowest}" in supported
    assert f"Programming Language :: Python :: {lowest}" in project["classifiers"]
    for name in ("wagtail", "Django"):
        asked = next(d for d in project["dependencies"] if d.startswith(name))
        assert f"{name.title()} {asked.partition('>=')[2]}" in supported


def test_no_address_is_claimed_that_nobody_serves():
    assert "urls" not in PROJECT["project"]


@pytest.mark.parametrize("page", ["SECURITY.md", "CONTRIBUTING.md"])
def test_links_of_the_pages_beside_arrive(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for path in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / path).is_file(), path


def test_the_licence_is_the_one_that_lies_beside():
    assert PROJECT["project"]["license"] == "BSD-3-Clause"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Redistribution and use in source and binary forms" in text
