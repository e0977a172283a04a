"""Sphinx: Markdown by MyST, reference drawn from the code itself."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

project = "wagtail_m365"
author = "the wagtail_m365 authors"
copyright = f"2026, {author}"
release = metadata.version("wagtail-m365")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
nitpick_ignore_regex = [
    ("py:.*", ".*")
]  # other projects' names: no inventory is fetched
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "wagtail_m365"
