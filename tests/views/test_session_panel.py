from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from wagtail_m365.documents.checking import RemoteStatus
from wagtail_m365.documents.desktop import desktop_url
from wagtail_m365.models import Connection, EditSession
from wagtail_m365.models.connections import PERSONAL_TENANT
from wagtail_m365.views.status_sentences import sentence_about_copy, sentences_about

from .conftest import may

pytestmark = pytest.mark.django_db


def address(name, thing):
    return reverse(f"wagtail_m365:{name}", args=[thing.pk])


def panel(client, document):
    answer = client.get(address("panel", document))
    assert answer.status_code == 200
    return answer.content.decode()


def status(**facts):
    known = {
        "changed": False,
        "site_changed": False,
        "modified_at": None,
        "modified_by": "",
        "quiet_for": None,
        "publication": "",
    }
    return " ".join(sentences_about(RemoteStatus(**known | facts)))


@pytest.fixture
def opened(connected, document):
    connected.post(address("open", document))
    return document


def test_it_is_a_part_of_a_page(connected, document):
    text = panel(connected, document)

    assert "<html" not in text
    assert "Not open in Microsoft 365" in text


def test_what_was_asked_just_now_is_not_zero_minutes_ago(connected, opened):
    connected.post(address("check", opened))

    text = " ".join(panel(connected, opened).split())

    assert "(asked less than a minute ago)" in text
    assert "0\xa0minutes" not in text


def test_it_shows_what_was_opened_in_another_tab(connected, opened):
    text = panel(connected, opened)

    assert "Bring back and close" in text
    assert "csrfmiddlewaretoken" in text


def test_looking_at_a_document_that_is_not_open_asks_microsoft_nothing(
    connected, document
):
    panel(connected, document)

    assert connected.microsoft.requests == []


def test_looking_at_it_notices_what_was_edited(connected, opened):
    connected.drive.edit(connected.drive.paths()[0], b"edited")

    assert "Changed in Microsoft 365" in panel(connected, opened)


def test_looking_at_it_again_asks_microsoft_once_a_minute(connected, opened):
    panel(connected, opened)
    connected.microsoft.clear_requests()

    panel(connected, opened)

    assert connected.microsoft.requests == []


def test_the_documents_own_page_waits_for_nobody(connected, opened):
    connected.microsoft.clear_requests()

    connected.get(reverse("wagtaildocs:edit", args=[opened.pk]))

    assert connected.microsoft.requests == []


def test_what_is_known_is_shown_while_microsoft_is_away(connected, opened):
    connected.microsoft.fail("service_unavailable", times=9)

    text = panel(connected, opened)

    assert "Bring back and close" in text
    assert "Not changed" not in text


def test_a_copy_that_is_missed_is_told_and_the_session_goes_on(connected, opened):
    connected.drive.delete(connected.drive.paths()[0])

    assert "Not found in Microsoft 365 any more" in panel(connected, opened)
    assert EditSession.objects.get().state == "open"


def test_the_document_page_renews_it_when_somebody_comes_back(connected, document):
    page = connected.get(reverse("wagtaildocs:edit", args=[document.pk]))

    text = page.content.decode()
    assert address("panel", document) in text
    assert "focus@window-&gt;w-swap#replaceLazy" in text or (
        "focus@window->w-swap#replaceLazy" in text
    )
    assert 'id="m365-session"' in text


def test_nobody_else_sees_it(client, outsider, document):
    client.force_login(outsider)

    answer = client.get(address("panel", document))

    assert answer.url == reverse("wagtailadmin_home")


def test_the_owner_is_offered_to_hand_over(connected, opened):
    session = EditSession.objects.get()

    text = panel(connected, opened)

    assert address("hand_over", session) in text
    assert address("end_session", session) not in text


@pytest.mark.usefixtures("switched_on")
def test_who_manages_is_offered_to_end_what_others_opened(
    client, document, writer, make_writer, open_session
):
    session = open_session(document, make_writer("ada"))
    client.force_login(writer)
    assert address("end_session", session) not in panel(client, document)

    may(writer, "wagtail_m365.manage_edit_sessions")

    assert address("end_session", session) in panel(client, document)
    assert address("hand_over", session) in panel(client, document)


@pytest.mark.usefixtures("switched_on")
def test_others_learn_that_whoever_opened_it_is_gone_and_whom_to_ask(
    client, document, writer, make_writer, open_session
):
    ada = make_writer("ada")
    open_session(document, ada)
    client.force_login(writer)
    assert "Only the person who opened it" in panel(client, document)

    ada.is_active = False
    ada.save()

    text = panel(client, document)
    assert "Only the person who opened it" not in text
    assert "Ask an administrator of this site to hand it over to you" in text
    # The link would be made with an account that is not connected any more.
    assert address("join", document) not in text
    may(writer, "wagtail_m365.manage_edit_sessions")
    assert "hand it over to somebody who goes on" in panel(client, document)


