from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from wagtail import hooks
from wagtail.models import Collection, CollectionViewRestriction, ModelLogEntry

from wagtail_m365.models import EditSession
from wagtail_m365.views import go
from wagtail_m365.views.document_page import is_web_address

pytestmark = pytest.mark.django_db


def page(document):
    return reverse("wagtail_m365:open", args=[document.pk])


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def goes_on(text):
    return 'data-m365-send-now-value="true"' in text


def wish_of(url):
    assert urlsplit(url).path.endswith(("/connect/", "/reconnect/"))
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def uploads(microsoft):
    return [each for each in microsoft.requests if each.method in {"PUT", "POST"}]


def test_the_page_sends_nothing_and_says_where_the_document_goes(connected, document):
    text = html(connected.get(page(document)))

    assert "Visitor rules" in text
    assert "writer@contoso.example" in text
    assert not connected.microsoft.requests
    assert not EditSession.objects.exists()


def test_a_link_from_elsewhere_asks_for_a_click(connected, document):
    assert not goes_on(html(connected.get(page(document))))


def test_our_own_link_goes_on_by_itself(connected, document):
    text = html(connected.get(go.open_url(connected.user, document.pk)))

    assert goes_on(text)
    assert "Sending “Visitor rules” to your OneDrive…" in text
    assert 'role="status"' in text


def test_a_forged_link_asks_for_a_click(connected, document, outsider):
    stolen = go.open_url(outsider, document.pk)

    assert not goes_on(html(connected.get(stolen)))


def test_opening_sends_the_file_and_goes_on_to_microsoft(connected, document):
    response = connected.post(page(document))

    session = EditSession.objects.get()
    assert response.status_code == 302
    assert response.url == session.web_url
    assert response["Referrer-Policy"] == "no-referrer"
    assert session.owner == connected.user
    assert connected.drive.file(connected.drive.paths()[0]) == b"rules"


def test_opening_again_goes_on_with_the_same_file(connected, document):
    first = connected.post(page(document))
    connected.microsoft.clear_requests()
    second = connected.post(page(document))

    assert first.url == second.url
    assert len(connected.drive.paths()) == 1
    assert not uploads(connected.microsoft)


def test_opening_is_written_into_the_log(connected, document):
    connected.post(page(document))

    entry = ModelLogEntry.objects.get(action="wagtail_m365.open")
    assert entry.user == connected.user
    assert "token" not in str(entry.data)


def test_opening_needs_the_token_against_forgery(connected, document):
    connected.client.handler.enforce_csrf_checks = True

    assert connected.post(page(document)).status_code == 403
    assert not connected.microsoft.requests


def test_who_is_not_connected_signs_in_first_and_then_it_goes_on(browser, document):
    response = browser.get(go.open_url(browser.user, document.pk))

    assert response.status_code == 302
    back = browser.through_sign_in(response.url)
    assert urlsplit(back).path == page(document)
    assert goes_on(html(browser.get(back)))


def test_without_our_link_nobody_is_sent_to_a_sign_in(browser, document):
    text = html(browser.get(page(document)))

    assert "Connect your Microsoft account first" in text
    assert reverse("wagtail_m365:connect") in text


def test_a_click_without_an_account_leads_to_the_sign_in_too(browser, document):
    wish = wish_of(browser.post(page(document)).url)

    assert wish["scopes"] == "Files.ReadWrite.AppFolder"
    assert urlsplit(wish["next"]).path == page(document)


def test_a_lost_sign_in_is_renewed_once_and_then_explained(connected, document):
    connected.microsoft.fail("revoked_grant", times=9, where={})
    connection = connected.user.m365_connections.get()
    connection.access_tokens.all().delete()

    first = connected.post(page(document))
    wish = wish_of(first.url)
    value = parse_qs(urlsplit(wish["next"]).query)["go"][0]
    second = connected.post(page(document), {"go": value})

    assert str(connection.pk) in first.url
    assert "Sign in to Microsoft 365" in html(second, 403)


def test_who_comes_back_from_a_cancelled_sign_in_is_not_sent_round(browser, document):
    url = go.open_url(browser.user, document.pk, after_sign_in=True)

    assert "Connect your Microsoft account first" in html(browser.get(url))


def test_a_format_that_office_cannot_edit_is_explained(connected, make_document):
    text = html(connected.get(page(make_document(filename="letter.doc"))))

    assert "cannot be opened" in text
    assert not goes_on(text)


def test_a_file_that_is_gone_is_explained(connected, document):
    document.file.storage.delete(document.file.name)

    text = html(connected.get(page(document)))

    assert "cannot be opened" in text
    assert html(connected.post(page(document)), 404)


def test_another_persons_document_is_not_opened_twice(
    connected, document, make_writer, open_session
):
    open_session(document, make_writer("ada"))

    text = html(connected.get(go.open_url(connected.user, document.pk)))

    assert "ada is editing this document" in text
    assert not goes_on(text)
    assert "ada" in html(connected.post(page(document)), 409)


def test_microsoft_out_of_order_is_explained_and_nothing_is_left_open(
    connected, document
):
    connected.microsoft.fail(
        "service_unavailable", times=20, where={"service": "graph"}
    )

    text = html(connected.post(page(document)), 503)

    assert "Try again" in text
    assert not EditSession.objects.filter(state="open").exists()


def test_a_private_document_asks_for_a_click(connected, make_document):
    board = Collection.get_first_root_node().add_child(name="Board")
    CollectionViewRestriction.objects.create(
        collection=board, restriction_type=CollectionViewRestriction.LOGIN
    )
    document = make_document(collection=board)

    text = html(connected.get(go.open_url(connected.user, document.pk)))

    assert "private collection" in text
    assert not goes_on(text)


def test_a_plugin_can_stop_it(connected, document):
    def stop(*, request, document):
        from django.http import HttpResponse

        return HttpResponse("not today")

    with hooks.register_temporarily("before_m365_open", stop):
        assert html(connected.post(page(document))) == "not today"
    assert not connected.microsoft.requests


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://contoso-my.sharepoint.com/x", True),
        ("http://127.0.0.1:9/x", True),
        ("http://contoso.example/x", False),
        ("javascript:alert(1)", False),
        ("https:///x", False),
        ("//contoso.example/x", False),
        ("https://contoso.example\\@evil.example/", False),
        ("https://contoso.example/\nx", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_followed(url, allowed, settings):
    settings.WAGTAIL_M365 = {"ALLOW_INSECURE_LOOPBACK": True}

    assert is_web_address(url) is allowed


def test_no_page_holds_a_script_or_a_style_of_its_own(connected, document):
    text = html(connected.get(go.open_url(connected.user, document.pk)))
    ours = text[text.index('class="m365-page"') :]
    ours = ours[: ours.index("</form>")]

    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", ours)
