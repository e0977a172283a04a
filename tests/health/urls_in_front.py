"""A site whose own document list hides ours."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from tests.urls import urlpatterns as urls_of_tests


def own_documents(request):
    """The site's own list."""
    return HttpResponse()


urlpatterns = [path("admin/documents/", own_documents), *urls_of_tests]
