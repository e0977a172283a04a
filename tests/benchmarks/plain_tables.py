"""An app with the package's tables and nothing else: what Django itself takes for them.

``python3 -m tests.benchmarks.plain_tables FOLDER`` writes it. The fields are those of the
models, as Django deconstructs them for a migration, without their words, choices,
defaults and checks; all stand in one file.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.db import models

APP = "plain_tables_app"
#: What a bare table has no need of.
LEFT_OUT = {
    "verbose_name",
    "help_text",
    "choices",
    "default",
    "validators",
    "related_name",
    "storage",
    "upload_to",
    "editable",
    "blank",
}


def source() -> str:
    from django.apps import apps

    tables = apps.get_app_config("wagtail_m365").get_models()
    return "\n".join(["from django.db import models", *map(_table, tables)]) + "\n"


def _table(model: type[models.Model]) -> str:
    fields = [f"    {_field(field)}" for field in model._meta.local_fields]
    return "\n".join([f"\n\nclass {model.__name__}(models.Model):", *fields])


def _field(field: models.Field[object, object]) -> str:
    name, path, _args, words = field.deconstruct()
    kept = {key: value for key, value in words.items() if key not in LEFT_OUT}
    arguments = [f"{key}={_written(key, value)}" for key, value in kept.items()]
    if field.is_relation:
        arguments.append("related_name='+'")
    kind = path.rpartition(".")[2]
    return f"{name} = models.{kind}({', '.join(arguments)})"


def _written(key: str, value: object) -> str:
    if key == "on_delete":
        return "models.CASCADE"
    return repr(
        str(value).replace("wagtail_m365.", f"{APP}.") if key == "to" else value
    )


def main(folder: Path) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    package = folder / APP
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(source(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
