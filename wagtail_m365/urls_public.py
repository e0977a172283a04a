"""What Microsoft calls, outside Wagtail's admin: mount it where the world can reach it.

::

    (path("m365/", include("wagtail_m365.urls_public")),)
"""

from __future__ import annotations

from django.urls import path

from .views.notifications import NotificationsView

app_name = "wagtail_m365_public"

urlpatterns = [
    path("notifications/", NotificationsView.as_view(), name="notifications"),
]
