"""The same site, with a document model of its own."""

from __future__ import annotations

from tests.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "tests.customdocs"]
WAGTAILDOCS_DOCUMENT_MODEL = "customdocs.CustomDocument"
