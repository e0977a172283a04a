"""App registrations: list, add, edit, delete."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BaseColumn, Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_m365.models import AppRegistration, Connection, M365Settings

from .errors import in_words
from .registration_form import SECRET_FIELDS, RegistrationForm

_hide_secrets = method_decorator(
    sensitive_post_parameters(*SECRET_FIELDS), name="dispatch"
)


@_hide_secrets
class CreateView(generic.CreateView):
    """Add one."""


def _of_the_site() -> QuerySet[AppRegistration]:
    """Those of editors are theirs alone."""
    return AppRegistration.objects.filter(owner=None)


def _cloud_of(registration: AppRegistration) -> str:
    """Its name; another server has an address instead."""
    return registration.authority_url or str(registration.get_cloud_display())


class IndexView(generic.IndexView):
    """List them."""

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """Wagtail's, which scroll in their own box on a phone as all of ours do."""
        columns: list[BaseColumn] = super().columns
        for column in columns:
            column.classname = "m365-cell"
        return columns

    def get_base_queryset(self) -> QuerySet[AppRegistration]:
        return _of_the_site()


@_hide_secrets
class EditView(generic.EditView):
    """Change one."""

    def get_queryset(self) -> QuerySet[AppRegistration]:
        return _of_the_site()


class DeleteView(generic.DeleteView):
    """Delete one that is not in use."""

    def get_queryset(self) -> QuerySet[AppRegistration]:
        return _of_the_site()

    @cached_property
    def in_use(self) -> bool:
        rows = M365Settings.objects.filter(registration=self.object)
        return bool(rows.exists())

    @property
    def confirmation_message(self) -> str:
        number = Connection.objects.filter(client_id=self.object.client_id).count()
        if not number:
            return _("Delete this app registration? It stays as it is in Entra.")
        return ngettext(
            "%(number)s account is connected through this app registration and would "
            "have to be connected again. Delete it?",
            "%(number)s accounts are connected through this app registration and "
            "would have to be connected again. Delete it?",
            number,
        ) % {"number": number}

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        refused: HttpResponseBase | None = None
        if self.user_has_permission("delete") and self.in_use:
            text = _(
                "“%(name)s” is the app registration in use. Choose another one in the "
                "settings first."
            ) % {"name": self.object}
            messages.error(request, text)
            refused = redirect(self.get_success_url())
        return refused or super().dispatch(request, *args, **kwargs)


def _only_when(field: str, value: str) -> dict[str, str]:
    """Attributes by which m365.js shows a panel only for one choice."""
    return {
        "data-controller": "m365-when",
        "data-m365-when-field-value": field,
        "data-m365-when-is-value": value,
    }


registration_edit_handler = ObjectList(
    [
        FieldPanel("name", help_text=gettext_lazy("For you; Microsoft never sees it.")),
        MultiFieldPanel(
            [
                FieldPanel("cloud"),
                FieldPanel("authority_url", attrs=_only_when("cloud", "custom")),
                FieldPanel("graph_url", attrs=_only_when("cloud", "custom")),
                FieldPanel(
                    "tenant",
                    help_text=gettext_lazy(
                        "“Directory (tenant) ID” in Entra; or “organizations” for any "
                        "work account, “consumers” for personal ones, “common” for both."
                    ),
                ),
                FieldPanel(
                    "client_id",
                    help_text=gettext_lazy("On the app's overview page in Entra."),
                ),
            ],
            heading=gettext_lazy("Application"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("credential_kind", heading=gettext_lazy("Kind")),
                FieldPanel(
                    "client_secret_input",
                    attrs=_only_when("credential_kind", "secret"),
                ),
                FieldPanel(
                    "certificate_input",
                    attrs=_only_when("credential_kind", "certificate"),
                ),
                FieldPanel(
                    "certificate_file",
                    attrs=_only_when("credential_kind", "certificate"),
                ),
                FieldPanel(
                    "passphrase_input",
                    attrs=_only_when("credential_kind", "certificate"),
                ),
                FieldPanel(
                    "credential_expires_on",
                    help_text=gettext_lazy(
                        "So that you can be warned in time; read from a certificate "
                        "by itself."
                    ),
                ),
            ],
            heading=gettext_lazy("Credential"),
        ),
    ],
    base_form_class=RegistrationForm,
)


class AppRegistrationViewSet(ModelViewSet):
    """*Settings → Microsoft 365 apps*."""

    model = AppRegistration
    name = "m365_registrations"
    url_prefix = "m365/registrations"
    icon = "m365"
    menu_label = gettext_lazy("Microsoft 365 apps")
    menu_name = "m365-registrations"
    menu_order = 801
    add_to_settings_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    ordering = "name"
    list_display = [
        "name",
        Column(
            "cloud", label=gettext_lazy("Cloud"), accessor=_cloud_of, sort_key="cloud"
        ),
        *("tenant", "client_id", "credential_expires_on"),
    ]
    edit_handler = registration_edit_handler
    add_view_class = CreateView
    edit_view_class = EditView
    index_view_class = IndexView
    delete_view_class = DeleteView

    def get_urlpatterns(self) -> list[Any]:
        """With every error in words."""
        return in_words(super().get_urlpatterns())


registrations = AppRegistrationViewSet()
