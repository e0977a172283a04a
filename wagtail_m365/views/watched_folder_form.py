"""The form of a watched folder: which one, with whose account, into which collection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.collections import CollectionChoiceField
from wagtail.models import Collection

from wagtail_m365.documents.clients import graph_for, scopes_for
from wagtail_m365.documents.folders import Folder, Place
from wagtail_m365.documents.preflight import private_paths
from wagtail_m365.documents.wagtail_compat import document_policy
from wagtail_m365.errors import M365Error
from wagtail_m365.models import Connection, WatchedFolder
from wagtail_m365.tokens.service_connections import may_manage

from .folder_fields import FolderField

_MEGABYTE = 1024 * 1024
#: Seconds that a person waits while the account is tried.
_PATIENCE = 6.0


class WatchedFolderForm(forms.ModelForm):  # type: ignore[type-arg]  # not at runtime
    """Everything that can be said of a watched folder; the folder itself only once."""

    source = FolderField(label=gettext_lazy("Folder in Microsoft 365"))
    collection = CollectionChoiceField(
        label=gettext_lazy("Collection"),
        queryset=Collection.objects.none(),
        empty_label=None,
        help_text=gettext_lazy("The files become documents of this collection."),
    )
    megabytes = forms.IntegerField(
        label=gettext_lazy("Largest file, in megabytes"),
        help_text=gettext_lazy("Empty: as large as the site allows."),
        min_value=1,
        required=False,
    )

    class Meta:
        model = WatchedFolder
        fields = [
            "source",
            "connection",
            "collection",
            "subfolders",
            "extensions",
            "megabytes",
            "follows_file_names",
            "when_gone",
            "private_collection",
        ]
        widgets = {"when_gone": forms.RadioSelect}
        labels = {
            "connection": gettext_lazy("Microsoft account that reads it"),
            "extensions": gettext_lazy("Only these formats"),
            "follows_file_names": gettext_lazy("Rename the document's file, too"),
            "when_gone": gettext_lazy("When a file is deleted or moved away there"),
        }
        help_texts = {
            "extensions": gettext_lazy(
                "For example “pdf docx”. Empty: all that the site takes."
            ),
            "follows_file_names": gettext_lazy(
                "When a file is renamed there, its document's title follows. With this, "
                "its file name does, too – and so its address: links from other sites "
                "then lead nowhere."
            ),
            "when_gone": gettext_lazy(
                "A document that was edited on this site always stays."
            ),
            "private_collection": gettext_lazy(
                "Where documents go whose files are gone, if you chose that."
            ),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        allowed = document_policy().collections_user_has_permission_for(user, "add")
        self.fields["collection"].queryset = allowed  # type: ignore[attr-defined]  # rows
        self.fields["private_collection"].queryset = _private(allowed)  # type: ignore[attr-defined]  # rows
        accounts: Any = self.fields["connection"]
        accounts.queryset = self.accounts()
        accounts.required = True
        accounts.empty_label = None
        if self.instance._state.adding:
            source: Any = self.fields["source"]
            source.widget.account_id = self.initial.get("connection")
            return
        del self.fields["source"]
        if self.instance.max_size:
            self.initial["megabytes"] = -(-self.instance.max_size // _MEGABYTE)

    def accounts(self) -> QuerySet[Connection]:
        """One's own accounts, and the site's own for people who manage those."""
        wanted = Q(user=self.user) | Q(pk=self.instance.connection_id)
        if may_manage(self.user):
            wanted |= Q(service_name__isnull=False)
        return Connection.objects.filter(wanted).order_by("created_at")

    def clean_extensions(self) -> str:
        """Lower case, without dots, with spaces between them."""
        text = self.cleaned_data["extensions"].replace(",", " ").lower()
        return " ".join(word.strip(".* ") for word in text.split() if word.strip(".* "))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        unpublish = given.get("when_gone") == WatchedFolder.WhenGone.UNPUBLISH
        if unpublish and not given.get("private_collection"):
            self.add_error("private_collection", _("Choose a private collection."))
        if not self.errors:
            self._try_account(given)
        return given

    def _try_account(self, given: dict[str, Any]) -> None:
        """Ask Microsoft whether this account can read the folder."""
        connection, row = given["connection"], self.instance
        chosen: Folder | None = given.get("source")
        place = chosen.place if chosen else Place(row.place)
        at = (
            (chosen.drive_id, chosen.item_id) if chosen else (row.drive_id, row.item_id)
        )
        try:
            scopes = scopes_for(connection, place.scopes)
            graph = graph_for(connection, scopes, patience=_PATIENCE)
            item = graph.drives.item(*at)
        except M365Error as error:
            explanation = error.explanation
            text = f"{explanation.what} {explanation.next_step}"
            self.add_error("connection", text)
            return
        if not item.is_folder:
            self.add_error(None, _("This is no folder."))

    def save(self, commit: bool = True) -> WatchedFolder:
        """The folder, with what was chosen; its next run looks at everything anew."""
        row: WatchedFolder = super().save(commit=False)
        given = self.cleaned_data
        megabytes = given.get("megabytes")
        row.max_size = megabytes * _MEGABYTE if megabytes else None
        if (chosen := given.get("source")) is not None:
            _copy(row, chosen)
        if row.owner is None or not row.owner.is_active:
            row.owner = self.user
        row.state, row.stop_code, row.stop_facts = row.State.ACTIVE, "", {}
        row.link, row.is_looking, row.not_before = "", False, 0
        if commit:
            row.save()
            row.items.look_again()
        return row


def _copy(row: WatchedFolder, chosen: Folder) -> None:
    row.place, row.drive_id = chosen.place.value, chosen.drive_id
    row.item_id, row.top_id = chosen.item_id, chosen.top_id
    row.top_name, row.path = chosen.top_name, chosen.path
    row.name = (chosen.name or str(chosen))[:255]


def _private(allowed: QuerySet[Collection]) -> QuerySet[Collection]:
    """Collections that the site shows to some people only."""
    paths = private_paths()
    ids = [each.pk for each in allowed if each.path.startswith(paths)]
    private: QuerySet[Collection] = Collection.objects.filter(pk__in=ids)
    return private
