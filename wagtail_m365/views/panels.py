"""Settings → Microsoft 365: the panels of Wagtail's own settings page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList

from wagtail_m365 import conf
from wagtail_m365.errors import Explanation, M365Error
from wagtail_m365.models import AppRegistration, M365Settings
from wagtail_m365.models.configuration import registration

from .addresses import callback_address
from .edit_location_form import EditLocationForm, edit_location_panel
from .effective import lines
from .errors import actor_name


class SettingsForm(EditLocationForm):
    """What Django's settings decide is shown, but cannot be changed here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if conf.is_set("ENABLED") and "enabled" in self.fields:
            field = self.fields["enabled"]
            field.disabled = True
            field.help_text = _(
                'Decided by WAGTAIL_M365["ENABLED"] in the Django settings.'
            )
            self.initial["enabled"] = conf.settings.ENABLED

    def clean_enabled(self) -> bool:
        """A disabled field keeps what the database has."""
        if conf.is_set("ENABLED"):
            return bool(self.instance.enabled)
        return bool(self.cleaned_data["enabled"])


class GuidePanel(HelpPanel):
    """The way to the guided set-up, prominent while nothing is configured."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template", "wagtail_m365/settings/guide.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(
            self, parent_context: dict[str, Any] | None = None
        ) -> dict[str, Any]:
            row = self.instance
            return {
                **super().get_context_data(parent_context),
                "begun": bool(row.registration_id or conf.is_set("CLIENT_ID")),
                "finished": "health" in row.set_up.get("done", []),
                "set_up_url": reverse("wagtail_m365:set_up"),
                "health_url": reverse("wagtail_m365:health"),
            }


class RedirectUriPanel(HelpPanel):
    """The redirect URI as the site really computes it, to copy into Entra."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template", "wagtail_m365/settings/redirect_uri.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(
            self, parent_context: dict[str, Any] | None = None
        ) -> dict[str, Any]:
            return {
                **super().get_context_data(parent_context),
                "redirect_uri": callback_address(self.request),
                "fixed": conf.is_set("REDIRECT_URI"),
            }


class StatusPanel(HelpPanel):
    """What holds now, where it comes from, and a button that really asks."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template", "wagtail_m365/settings/status.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(
            self, parent_context: dict[str, Any] | None = None
        ) -> dict[str, Any]:
            trouble = self.trouble()
            return {
                **super().get_context_data(parent_context),
                "lines": lines(self.instance.registration, self.instance),
                "trouble": trouble,
                "actor": actor_name(trouble.actor) if trouble else "",
                "test_url": reverse("wagtail_m365:health"),
            }

        def trouble(self) -> Explanation | None:
            """Why nobody can connect with what is saved, if so."""
            try:
                registration()
            except M365Error as error:
                return error.explanation
            return None


class RegistrationLinksPanel(HelpPanel):
    """Where app registrations are added and changed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template", "wagtail_m365/settings/registrations.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(
            self, parent_context: dict[str, Any] | None = None
        ) -> dict[str, Any]:
            return {
                **super().get_context_data(parent_context),
                **registration_links(self.request, self.instance),
                "decided": conf.is_set("CLIENT_ID"),
            }


def registration_links(request: HttpRequest, row: M365Settings) -> dict[str, str]:
    """The links this person may follow; empty where there is nothing to follow."""
    user, chosen = request.user, row.registration
    may_add = user.has_perm("wagtail_m365.add_appregistration")
    may_change = user.has_perm("wagtail_m365.change_appregistration")
    edit = "m365_registrations:edit"
    return {
        "add_url": reverse("m365_registrations:add") if may_add else "",
        "list_url": reverse("m365_registrations:index") if may_change else "",
        "edit_url": reverse(edit, args=[chosen.pk]) if chosen and may_change else "",
        "any": "1" if AppRegistration.objects.exists() else "",
    }


settings_edit_handler = ObjectList(
    [
        GuidePanel(heading=gettext_lazy("Guided set-up")),
        FieldPanel("enabled", heading=gettext_lazy("Microsoft 365 is switched on")),
        MultiFieldPanel(
            [
                FieldPanel("registration", heading=gettext_lazy("In use")),
                RegistrationLinksPanel(),
                FieldPanel(
                    "own_registrations_allowed",
                    help_text=gettext_lazy(
                        "An editor then enters a client ID and a secret under Account → "
                        "Microsoft 365. When this is switched off again, their accounts "
                        "get no access until they connect with the site's own."
                    ),
                ),
            ],
            heading=gettext_lazy("App registration"),
        ),
        edit_location_panel,
        RedirectUriPanel(heading=gettext_lazy("Redirect URI")),
        StatusPanel(heading=gettext_lazy("What is in effect")),
    ],
    base_form_class=SettingsForm,
)
