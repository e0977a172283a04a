from __future__ import annotations

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Collection

from wagtail_m365.models import EditSession

from .conftest import Browser, permission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switched_on")]

MANAGE = "wagtail_m365.manage_edit_sessions"
USE = "wagtail_m365.use_microsoft365"


@pytest.fixture
def collections(db):
    root = Collection.get_first_root_node()
    return {name: root.add_child(name=name) for name in ("Press", "Law")}


@pytest.fixture
def press(make_writer, collections):
    return make_writer("press", collections["Press"])


@pytest.fixture
def law(make_writer, collections):
    return make_writer("law", collections["Law"])


@pytest.fixture
def both_open(press, law, collections, make_document, open_session):
    """Each of the two has a document of the own collection open."""
    ours = make_document("Press kit", collection=collections["Press"])
    theirs = make_document("Contract", collection=collections["Law"])
    return open_session(ours, press), open_session(theirs, law)


@pytest.fixture
def manager(make_writer, collections):
    """May manage sessions, and change documents of one collection."""
    return make_writer("manager", collections["Press"], USE, MANAGE)


@pytest.fixture
def colleague(make_writer, collections):
    """Somebody else who may change documents of that collection."""
    return make_writer("colleague", collections["Press"])


@pytest.fixture
def listing(client):
    def listing(user, **query):
        client.force_login(user)
        page = client.get(reverse("wagtail_m365:edit_sessions"), query)
        assert page.status_code == 200
        return page.content.decode()

    return listing


def test_it_lists_who_has_what_open(listing, both_open, press):
    page = listing(press)

    assert "Press kit" in page
    assert "Open in Microsoft 365" in page


def test_nobody_learns_of_documents_that_they_may_not_change(listing, both_open, press):
    page = listing(press)

    assert "Contract" not in page
    assert ">law<" not in page.replace(" ", "").replace("\n", "")


def test_superusers_see_all(listing, both_open, admin_user):
    page = listing(admin_user)

    assert "Press kit" in page
    assert "Contract" in page


def test_ones_own_session_is_seen_even_without_the_document(
    listing, both_open, law, press
):
    EditSession.objects.filter(owner=law).update(owner=press)

    assert "Contract" in listing(press)


def test_without_the_right_to_use_microsoft_there_is_no_listing(client, outsider):
    client.force_login(outsider)

    page = client.get(reverse("wagtail_m365:edit_sessions"))

    assert page.url == reverse("wagtailadmin_home")


def test_the_reports_menu_leads_to_it(client, press, outsider):
    address = reverse("wagtail_m365:edit_sessions")
    client.force_login(press)
    assert address in client.get(reverse("wagtailadmin_home")).content.decode()

    client.force_login(outsider)
    assert address not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_it_can_be_filtered_by_state(listing, both_open, admin_user):
    both_open[0].advance(EditSession.State.CONFLICT)

    page = listing(admin_user, state="conflict")

    assert "Press kit" in page
    assert "Contract" not in page


def test_it_can_be_filtered_by_owner(listing, both_open, admin_user, law):
    page = listing(admin_user, owner=law.pk)

    assert "Contract" in page
    assert "Press kit" not in page


def test_the_list_of_owners_is_drawn_as_django_draws_it(
    listing, both_open, admin_user, law, press
):
    law.first_name, law.last_name = "<b>", "& Law"
    law.save()
    page = listing(admin_user, owner=law.pk)
    everybody = '<option value="">Anyone</option>'
    one = f'<option value="{law.pk}" selected>&lt;b&gt; &amp; Law</option>'
    other = f'<option value="{press.pk}">{press.get_username()}</option>'
    name = 'name="owner"'
    drawn = page[page.index(name) :].partition("</select>")[0]
    assert drawn.partition(">")[2] == f"{everybody}{one}{other}"


def test_it_can_be_filtered_by_age(listing, both_open, admin_user):
    EditSession.objects.filter(pk=both_open[0].pk).update(
        opened_at=timezone.now() - timedelta(days=8)
    )

    page = listing(admin_user, age="7")

    assert "Press kit" in page
    assert "Contract" not in page


