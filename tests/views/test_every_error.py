"""Every error through every kind of view: what happened, who acts, and the next step.

Each way to tell an error is fed with all of them at the place where the product hands it
over. That no address of ours leaves the way out is the last test.
"""

from __future__ import annotations

import io
from html import unescape

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.management import call_command
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import get_resolver, path, reverse
from django.views.generic import View

from tests import urls
from wagtail_m365 import errors
from wagtail_m365.documents.transferring import columns_of
from wagtail_m365.errors import M365Error
from wagtail_m365.explanations import TABLE, in_one_line
from wagtail_m365.models import Connection, FollowedDrive, Transfer, WatchedFolder
from wagtail_m365.views.errors import (
    ExplainsErrors,
    actor_name,
    explain_in_message,
    explains_errors,
)
from wagtail_m365.views.folder_screens import Screen

from .test_matrix import ours
from .test_transfers import BATCH, page, transfer  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db


def kinds(root=M365Error):
    for kind in root.__subclasses__():
        # Plugins, and other tests, make classes of their own.
        if kind.__module__ == errors.__name__:
            yield kind
            yield from kinds(kind)


def finer_codes():
    """Those whose words differ from their class's, as the product raises them."""
    classes = {kind.code for kind in kinds()}
    for code in sorted(TABLE):
        if code.startswith("graph."):
            graph_code = code.removeprefix("graph.")
            yield errors.GraphError(status=400, graph_code=graph_code)
        elif code not in classes:
            yield errors.Misconfigured(code=code)


def every_error():
    return [*(kind() for kind in kinds()), *finer_codes()]


#: For whole pages: every class, and one of twenty codes.
def few():
    kept = {name: each for name, each in ERRORS.items() if not is_finer(each)}
    return kept | dict([*ERRORS.items()][::20])


def is_finer(error):
    return error.code != type(error).code or getattr(error, "graph_code", "")


ERRORS = {f"{type(each).__name__}-{n}": each for n, each in enumerate(every_error())}


class RaisingPage(ExplainsErrors, View):
    """A page that wears what every page of ours wears."""

    def get(self, request, name):
        raise ERRORS[name]


class Form(View):
    """A form that comes back to where it stood, with a message."""

    def post(self, request, name):
        explain_in_message(request, ERRORS[name], next_url="/admin/")
        return redirect("wagtailadmin_home")


@explains_errors
def forgetful(request, name):
    """A view that explains nothing itself."""
    raise ERRORS[name]


urlpatterns = [
    path("raising/page/<name>/", login_not_required(RaisingPage.as_view())),
    path("raising/form/<name>/", login_not_required(Form.as_view())),
    path("raising/part/<name>/", login_not_required(forgetful)),
    *urls.urlpatterns,
]


@pytest.fixture
def admin(admin_client, settings):
    settings.ROOT_URLCONF = __name__
    return admin_client


def assert_told(text, error, *, who=True):
    """The three things that a person needs, and nothing for a developer."""
    told, text = error.explanation, unescape(text)
    assert told.what in text, error
    assert told.next_step, error
    assert told.next_step in text, error
    if who:
        assert actor_name(told.actor) in text, error
    assert "Traceback" not in text


def test_there_are_words_for_more_than_codes():
    assert len(ERRORS) > 200


def test_a_page(admin):
    for name, error in few().items():
        response = admin.get(f"/raising/page/{name}/")
        assert 400 <= response.status_code < 600, error
        assert_told(response.content.decode(), error)


def test_a_part_of_a_page(admin):
    for name, error in ERRORS.items():
        response = admin.get(
            f"/raising/part/{name}/", headers={"X-Requested-With": "XMLHttpRequest"}
        )
        part = response.content.decode()
        assert_told(part, error)
        assert "<html" not in part


def test_a_form_that_comes_back_with_a_message(admin):
    for name, error in few().items():
        shown = admin.post(f"/raising/form/{name}/", follow=True).content.decode()
        assert_told(shown, error, who=False)


def test_the_folder_chooser(rf, writer):
    for error in ERRORS.values():
        request = rf.get("/admin/m365/folders/")
        request.user = writer
        screen = Screen(request, error)
        shown = render_to_string(
            "wagtail_m365/folders/trouble.html",
            {"screen": screen, "trouble": screen.trouble},
        )
        assert_told(shown, error)


def test_a_transfer_that_a_worker_could_not_finish(page):  # noqa: F811  # the fixture
    address = reverse("wagtail_m365:transfer_rows", args=[BATCH])
    for error in ERRORS.values():
        Transfer.objects.update(state=Transfer.State.FAILED, **columns_of(error))
        assert_told(page.get(address).content.decode(), error)


def test_a_watched_folder_that_has_stopped(admin_client, admin_user, account_of):
    folder = WatchedFolder.objects.create(
        owner=admin_user,
        connection=account_of(admin_user),
        drive_id="drive",
        item_id="item",
        name="Kits",
    )
    address = reverse("wagtail_m365:watched_folder", args=[folder.pk])
    for error in few().values():
        WatchedFolder.objects.update(
            state=WatchedFolder.State.STOPPED, stop_code=error.code
        )
        shown = admin_client.get(address).content.decode()
        assert_told(shown, M365Error(code=error.code))


def test_a_terminal():
    for error in ERRORS.values():
        assert_told(in_one_line(error), error, who=False)
        assert f"({error.code})" in in_one_line(error)


def test_commands_say_more_than_a_code(microsoft, connected_editor, account_of):
    connection = Connection.objects.get(user=connected_editor)
    FollowedDrive.objects.create(connection=connection, drive_id=f"b!{'A' * 64}")
    said = io.StringIO()

    call_command("m365_sweep", refresh=True, stdout=said, stderr=said)

    assert_told(said.getvalue(), errors.ItemNotFound(), who=False)


def test_no_address_of_ours_is_without_a_way_to_explain():
    callbacks = dict(callbacks_of(get_resolver()))
    missing = [
        name
        for name in ours()
        # What Microsoft's server calls is read by nobody.
        if not getattr(callbacks[name], "explains_errors", False)
        and not name.startswith("wagtail_m365_public")
    ]
    assert missing == []


def callbacks_of(resolver, namespace=""):
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from callbacks_of(each, inner)
        elif each.name:
            yield f"{namespace}{each.name}", each.callback
