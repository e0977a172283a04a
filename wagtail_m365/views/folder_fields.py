"""The form field and the widget with which a form asks for a folder."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets.chooser import BaseChooser

from wagtail_m365.documents.folders import Folder
from wagtail_m365.errors import InvalidRequest


class FolderChooser(BaseChooser):
    """Wagtail's chooser widget, for folders in Microsoft 365.

    Args:
        collection_id: The browser begins where documents of this collection went last.
        account_id: The account to browse with; the default one if none is named.
        more: As Wagtail's own chooser widgets.
    """

    model = Folder
    icon = "folder-open-inverse"
    choose_one_text = _("Choose a folder")
    choose_another_text = _("Choose another folder")
    clear_choice_text = _("Clear choice")
    show_edit_link = False
    chooser_modal_url_name = "m365_folders:choose"

    def __init__(
        self, *, collection_id: Any = None, account_id: Any = None, **more: Any
    ) -> None:
        super().__init__(**more)
        self.account_id = account_id
        self.collection_id = collection_id

    def get_instance(self, value: Any) -> Folder | None:
        """The folder, from itself or from the signed text of an earlier form."""
        if not value or isinstance(value, Folder):
            return value or None
        try:
            return Folder.unsign(str(value))
        except InvalidRequest:
            return None

    def get_value_data_from_instance(self, instance: Folder) -> dict[str, str]:
        return {
            "id": instance.sign(),
            "edit_url": "",
            self.display_title_key: str(instance),
        }

    def get_chooser_modal_url(self) -> str:
        url: str = super().get_chooser_modal_url()
        asked = {"collection": self.collection_id, "account": self.account_id}
        query = urlencode({k: v for k, v in asked.items() if v is not None})
        return f"{url}?{query}" if query else url


class FolderField(forms.Field):
    """Asks for a folder; its value is a ``Folder``, or ``None`` where none is chosen."""

    widget = FolderChooser
    default_error_messages = {
        "unknown": _("This folder cannot be read any more. Choose it again.")
    }

    def to_python(self, value: Any) -> Folder | None:
        """The folder of the signed text.

        Raises:
            ValidationError: It is none of ours.
        """
        if not value or isinstance(value, Folder):
            return value or None
        try:
            return Folder.unsign(str(value))
        except InvalidRequest as error:
            raise forms.ValidationError(
                self.error_messages["unknown"], code="unknown"
            ) from error
