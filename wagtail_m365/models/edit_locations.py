"""Where the copies of documents lie while they are edited, as the site has chosen it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_m365.conf import place_of
from wagtail_m365.errors import Misconfigured


class EditPlace(models.TextChoices):
    """The kinds of places, from the least right to the most."""

    APP_FOLDER = "app_folder", _("App folder in the editor's OneDrive")
    ONEDRIVE = "onedrive", _("Another folder of the editor's OneDrive")
    LIBRARY = "library", _("A SharePoint or Teams library, shared by all editors")


class EditLocation(NamedTuple):
    """A place with what is needed to find it."""

    place: EditPlace = EditPlace.APP_FOLDER
    #: Of ``ONEDRIVE``: names with ``/`` between them.
    path: str = ""
    #: Of ``LIBRARY``: the drive, and a folder of it (``""``: its root).
    drive_id: str = ""
    folder_id: str = ""

    @classmethod
    def of_setting(cls, value: Any) -> Self:
        """What ``WAGTAIL_M365["EDIT_LOCATION"]`` says.

        Raises:
            Misconfigured: It says nothing that can be understood.
        """
        place = place_of(value)
        if place == EditPlace.APP_FOLDER:
            return cls()
        if place:
            return cls._of(place, value)
        raise Misconfigured(
            'EDIT_LOCATION must be "app_folder", {"onedrive": path} or '
            '{"library": drive id, "folder": folder id}.',
            code="edit_location_unreadable",
        )

    @classmethod
    def _of(cls, place: str, given: Mapping[str, str]) -> Self:
        if place == EditPlace.ONEDRIVE:
            return cls(place=EditPlace.ONEDRIVE, path=given["onedrive"].strip("/ "))
        return cls(
            place=EditPlace.LIBRARY,
            drive_id=given["library"],
            folder_id=given.get("folder", ""),
        )