def test_an_account_at_work_is_offered_the_desktop_app(connected, opened):
    text = panel(connected, opened)

    assert address("desktop", opened) in text
    assert "Open in the Word app" in text


def test_a_personal_account_is_not_offered_the_desktop_app(connected, opened):
    Connection.objects.update(tenant_id=PERSONAL_TENANT)

    assert address("desktop", opened) not in panel(connected, opened)


def test_the_desktop_app_is_told_where_the_copy_lies(connected, opened):
    answer = connected.get(address("desktop", opened))

    assert answer.status_code == 302
    scheme, command, place, url = re.split(r"[:|]", answer["Location"], maxsplit=3)
    assert (scheme, command, place) == ("ms-word", "ofe", "u")
    assert urlsplit(url).path.startswith("/dav/")
    assert url.endswith("rules.docx")


@pytest.fixture
def at_home(browser, microsoft, settings, document):
    """The same with a personal account, whose drive tells no such address."""
    settings.WAGTAIL_M365 = microsoft.settings(TENANT="common")
    browser.account = microsoft.add_account("wri@outlook.example", personal=True)
    browser.connect().post(address("open", document))
    return browser


def test_where_microsoft_tells_no_address_the_browser_is_the_way(at_home, document):
    answer = at_home.get(address("desktop", document))

    assert answer.url == reverse("wagtaildocs:edit", args=[document.pk])
    told = " ".join(map(str, get_messages(answer.wsgi_request)))
    assert "in the browser instead" in told


def test_nobody_is_sent_to_the_copy_of_somebody_else(
    client, opened, make_writer, microsoft
):
    client.force_login(make_writer("ada"))
    microsoft.clear_requests()

    assert client.get(address("desktop", opened)).status_code == 409
    assert microsoft.requests == []


def test_an_address_adds_no_command_for_the_desktop_app():
    url = desktop_url("a.xlsx", "https://x.example/ä|s|https://evil.example")

    assert url == "ms-excel:ofe|u|https://x.example/%C3%A4%7Cs%7Chttps://evil.example"


def test_other_formats_have_no_desktop_app():
    assert desktop_url("a.pdf", "https://x.example/a.pdf") == ""


def test_checking_says_what_microsoft_tells(connected, opened):
    connected.drive.edit(connected.drive.paths()[0], b"edited")

    answer = connected.post(address("check", opened))

    text = " ".join(map(str, get_messages(answer.wsgi_request)))
    assert "Changed in Microsoft 365 less than a minute ago, by Wri Ter." in text
    assert "Whether somebody has it open just now, Microsoft does not tell." in text


def test_checking_tells_of_the_sites_own_change(connected, opened):
    opened.file.save("rules.docx", ContentFile(b"replaced"), save=True)
    opened.file.close()

    answer = connected.post(address("check", opened))

    text = " ".join(map(str, get_messages(answer.wsgi_request)))
    assert "Not changed in Microsoft 365." in text
    assert "The file on this site has changed" in text


def test_an_older_change_is_told_with_its_age():
    then = timezone.now() - timedelta(minutes=3, seconds=5)

    text = status(changed=True, modified_at=then, quiet_for=185.0)

    assert "Changed in Microsoft 365 3\xa0minutes ago." in text


def test_a_change_without_a_time_gets_none():
    assert "when, Microsoft does not tell" in status(changed=True)


def test_a_check_out_is_told_as_such():
    assert "checked out" in status(publication="checkout")


def test_a_check_out_names_whose_it_is():
    assert "checked out by Ben" in status(publication="checkout", checked_out_by="Ben")


def test_a_lock_is_told_as_what_microsoft_reports():
    assert "Microsoft reports the file as locked" in status(locked=True)


def test_no_lock_is_not_told_as_knowledge():
    assert "Microsoft does not tell" in status(locked=False)


@pytest.mark.parametrize("became", EditSession.RemoteCopy.values)
def test_every_end_says_what_became_of_the_copy(became):
    over = EditSession(state=EditSession.State.BROUGHT_BACK, remote_copy=became)

    assert bool(sentence_about_copy(over)) == (became not in {"none", "there"})
    assert not sentence_about_copy(EditSession(remote_copy=became))


@pytest.mark.parametrize("place", ["app_folder", "library"])
def test_every_state_has_a_panel_with_a_clear_text(
    client, writer, document, open_session, place
):
    client.force_login(writer)
    url = reverse("wagtail_m365:panel", args=[document.pk])
    session = open_session(document, writer, place=place)

    for state in ("opening", "open", "conflict"):
        EditSession.objects.filter(pk=session.pk).update(state=state)
        text = client.get(url).content.decode()
        assert str(EditSession.State(state).label) in text
        assert ("<dd>Library</dd>" in text) == (place == "library")


def test_closing_says_that_the_copy_is_in_the_recycle_bin(connected, opened, document):
    url = reverse("wagtail_m365:bring_back", args=[document.pk])

    page = connected.post(url, {"close": "1"}, follow=True)

    assert "The copy is in the recycle bin there." in page.content.decode()
