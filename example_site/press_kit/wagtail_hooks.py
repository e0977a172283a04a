"""A third-party plugin: it knows wagtail_m365 by its public API and hooks only."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.ui.components import Component

from wagtail_m365.hooks import Purpose

from . import views


@hooks.register("register_m365_purposes")
def purposes() -> list[Purpose]:
    return [
        Purpose(
            name="press_kit.recent_files",
            title="My recent files",
            reason="Lists the files you used last on the dashboard.",
            scopes=views.SCOPES,
        )
    ]


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("press-kit/recent/", views.recent_files, name="press_kit_recent")]


class RecentFilesPanel(Component):
    """Asks for its content when the dashboard stands: Microsoft may be slow."""

    name = "press_kit_recent"
    order = 210
    template_name = "press_kit/recent_files_panel.html"

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        return {"url": reverse("press_kit_recent")}


@hooks.register("construct_homepage_panels")
def add_recent_files(request: HttpRequest, panels: list[Any]) -> None:
    if request.user.has_perm("wagtail_m365.use_microsoft365"):
        panels.append(RecentFilesPanel())
