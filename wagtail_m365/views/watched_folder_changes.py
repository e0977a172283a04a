"""A watched folder is set up, changed, and given up; its documents stay."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages

from wagtail_m365.documents.folders import Place
from wagtail_m365.models import Connection, WatchedFolder
from wagtail_m365.tokens.connect_urls import connect_url

from . import records
from .accounts import AccountChoice
from .watched_folder_access import WatchedFolderPage
from .watched_folder_form import WatchedFolderForm


class _FolderFormView(WatchedFolderPage, FormView):  # type: ignore[type-arg]  # not at runtime
    form_class = WatchedFolderForm
    template_name = "wagtail_m365/watched_folders/form.html"
    submit_label: Any = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "user": self.request.user,
            "instance": self.instance,
        }

    @property
    def instance(self) -> WatchedFolder | None:
        """What is edited; ``None``: a new one."""
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = Connection.objects.of_user(self.request.user)
        return super().get_context_data(
            folder=self.instance,
            submit_label=self.submit_label,
            is_connected=own.exists(),
            sign_in_url=connect_url(*Place.MINE.scopes, next=self.request.path),
            **kwargs,
        )


class AddWatchedFolderView(_FolderFormView):
    """Choose a folder and say where its files go."""

    page_title = gettext_lazy("Watch a folder")
    submit_label = gettext_lazy("Watch this folder")

    def get_initial(self) -> dict[str, Any]:
        account = self.choice.chosen
        return {"connection": account.pk if account else None}

    @cached_property
    def choice(self) -> AccountChoice:
        """The person's accounts: each has folders of its own."""
        return AccountChoice(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.choice.context(), **kwargs)

    def form_valid(self, form: WatchedFolderForm) -> HttpResponse:
        folder = form.save(commit=False)
        user: Any = self.request.user
        folder.owner = user
        folder.save()
        records.made(folder, user)
        text = _("“%(name)s” is watched. Let it run now, or wait for the next run.")
        messages.success(self.request, text % {"name": folder})
        return redirect("wagtail_m365:watched_folder", folder.pk)


class EditWatchedFolderView(_FolderFormView):
    """Change all but the folder itself."""

    submit_label = gettext_lazy("Save")

    @property
    def instance(self) -> WatchedFolder | None:
        return self.folder

    def get_page_title(self) -> str:
        return _("Change “%(name)s”") % {"name": self.folder}

    def form_valid(self, form: WatchedFolderForm) -> HttpResponse:
        form.save()
        records.changed(self.folder, self.request.user)
        text = _("“%(name)s” was changed; its next run looks at everything anew.")
        messages.success(self.request, text % {"name": self.folder})
        return redirect(self.folder_url)


class DeleteWatchedFolderView(WatchedFolderPage, TemplateView):
    """Ask, and with POST watch it no longer."""

    template_name = "wagtail_m365/watched_folders/delete.html"

    def get_page_title(self) -> str:
        return _("Stop watching “%(name)s”") % {"name": self.folder}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        text = _("“%(name)s” is not watched any more; its documents stay.")
        messages.success(request, text % {"name": self.folder})
        records.given_up(self.folder, request.user)
        self.folder.delete()
        return redirect(reverse("wagtail_m365:watched_folders"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        documents = self.folder.items.filter(source__isnull=False).count()
        return super().get_context_data(
            folder=self.folder,
            folder_url=self.folder_url,
            documents=documents,
            **kwargs,
        )
