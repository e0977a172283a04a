from __future__ import annotations

from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("m365/", include("wagtail_m365.urls_public")),
    path("documents/", include(wagtaildocs_urls)),
    path("", include(wagtail_urls)),
]
