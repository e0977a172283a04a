from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from wagtail_m365.models import M365Settings


def may(user, *names):
    for name in names:
        app_label, codename = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )
    return user


@pytest.fixture
def outsider(django_user_model, db):
    """May enter the admin, and nothing of ours."""
    user = django_user_model.objects.create_user("outsider", password="outsider")
    return may(user, "wagtailadmin.access_admin")


@pytest.fixture
def settings_row(db):
    return M365Settings.load()
