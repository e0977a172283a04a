"""The smallest Wagtail site with the installed wheel: CI migrates and checks it."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.management import execute_from_command_line

settings.configure(
    SECRET_KEY="only for a smoke test",
    ROOT_URLCONF="urls",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}
    },
    STATIC_URL="/static/",
    INSTALLED_APPS=[
        "wagtail_m365",
        "wagtail.contrib.settings",
        "wagtail.users",
        "wagtail.snippets",
        "wagtail.documents",
        "wagtail.images",
        "wagtail.search",
        "wagtail.admin",
        "wagtail.sites",
        "wagtail",
        "modelcluster",
        "taggit",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    WAGTAIL_SITE_NAME="Smoke test",
    WAGTAILADMIN_BASE_URL="http://localhost",
    WAGTAILDOCS_EXTENSIONS=["docx", "pdf"],
    WAGTAIL_M365={"ENCRYPTION_KEYS": ["only for a smoke test"]},
)
execute_from_command_line(sys.argv)
