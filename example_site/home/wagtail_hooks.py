"""The dashboard leads to the guided tour."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.ui.components import Component


class TourPanel(Component):
    """Says that there is a tour."""

    name = "tour"
    order = 10
    template_name = "home/tour_panel.html"

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        return {"address": "/guided-tour/"}


@hooks.register("construct_homepage_panels")
def add_tour(request: HttpRequest, panels: list[Any]) -> None:
    panels.append(TourPanel())
