"""A third-party plugin: it knows wagtail_m365 by its public API and hooks only."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets.button import Button

from wagtail_m365.hooks import Purpose

from . import views


@hooks.register("register_m365_purposes")
def purposes() -> list[Purpose]:
    return [
        Purpose(
            name="press_kit.own_files",
            title="My files in OneDrive",
            reason="Lists the newest files in the top folder of your OneDrive on the dashboard.",
            scopes=views.FILES,
        ),
        Purpose(
            name="press_kit.mail",
            title="Mail a document's link",
            reason="Sends the links that you choose, from your own mailbox.",
            scopes=views.MAIL,
        ),
        Purpose(
            name="press_kit.events",
            title="My next events",
            reason="Lists your next events on the dashboard.",
            scopes=views.EVENTS,
        ),
    ]


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [
        path("press-kit/files/", views.own_files, name="press_kit_files"),
        path("press-kit/events/", views.next_events, name="press_kit_events"),
        path(
            "press-kit/mail/<int:document_id>/",
            views.mail_document,
            name="press_kit_mail",
        ),
    ]


class LazyPanel(Component):
    """Asks for its content when the dashboard stands: Microsoft may be slow."""

    def __init__(self, name: str, order: int, template_name: str) -> None:
        self.name, self.order, self.template_name = name, order, template_name

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        return {"url": reverse(self.name)}


@hooks.register("construct_homepage_panels")
def add_panels(request: HttpRequest, panels: list[Any]) -> None:
    if not request.user.has_perm("wagtail_m365.use_microsoft365"):
        return
    panels.append(
        LazyPanel("press_kit_events", 205, "press_kit/next_events_panel.html")
    )
    panels.append(LazyPanel("press_kit_files", 210, "press_kit/own_files_panel.html"))


@hooks.register("construct_m365_document_actions")
def add_mail_action(
    actions: list[Any], document: Any, request: HttpRequest, context: Any
) -> None:
    actions.append(
        Button(
            "Mail the link",
            url=reverse("press_kit_mail", args=[document.pk]),
            icon_name="mail",
            priority=90,
        )
    )
