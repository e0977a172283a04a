from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from wagtail_m365.models import Connection

MANAGERS = [
    model._meta.default_manager
    for model in apps.get_app_config("wagtail_m365").get_models()
]


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_a_manager_has_what_django_would_give_it(manager):
    django_own = models.Manager.from_queryset(manager._queryset_class)
    assert public(type(manager)) == public(django_own)


def test_a_question_asked_of_a_manager_is_asked_of_its_queryset(django_user_model, db):
    user = django_user_model.objects.create_user("ada")
    connection = Connection.objects.create(user=user)
    assert list(Connection.objects.of_user(user)) == [connection]
    assert list(user.m365_connections.active()) == [connection]
    assert Connection.objects.db_manager("default").service("x").count() == 0
