"""Wiring: what Wagtail asks for, and where it is. Registrations only."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, include, path
from wagtail import hooks


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    """Our pages; everything under Wagtail's admin needs a log-in already."""
    return [path("m365/", include("wagtail_m365.urls"))]


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """What an admin can grant to groups."""
    return Permission.objects.filter(
        content_type__app_label="wagtail_m365",
        codename__in=[
            "use_microsoft365",
            "add_appregistration",
            "change_appregistration",
            "delete_appregistration",
        ],
    )


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    """Our own icon; Microsoft's logos are not ours to use."""
    return [*icons, "wagtail_m365/icons/m365.svg"]


# Documents (listing, edit page, snippets) are wired below this line.
