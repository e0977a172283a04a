"""Settings of a worker process that a test starts: a queue, and a shared database."""

from __future__ import annotations

import json
import os

from tests.settings import *
from tests.settings import DATABASES, INSTALLED_APPS

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/11")
_QUEUES = {
    "database": (["django_tasks_db"], "django_tasks_db.DatabaseBackend"),
    "redis": (["django_rq", "django_tasks_rq"], "django_tasks_rq.RQBackend"),
}
_apps, _backend = _QUEUES[os.environ["WORKER_QUEUE"]]

INSTALLED_APPS = [*INSTALLED_APPS, *_apps]
TASKS = {"default": {"BACKEND": _backend, "QUEUES": ["default"]}}
RQ_QUEUES = {"default": {"URL": REDIS_URL}}
if (model := os.environ["WORKER_DOCUMENT_MODEL"]) != "wagtaildocs.Document":
    INSTALLED_APPS = [*INSTALLED_APPS, "tests.customdocs"]
    WAGTAILDOCS_DOCUMENT_MODEL = model
MEDIA_ROOT = os.environ["WORKER_MEDIA"]
WAGTAIL_M365 = json.loads(os.environ["WORKER_SETTINGS"])
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Two workers write: whoever comes second waits, from its first statement on.
    DATABASES["default"]["OPTIONS"] = {"timeout": 30, "transaction_mode": "IMMEDIATE"}
