"""Wiring: what Wagtail asks for, and where it is. Registrations only."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, include, path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.staticfiles import versioned_static

from . import api
from .documents import audit as document_audit
from .models import M365Settings
from .tokens import audit as connection_audit
from .views import session_report, snippets
from .views.account import ConnectionsPanel
from .views.documents import extended_views
from .views.folders import FolderChooserViewSet, folders
from .views.panels import settings_edit_handler
from .views.registrations import AppRegistrationViewSet, registrations

# The settings row lives below the pages and cannot know them; Wagtail reads this when
# the settings page is first opened.
M365Settings.edit_handler = settings_edit_handler

hooks.register("register_account_settings_panel", ConnectionsPanel)
hooks.register("register_log_actions", connection_audit.register_log_actions)
hooks.register("register_log_actions", document_audit.register_log_actions)
# For plugins that ask Wagtail for a token and import nothing of ours.
hooks.register("m365_get_token", api.get_token)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    """Our pages; everything under Wagtail's admin needs a log-in already."""
    return [path("m365/", include("wagtail_m365.urls"))]


@hooks.register("register_admin_viewset")
def register_registrations() -> AppRegistrationViewSet:
    """App registrations; brings its menu item and permissions along."""
    return registrations


@hooks.register("register_admin_viewset")
def register_folders() -> FolderChooserViewSet:
    """The folder browser."""
    return folders


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """What an admin can grant to groups."""
    return Permission.objects.filter(
        content_type__app_label="wagtail_m365",
        codename__in=("use_microsoft365", "manage_edit_sessions"),
    )


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    """Our own icon; Microsoft's logos are not ours to use."""
    return [*icons, "wagtail_m365/icons/m365.svg"]


@hooks.register("insert_global_admin_css")
def global_admin_css() -> str:
    """One small file for our pages and for our parts of Wagtail's pages."""
    address = versioned_static("wagtail_m365/m365.css")
    return format_html('<link rel="stylesheet" href="{}">', address)


@hooks.register("insert_global_admin_js")
def global_admin_js() -> str:
    """Our Stimulus controllers."""
    return format_html(
        '<script src="{}"></script>', versioned_static("wagtail_m365/m365.js")
    )


# Reports → Edit sessions.
hooks.register("register_reports_menu_item", session_report.menu_item)

# Documents (listing, edit page, snippets) are wired below this line.

# Before Wagtail's own addresses of the same views, wherever its apps are listed.
hooks.register("register_admin_urls", extended_views, order=-1)
hooks.register("register_snippet_listing_buttons", snippets.listing_buttons)
# Early, so that a site's own hook has the last word.
hooks.register("construct_snippet_action_menu", snippets.extend_action_menu, order=-1)
