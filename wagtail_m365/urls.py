"""The pages of the extension, mounted at ``m365/`` under Wagtail's admin."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "wagtail_m365"

#: The connection: signing in, its account page, the settings.
connection_urls: list[URLPattern] = []

#: Documents: open, bring back, discard, save, history, versions.
document_urls: list[URLPattern] = []

urlpatterns = [*connection_urls, *document_urls]
