"""What a test may count on, whichever was played before it."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from wagtail.models import Collection, Locale, Site


@pytest.mark.django_db(transaction=True)
def test_an_emptied_database_has_what_every_site_begins_with():
    # So ends each test that commits.
    call_command("flush", interactive=False, verbosity=0)

    assert Collection.get_first_root_node().name == "Root"
    assert Site.objects.get().root_page.is_root()
    assert Locale.objects.get().language_code == "en"
