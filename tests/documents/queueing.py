"""What a test of queues does in a process of its own, with the workers' settings.

``prepare`` makes the queue's tables; ``start`` hands every transfer to the workers;
``sweep`` is what a site's schedule calls.
"""

from __future__ import annotations

import sys

import django


def main(what: str) -> None:
    from wagtail_m365 import tasks
    from wagtail_m365.models import Transfer

    if what == "prepare":
        make_tables()
    elif what == "start":
        ids = Transfer.objects.order_by("position").values_list("pk", flat=True)
        tasks.start_transfers(list(ids))
    else:
        tasks.sweep_transfers.enqueue()


def make_tables() -> None:
    """Not by migrating: all that Wagtail brings would be looked at, too."""
    from django.apps import apps
    from django.db import connection

    there = connection.introspection.table_names()
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("django_tasks_database").get_models():
            if model._meta.db_table not in there:
                editor.create_model(model)


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1])
