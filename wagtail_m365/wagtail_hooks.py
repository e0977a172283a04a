"""Wiring: what Wagtail asks for, and where it is. Registrations only.

Wagtail reads this file while Django starts, in workers and commands too. What a hook
needs is therefore imported inside it, when it is first called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from wagtail import hooks

from .models import M365Settings

if TYPE_CHECKING:
    from django.contrib.auth.models import Permission

    from .tokens.demands import AccessToken, Owner


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    """Our own icon; Microsoft's logos are not ours to use."""
    return [*icons, "wagtail_m365/icons/m365.svg"]


@hooks.register("insert_global_admin_css")
def global_admin_css() -> str:
    """One small file for our pages and for our parts of Wagtail's pages."""
    from wagtail.admin.staticfiles import versioned_static

    address = versioned_static("wagtail_m365/m365.css")
    return format_html('<link rel="stylesheet" href="{}">', address)


@hooks.register("insert_global_admin_js")
def global_admin_js() -> str:
    """Our Stimulus controllers."""
    from wagtail.admin.staticfiles import versioned_static

    address = versioned_static("wagtail_m365/m365.js")
    return format_html('<script src="{}"></script>', address)


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """What an admin can grant to groups."""
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(
        content_type__app_label="wagtail_m365",
        codename__in=(
            "use_microsoft365",
            "manage_edit_sessions",
            "manage_watched_folders",
            "publish_brought_back",
            "manage_connections",
        ),
    )


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    """What Wagtail's log is told: of connections and of documents."""
    from .documents import audit as document_audit
    from .tokens import audit as connection_audit

    connection_audit.register_log_actions(actions)
    document_audit.register_log_actions(actions)


# Addresses: everything under Wagtail's admin needs a log-in already.


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    """Our pages, and the action that Wagtail wants as a class, not as a function."""
    from .views.bulk_save import SaveToOneDriveBulkAction

    # Wagtail looks for such actions when a page asks for one: after the addresses.
    hooks.register("register_bulk_action", SaveToOneDriveBulkAction)
    return [path("m365/", include("wagtail_m365.urls"))]


# Before Wagtail's own addresses of the same views, wherever its apps are listed.
@hooks.register("register_admin_urls", order=-1)
def register_document_views() -> list[URLPattern]:
    """Wagtail's document pages, with Microsoft 365 in them."""
    from .views.document_chooser import extended_chooser
    from .views.documents import extended_views

    return [*extended_views(), *extended_chooser()]


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[Any]:
    """Lists and choosers; each brings its addresses, menu item and permissions."""
    from .views.folders import folders
    from .views.registrations import registrations

    return [registrations, folders]


# Tokens: settings, account, and plugins that import nothing of ours.


def _settings_edit_handler() -> Any:
    from .views.panels import settings_edit_handler

    return settings_edit_handler


# The settings row lives below the pages and cannot know them; Wagtail reads this when
# the settings page is first opened.
M365Settings.edit_handler = SimpleLazyObject(_settings_edit_handler)


@hooks.register("register_account_settings_panel")
def account_panel(request: Any, user: Any, profile: Any) -> Any:
    """*Account → Microsoft 365*: the editor's own connections."""
    from .views.account import ConnectionsPanel

    return ConnectionsPanel(request, user, profile)


@hooks.register("construct_homepage_panels")
def warn_of_expiry(request: Any, panels: list[Any]) -> None:
    """A secret or certificate that ends soon, told to those who can act."""
    from .views.expiry_panel import expiry_panels

    panels.extend(expiry_panels(request))


@hooks.register("m365_get_token")
def get_token(owner: Owner, *scopes: str, **options: Any) -> AccessToken:
    """The same as :func:`wagtail_m365.api.get_token`, asked for through Wagtail."""
    from . import api

    return api.get_token(owner, *scopes, **options)


@hooks.register("construct_homepage_panels")
def notice_panel(request: Any, panels: list[Any]) -> None:
    """The dashboard says when a connection needs the person."""
    from .views.notices import add_notices

    add_notices(request, panels)


@hooks.register("register_settings_menu_item")
def service_connections_menu_item() -> Any:
    """*Settings → Service connections*."""
    from .views.service_connection_list import menu_item

    return menu_item()


@hooks.register("register_settings_menu_item")
def purposes_menu_item() -> Any:
    """*Settings → Microsoft 365 purposes*."""
    from .views.purposes import menu_item

    return menu_item()


@hooks.register("register_reports_menu_item")
def connection_report_menu_item() -> Any:
    """*Reports → Microsoft connections*."""
    from .views.connection_report import menu_item

    return menu_item()


@hooks.register("register_reports_menu_item")
def use_log_menu_item() -> Any:
    """*Reports → Use of Microsoft tokens*."""
    from .views.use_log import menu_item

    return menu_item()


@hooks.register("register_reports_menu_item")
def followed_drives_menu_item() -> Any:
    """*Reports → Followed drives*."""
    from .views.webhooks import menu_item

    return menu_item()


@hooks.register("register_settings_menu_item")
def watched_folders_menu_item() -> Any:
    """*Settings → Watched folders*."""
    from .views.watched_folders import menu_item

    return menu_item()


# Edit sessions and snippets.


@hooks.register("register_reports_menu_item")
def proposals_menu_item() -> Any:
    """Reports → Waiting for approval."""
    from .views.proposals import menu_item

    return menu_item()


@hooks.register("register_group_permission_panel")
def publish_permission_panel() -> Any:
    """Who may publish what is brought back, by collection."""
    from .views.publish_permissions import publish_permissions_formset

    return publish_permissions_formset()


@hooks.register("register_reports_menu_item")
def edit_sessions_menu_item() -> Any:
    """*Reports → Edit sessions*."""
    from .views.session_report import menu_item

    return menu_item()


@hooks.register("register_reports_menu_item")
def transfers_menu_item() -> Any:
    """*Reports → Transfers*."""
    from .views.transfer_report import menu_item

    return menu_item()


@hooks.register("register_snippet_listing_buttons")
def snippet_listing_buttons(
    snippet: Any, user: Any, next_url: str | None = None
) -> Iterator[Any]:
    """Row menu items for the documents that a snippet carries."""
    from .views.snippets import listing_buttons

    return listing_buttons(snippet, user, next_url)


# Early, so that a site's own hook has the last word.
@hooks.register("construct_snippet_action_menu", order=-1)
def snippet_action_menu(items: list[Any], request: Any, context: Any) -> None:
    """Menu items on a snippet's edit page, for the documents that it carries."""
    from .views.snippets import extend_action_menu

    extend_action_menu(items, request, context)
