from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import RequestFactory
from wagtail import hooks
from wagtail.admin.widgets.button import Button

from wagtail_m365.views import go
from wagtail_m365.views.buttons import document_buttons, open_button

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switched_on")]


@pytest.fixture
def request_of():
    def request_of(user, path="/admin/documents/"):
        request = RequestFactory().get(path)
        request.user = user
        return request

    return request_of


def labels(buttons):
    return [str(each.label) for each in sorted(buttons)]


def go_of(button):
    return parse_qs(urlsplit(button.url).query)["go"][0]


def test_a_closed_document_can_be_opened_and_saved(document, writer, request_of):
    buttons = document_buttons(document, request_of(writer), place="listing")

    assert labels(buttons) == ["Open in Microsoft 365", "Save to OneDrive"]


def test_an_open_document_can_be_brought_back(
    document, writer, request_of, open_session
):
    open_session(document, writer)

    buttons = document_buttons(document, request_of(writer), place="listing")

    assert labels(buttons) == [
        "Open in Microsoft 365",
        "Bring back from Microsoft 365",
        "Save to OneDrive",
    ]


def test_discarding_is_offered_on_the_edit_page_only(
    document, writer, request_of, open_session
):
    open_session(document, writer)

    buttons = document_buttons(document, request_of(writer), place="edit")

    assert "Discard the copy in Microsoft 365" in labels(buttons)


def test_an_action_leads_back_to_the_page_it_stood_on(document, writer, request_of):
    request = request_of(writer, "/admin/documents/?q=rules&p=2")

    save = max(document_buttons(document, request, place="listing"))

    assert parse_qs(urlsplit(save.url).query)["next"] == [
        "/admin/documents/?q=rules&p=2"
    ]


def test_a_plugin_can_change_the_list_of_actions(document, writer, request_of):
    told = {}

    def only_mine(*, actions, document, request, context):
        told.update(document=document, user=request.user, **context)
        actions[:] = [Button("Mail it", url="/mail/", priority=1)]

    with hooks.register_temporarily("construct_m365_document_actions", only_mine):
        buttons = document_buttons(document, request_of(writer), place="edit")

    assert labels(buttons) == ["Mail it"]
    assert told == {
        "document": document,
        "user": writer,
        "place": "edit",
        "session": None,
    }


def test_a_link_says_what_it_opens_and_that_a_tab_opens(document, writer):
    button = open_button(writer, document.pk, title="Visitor rules")

    assert (
        button.attrs["aria-label"] == "Open in Microsoft 365: Visitor rules (new tab)"
    )


def test_a_link_is_for_one_person_and_one_document(document, writer, outsider):
    value = go_of(open_button(writer, document.pk, title=""))

    assert go.read(value, writer, document.pk) == go.Go(after_sign_in=False)
    assert go.read(value, outsider, document.pk) is None
    assert go.read(value, writer, document.pk + 1) is None


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "é", "[1]"])
def test_a_made_up_value_is_worth_nothing(value, writer):
    assert go.read(value, writer, 1) is None


def test_a_link_goes_on_by_itself_for_a_quarter_of_an_hour(document, writer):
    with time_machine.travel("2026-03-01 12:00Z", tick=False) as clock:
        value = go.sign(writer, document.pk)
        clock.shift(14 * 60)
        assert go.read(value, writer, document.pk)
        clock.shift(2 * 60)
        assert go.read(value, writer, document.pk) is None
