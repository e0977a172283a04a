"""The pages of the extension, mounted at ``m365/`` under Wagtail's admin."""

from __future__ import annotations

from wagtail_m365.views.errors import in_words

from .connecting import connection_urls
from .documents import document_urls, session_urls
from .oversight import oversight_urls, service_urls
from .places import place_urls, transfer_urls

app_name = "wagtail_m365"

urlpatterns = in_words(
    [
        *connection_urls,
        *document_urls,
        *place_urls,
        *session_urls,
        *transfer_urls,
        *service_urls,
        *oversight_urls,
    ]
)
