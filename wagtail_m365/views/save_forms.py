"""The forms of *Save to OneDrive*: one document, or many."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_m365.errors import NameRefused, NameTaken
from wagtail_m365.graph.names import MAX_NAME, MAX_PATH, check_name, check_path

from .folder_fields import FolderField


class FolderForm(forms.Form):
    """Where copies go, and what happens to a name that is taken."""

    into = FolderField(
        label=gettext_lazy("Folder"),
        required=False,
    )
    folder = forms.CharField(
        label=gettext_lazy("Folder below it"),
        help_text=gettext_lazy(
            "Folders one inside the other, with slashes between them: “Press/2026”. "
            "What does not exist yet is made."
        ),
        max_length=MAX_PATH,
        required=False,
    )
    conflict = forms.ChoiceField(
        label=gettext_lazy("If a file of that name is there already"),
        choices=[
            ("rename", gettext_lazy("Keep both: the new copy gets a number")),
            (
                "replace",
                gettext_lazy("Replace it; OneDrive keeps the old one as a version"),
            ),
            ("fail", gettext_lazy("Stop, so that I can choose another name")),
        ],
        initial="rename",
        widget=forms.RadioSelect,
    )

    def __init__(
        self,
        *args: Any,
        default_folder: str = "",
        collection_id: Any = None,
        account: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.default_folder = default_folder
        into = self.fields["into"]
        into.widget.collection_id = collection_id
        into.widget.account_id = account and account.pk
        into.help_text = (
            _("If none is chosen: the folder “%(name)s” in your OneDrive.")
            % {"name": default_folder}
            if default_folder
            else _("If none is chosen: the top of your OneDrive.")
        )

    def clean(self) -> dict[str, Any]:
        """Where nothing is said, copies do not lie about at the top of the drive."""
        given = self.cleaned_data
        if not given.get("into") and not given.get("folder"):
            given["folder"] = self.default_folder
        return given

    def clean_folder(self) -> str:
        """Names with single slashes between them."""
        parts = self.cleaned_data["folder"].replace("\\", "/").split("/")
        folder = "/".join(filter(None, map(str.strip, parts)))
        return self.accepted("folder", folder)

    def accepted(self, field: str, text: str) -> str:
        """The text, if OneDrive takes it.

        Raises:
            ValidationError: It does not.
        """
        try:
            check_path(text) if field == "folder" else check_name(text)
        except NameRefused as error:
            raise forms.ValidationError(words_of(error)) from error
        return text

    def refuse_folder(self) -> None:
        """Tell that the chosen folder is gone; another one can be chosen."""
        self.add_error("into", _("This folder is not there any more. Choose another."))


class SaveForm(FolderForm):
    """Where a copy goes, and under which name."""

    name = forms.CharField(label=gettext_lazy("File name"), max_length=MAX_NAME)
    field_order = ["into", "folder", "name", "conflict"]

    def __init__(self, *args: Any, extension: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extension = extension

    def clean_name(self) -> str:
        """The name, with the document's own extension."""
        name = self.cleaned_data["name"]
        if self.extension and not name.lower().endswith(self.extension.lower()):
            # Without it, Office would not know what to do with the file.
            name += self.extension
        return self.accepted("name", name)

    def refuse(self, error: NameRefused | NameTaken) -> None:
        """Tell at the field what OneDrive did not take."""
        self.add_error("name", words_of(error))


class SaveManyForm(FolderForm):
    """Where many copies go."""

    share = forms.BooleanField(
        label=gettext_lazy("Make a link to each copy for the organisation"),
        help_text=gettext_lazy(
            "Everybody who signs in with an account of the organisation can read the "
            "copy with it."
        ),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["conflict"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("rename", _("Keep both: the new copy gets a number")),
            ("replace", _("Replace it; OneDrive keeps the old one as a version")),
            (
                "fail",
                _("Leave it: that document is not saved, and is named in the result"),
            ),
        ]


def words_of(error: NameRefused | NameTaken) -> str:
    """What happened and what to do next, for a field of a form."""
    explanation = error.explanation
    return f"{explanation.what} {explanation.next_step}".strip()
