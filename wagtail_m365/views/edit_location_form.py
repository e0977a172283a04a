"""Settings → Microsoft 365: the part that asks where copies lie."""

from __future__ import annotations

from typing import Any

from django.db import connection as database
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from wagtail_m365 import conf
from wagtail_m365.documents.edit_folders import EditLocation, EditPlace, name_of
from wagtail_m365.documents.folders import Folder, Place
from wagtail_m365.errors import (
    Forbidden,
    InvalidRequest,
    ItemNotFound,
    M365Error,
    NameRefused,
)
from wagtail_m365.graph.names import check_path
from wagtail_m365.models import Connection

from .folder_fields import FolderField

_FIELDS = ("edit_place", "edit_path", "edit_library", "edit_drive_id", "edit_folder_id")


class EditLocationForm(WagtailAdminModelForm):
    """Choose the place; a library is looked at as far as the admin's account may."""

    edit_library = FolderField(
        required=False,
        label=gettext_lazy("Library folder"),
        help_text=gettext_lazy(
            "Browse with your own Microsoft account, or fill in the ids below."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "edit_place" in self.fields:
            self.fields["edit_place"].required = False
        if not conf.is_set("EDIT_LOCATION"):
            return
        for name in filter(self.fields.__contains__, _FIELDS):
            self.fields[name].disabled = True
        self.fields["edit_place"].help_text = _(
            'Decided by WAGTAIL_M365["EDIT_LOCATION"] in the Django settings.'
        )

    def clean_edit_place(self) -> str:
        """What is not said stays as it is."""
        return self.cleaned_data["edit_place"] or str(self.instance.edit_place)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        place = "" if conf.is_set("EDIT_LOCATION") else cleaned.get("edit_place")
        if place == EditPlace.ONEDRIVE:
            self._clean_path(cleaned.get("edit_path", ""))
        elif place == EditPlace.LIBRARY:
            self._clean_library(cleaned)
        return cleaned

    def _clean_path(self, path: str) -> None:
        if not path.strip("/ "):
            self.add_error("edit_path", _("Name the folder."))
            return
        try:
            check_path(path)
        except NameRefused as refused:
            self.add_error("edit_path", refused.explanation.what)

    def _clean_library(self, cleaned: dict[str, Any]) -> None:
        chosen: Folder | None = cleaned.get("edit_library")
        if chosen and not (chosen.place is Place.SITES or chosen.in_library):
            self.add_error(
                "edit_library", _("Choose a folder of a SharePoint or Teams library.")
            )
            return
        if chosen:
            cleaned |= {
                "edit_drive_id": chosen.drive_id,
                "edit_folder_id": chosen.item_id,
            }
        if not cleaned.get("edit_drive_id"):
            self.add_error("edit_library", _("Choose a library, or name its drive."))
            return
        self.instance.edit_folder_name = self._name(cleaned)

    def _name(self, cleaned: dict[str, Any]) -> str:
        """What Microsoft calls the folder; ``""`` where nobody could look at it."""
        account = Connection.objects.of_user(self.for_user).first()
        # No request to Microsoft while the site's own transaction is open.
        if account is None or database.settings_dict["ATOMIC_REQUESTS"]:
            return ""
        location = EditLocation(
            place=EditPlace.LIBRARY,
            drive_id=cleaned["edit_drive_id"],
            folder_id=cleaned["edit_folder_id"],
        )
        try:
            return name_of(account, location)
        except (ItemNotFound, Forbidden, InvalidRequest) as error:
            self.add_error(
                "edit_drive_id",
                _("Microsoft knows no such folder for your account: %(what)s")
                % {"what": error.explanation.what},
            )
        except M365Error:
            return ""
        return ""


def _only_for(place: EditPlace) -> dict[str, str]:
    """Attributes by which m365.js shows a panel only for this place."""
    return {
        "data-controller": "m365-when",
        "data-m365-when-field-value": "edit_place",
        "data-m365-when-is-value": place.value,
    }


edit_location_panel = MultiFieldPanel(
    [
        FieldPanel(
            "edit_place",
            heading=gettext_lazy("Copies lie in"),
            help_text=gettext_lazy(
                "For new edit sessions; what is open stays where it is. A library lets "
                "colleagues edit the same file together, and needs the right "
                "Files.ReadWrite.All."
            ),
        ),
        FieldPanel(
            "edit_path",
            attrs=_only_for(EditPlace.ONEDRIVE),
            help_text=gettext_lazy(
                "Such as “Website/Editing”; made where it is missing. Needs the right "
                "Files.ReadWrite."
            ),
        ),
        FieldPanel("edit_library", attrs=_only_for(EditPlace.LIBRARY)),
        FieldPanel("edit_drive_id", attrs=_only_for(EditPlace.LIBRARY)),
        FieldPanel(
            "edit_folder_id",
            attrs=_only_for(EditPlace.LIBRARY),
            help_text=gettext_lazy("Empty: the top of the library."),
        ),
    ],
    heading=gettext_lazy("Where documents are edited"),
)
