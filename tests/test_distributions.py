"""What is built for the package index holds what is needed, and is small."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from example_site.home.album import in_full_resolution

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wagtail_m365"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]["version"]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The wheel and the source distribution, as setuptools makes them."""
    target = tmp_path_factory.mktemp("dist")
    copy = tmp_path_factory.mktemp("source") / "wagtail_m365"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\0")
    if listed == [""]:
        pytest.skip("not a checkout: what is published cannot be told from the rest")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--quiet", "--outdir", str(target), str(copy)],
        check=True,
    )
    (wheel,) = target.glob("*.whl")
    (source,) = target.glob("*.tar.gz")
    return wheel, source


@pytest.fixture(scope="module")
def built(distributions):
    """The names in the wheel and in the source distribution."""
    wheel, source = distributions
    with zipfile.ZipFile(wheel) as archive, tarfile.open(source) as sources:
        names = [name.partition("/")[2] for name in sources.getnames()]
        return archive.namelist(), names


def test_the_wheel_holds_the_package_and_nothing_else(built):
    wheel, _ = built
    tops = {name.partition("/")[0] for name in wheel}
    assert tops == {"wagtail_m365", f"wagtail_m365-{VERSION}.dist-info"}
    assert [n for n in wheel if re.search(r"axe|/tests?/|\.pyc$|/var/", n)] == []
    present = {n for n in wheel if n.startswith("wagtail_m365/")}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - present == set()


def test_the_source_distribution_can_be_tested_and_read(built):
    _, source = built
    for name in (
        *("SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"),
        *("docs/index.md", "docs/screenshots.py", "tests/settings.py"),
        *("tests/constraints-lowest.txt", "example_site/__main__.py"),
    ):
        assert name in source


def test_what_is_published_is_downloaded_in_a_moment(distributions):
    assert [path.stat().st_size < 6 * 2**20 for path in distributions] == [True, True]


def test_the_large_sample_is_made_where_it_is_shown(built):
    _, source = built
    small = "example_site/documents/photo-album.pptx"
    assert small in source
    album = in_full_resolution(ROOT / small)
    assert len(album) > 15 * 2**20
    with zipfile.ZipFile(io.BytesIO(album)) as made:
        assert made.testzip() is None