def test_it_can_be_filtered_by_collection(listing, both_open, admin_user, collections):
    page = listing(admin_user, collection=collections["Law"].pk)

    assert "Contract" in page
    assert "Press kit" not in page


def test_the_filter_names_no_owner_whose_sessions_one_does_not_see(
    client, both_open, press, law
):
    client.force_login(press)

    page = client.get(reverse("wagtail_m365:edit_sessions"))

    assert list(page.context["filters"].form.fields["owner"].queryset) == [press]


def test_a_session_whose_document_was_deleted_is_still_listed(
    listing, both_open, admin_user
):
    both_open[0].document.delete()

    assert "Press kit" in listing(admin_user)


def test_it_costs_the_same_for_two_rows_as_for_one(
    client, both_open, admin_user, django_assert_max_num_queries
):
    client.force_login(admin_user)
    client.get(reverse("wagtail_m365:edit_sessions_results"))

    with django_assert_max_num_queries(20):
        client.get(reverse("wagtail_m365:edit_sessions_results"))


def test_it_can_be_exported_as_csv(client, both_open, admin_user):
    client.force_login(admin_user)

    answer = client.get(reverse("wagtail_m365:edit_sessions"), {"export": "csv"})

    text = b"".join(answer.streaming_content).decode()
    head, *rows = csv.reader(io.StringIO(text))
    assert head[:3] == ["Document", "Collection", "Opened by"]
    assert {row[0]: row[2] for row in rows} == {"Press kit": "press", "Contract": "law"}


def test_an_export_names_people_as_the_page_does(client, both_open, press):
    press.first_name, press.last_name = "Petra", "Press"
    press.save()
    client.force_login(press)

    answer = client.get(reverse("wagtail_m365:edit_sessions"), {"export": "csv"})

    assert ",Petra Press," in b"".join(answer.streaming_content).decode()


def test_it_can_be_exported_as_a_workbook(client, both_open, press):
    client.force_login(press)

    answer = client.get(reverse("wagtail_m365:edit_sessions"), {"export": "xlsx"})

    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    titles = [row[0] for row in book.active.iter_rows(values_only=True)]
    assert titles == ["Document", "Press kit"]


@pytest.mark.parametrize("title", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)"])
def test_a_title_is_no_formula_in_a_spreadsheet(client, both_open, press, title):
    EditSession.objects.filter(owner=press).update(document_title=title)
    client.force_login(press)

    answer = client.get(reverse("wagtail_m365:edit_sessions"), {"export": "csv"})

    assert f"'{title}" in b"".join(answer.streaming_content).decode()


def ends(session):
    return reverse("wagtail_m365:end_session", args=[session.pk])


def hands_over(session):
    return reverse("wagtail_m365:hand_over", args=[session.pk])


def test_only_who_manages_is_offered_to_end_the_sessions_of_others(
    listing, both_open, press, manager
):
    assert ends(both_open[0]) in listing(manager)
    assert ends(both_open[0]) not in listing(press)


def test_ending_is_asked_first(client, both_open, admin_user):
    client.force_login(admin_user)

    page = client.get(ends(both_open[0])).content.decode()

    assert "it stays in the OneDrive of whoever opened it" in page
    both_open[0].refresh_from_db()
    assert both_open[0].is_unfinished


def test_a_manager_ends_the_session_of_somebody_else(client, both_open, manager):
    client.force_login(manager)

    answer = client.post(ends(both_open[0]))

    both_open[0].refresh_from_db()
    assert answer.url == reverse("wagtail_m365:edit_sessions")
    assert both_open[0].state == EditSession.State.DISCARDED
    assert both_open[0].remote_copy == EditSession.RemoteCopy.LEFT_TO_OWNER


@pytest.mark.parametrize("who", ["press", "writer", "outsider"])
def test_nobody_else_ends_a_session(client, both_open, request, who):
    client.force_login(request.getfixturevalue(who))

    for ask in (client.get, client.post):
        assert ask(ends(both_open[0])).url == reverse("wagtailadmin_home")
    both_open[0].refresh_from_db()
    assert both_open[0].is_unfinished


