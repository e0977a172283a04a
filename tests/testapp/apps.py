"""What Wagtail's migrations put into a database, put back where a test has emptied it."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TestappConfig(AppConfig):
    """Sample models; and the rows that every site begins with."""

    name = "tests.testapp"

    def ready(self) -> None:
        post_migrate.connect(_begin, dispatch_uid="tests_begin", sender=self)


def _begin(**kwargs: Any) -> None:
    """A test that commits ends with ``flush``, which sends ``post_migrate``.

    Tests that roll back are not always played before those that commit: a worker that has
    nothing left takes from another one.
    """
    from wagtail.models import Collection, Locale, Page, Site

    if Collection.objects.exists():
        return
    Collection.add_root(name="Root")
    Locale.objects.get_or_create(language_code="en")
    root = Page.add_root(title="Root", slug="root")
    Site.objects.create(hostname="localhost", root_page=root, is_default_site=True)
