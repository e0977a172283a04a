"""The site that is measured: that of the tests, pointed to a Microsoft elsewhere."""

from __future__ import annotations

import json
import os

import tests.settings as of_tests
from tests.settings import *  # noqa: F403  # a settings module is its names

WAGTAIL_M365 = json.loads(os.environ.get("BENCHMARK_WAGTAIL_M365", "{}"))
PEERS = os.environ.get("BENCHMARK_PEERS", "").split()

INSTALLED_APPS = [*of_tests.INSTALLED_APPS, "tests.benchmarks.rows"]
if "django-allauth" in PEERS:
    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.socialaccount"]
    MIDDLEWARE = [*of_tests.MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"]
if "social-auth-app-django" in PEERS:
    INSTALLED_APPS += ["social_django"]