def test_a_manager_reaches_no_session_of_a_document_out_of_reach(
    client, both_open, manager
):
    client.force_login(manager)

    for address in (ends(both_open[1]), hands_over(both_open[1])):
        assert client.post(address).status_code == 404


def test_a_session_that_is_over_cannot_be_ended_again(client, both_open, admin_user):
    client.force_login(admin_user)
    client.post(ends(both_open[0]))

    assert client.post(ends(both_open[0])).status_code == 404


def test_it_is_handed_over_to_people_who_can_go_on(
    client, both_open, colleague, account_of, manager
):
    account_of(colleague)
    client.force_login(both_open[0].owner)

    page = client.get(hands_over(both_open[0]))

    assert list(page.context["form"].fields["to"].queryset) == [colleague]


def test_without_anybody_who_can_go_on_the_page_says_so(client, both_open, press):
    client.force_login(press)

    page = client.get(hands_over(both_open[0])).content.decode()

    assert "Nobody else who may change this document" in page


def test_only_who_has_it_open_or_manages_hands_it_over(client, both_open, writer):
    client.force_login(writer)

    answer = client.post(hands_over(both_open[0]), {"to": writer.pk})

    assert answer.url == reverse("wagtailadmin_home")


def test_it_cannot_be_handed_to_somebody_who_was_not_offered(
    client, both_open, press, law
):
    client.force_login(press)

    page = client.post(hands_over(both_open[0]), {"to": law.pk})

    assert page.status_code == 200
    assert page.context["form"].errors["to"]


def test_a_colleague_may_not_use_microsoft_365_any_more(
    client, both_open, colleague, account_of
):
    colleague.groups.get().permissions.remove(permission(USE))
    account_of(colleague)
    client.force_login(both_open[0].owner)

    page = client.post(hands_over(both_open[0]), {"to": colleague.pk})

    assert "may not use Microsoft 365" in page.content.decode()


@pytest.fixture
def going_on(microsoft, make_writer):
    """A colleague at another browser, with an account of the own."""
    user = make_writer("bea")
    client = Client()
    client.force_login(user)
    account = microsoft.add_account("bea@contoso.example", name="Bea")
    return Browser(client, microsoft, user, account).connect()


@pytest.fixture
def handed_over(connected, document, going_on):
    """A document that was opened, edited and handed over."""
    connected.post(reverse("wagtail_m365:open", args=[document.pk]))
    connected.drive.edit(connected.drive.paths()[0], b"edited")
    return connected.post(
        hands_over(EditSession.objects.get()), {"to": going_on.user.pk}
    )


def test_a_colleague_goes_on_with_what_was_edited(handed_over, going_on):
    path = going_on.drive.paths()[0]

    assert handed_over.url == reverse("wagtail_m365:edit_sessions")
    assert going_on.drive.file(path) == b"edited"
    assert EditSession.objects.unfinished().get().owner == going_on.user


def test_an_account_that_gives_no_access_is_named(
    connected, document, going_on, microsoft
):
    connected.post(reverse("wagtail_m365:open", args=[document.pk]))
    microsoft.fail("revoked_grant", times=9)
    microsoft.clock.advance(4000)

    page = connected.post(
        hands_over(EditSession.objects.get()), {"to": going_on.user.pk}
    )

    assert "Ask both to look at their account page" in page.content.decode()
    assert EditSession.objects.unfinished().get().owner == connected.user


def test_the_copy_of_somebody_who_left_is_to_be_fetched_at_microsoft(
    connected, document, going_on, admin_user, client
):
    connected.post(reverse("wagtail_m365:open", args=[document.pk]))
    session = EditSession.objects.get()
    connected.user.is_active = False
    connected.user.save()
    client.force_login(admin_user)

    page = client.post(hands_over(session), {"to": going_on.user.pk}).content.decode()

    assert "Ask an administrator of Microsoft 365 for the file" in page
    assert session.item_name in page
    assert "Ask both to look at their account page" not in page
