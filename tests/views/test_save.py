from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from wagtail.models import Collection, ModelLogEntry, Site

from wagtail_m365.documents.folders import Folder, Place
from wagtail_m365.graph.names import safe_name
from wagtail_m365.testing.fake.drives import author_of
from wagtail_m365.testing.fake.items import Grant
from wagtail_m365.tokens import bundles

pytestmark = pytest.mark.django_db


@pytest.fixture
def connected(browser):
    """Connected, and allowed to write anywhere in the drive."""
    return browser.connect(*bundles.SAVE)


def page(document):
    return reverse("wagtail_m365:save", args=[document.pk])


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def save(browser, document, **fields):
    given = {"folder": "Press/2026", "name": "rules.docx", "conflict": "rename"}
    return browser.post(page(document), given | fields)


def chosen(browser, path):
    """What the folder browser puts into the form for this folder."""
    item = browser.drive.folder(path)
    folder = Folder(
        drive_id=browser.drive.drive.id, item_id=item.id, path=path, name=item.name
    )
    return folder.sign()


def told(response):
    assert response.status_code == 302
    return " ".join(map(str, get_messages(response.wsgi_request)))


def test_the_form_offers_the_documents_own_name(connected, document):
    form = connected.get(page(document)).context["form"]

    assert form["name"].value() == "rules.docx"
    assert form["conflict"].value() == "rename"
    assert not connected.microsoft.requests


def test_where_nothing_is_chosen_a_folder_named_like_the_site_is_made(
    connected, document
):
    Site.objects.update(site_name="Harbour: Press")
    folder = safe_name("Harbour: Press")
    assert folder in html(connected.get(page(document)))

    told(save(connected, document, folder=""))

    assert connected.drive.paths() == [f"{folder}/rules.docx"]


def test_the_top_can_be_chosen_although_the_site_has_a_name(connected, document):
    Site.objects.update(site_name="Harbour")
    drive = connected.drive.drive
    top = Folder(drive_id=drive.id, item_id=drive.root.id).sign()

    told(save(connected, document, into=top, folder=""))

    assert connected.drive.paths() == ["rules.docx"]
    form = connected.get(page(document)).context["form"]
    assert str(form["into"].value()) == "My OneDrive"


def test_every_field_has_its_label(connected, document):
    text = html(connected.get(page(document)))

    for name in ("folder", "name"):
        assert f'for="id_{name}"' in text


def test_a_copy_goes_into_the_folder_which_is_made(connected, document):
    message = told(save(connected, document))

    assert connected.drive.file("Press/2026/rules.docx") == b"rules"
    assert "Press/2026/rules.docx" in message
    assert 'target="_blank"' in message


def test_the_top_of_the_drive_is_a_folder_too(connected, document):
    told(save(connected, document, folder=""))

    assert connected.drive.file("rules.docx") == b"rules"


def test_the_folder_is_remembered(connected, document):
    save(connected, document, folder="/Press//2026/")

    form = connected.get(page(document)).context["form"]
    assert form["into"].value().path == "Press/2026"
    assert not form["folder"].value()
    assert "My OneDrive › Press › 2026" in html(connected.get(page(document)))


def test_each_collection_has_its_own_last_folder(connected, document, make_document):
    board = Collection.get_first_root_node().add_child(name="Board")
    other = make_document(title="Other", collection=board)
    save(connected, document, folder="Press")
    save(connected, other, folder="Board")

    form = connected.get(page(document)).context["form"]

    assert form["into"].value().path == "Press"


def test_a_copy_goes_into_the_chosen_folder(connected, document):
    into = chosen(connected, "Press/2026")
    connected.drive.rename("Press", "News")

    told(save(connected, document, into=into, folder=""))
    told(save(connected, document, into=into, folder="June"))

    assert sorted(connected.drive.paths()) == [
        "News/2026/June/rules.docx",
        "News/2026/rules.docx",
    ]


def test_saving_into_a_chosen_folder_asks_for_nothing_else(connected, document):
    into = chosen(connected, "Press")

    told(save(connected, document, into=into, folder=""))

    assert len(connected.microsoft.requests) == 1


def test_a_copy_goes_into_a_folder_of_somebody_else(browser, microsoft, document):
    colleague = microsoft.add_account("colleague@contoso.example", name="Carl")
    theirs = microsoft.drive(colleague)
    item = theirs.folder("Plans")
    writer = author_of(browser.account)
    grant = Grant(id="shared", roles=("write",), people={writer.id: writer})
    item.grants.append(grant)
    into = Folder(
        drive_id=theirs.drive.id,
        item_id=item.id,
        place=Place.SHARED,
        top_id=item.id,
        top_name="Plans",
    ).sign()
    browser.connect(*bundles.SAVE)

    response = save(browser, document, into=into, folder="")
    wish = parse_qs(urlsplit(response.url).query)
    assert wish["scopes"] == ["Files.ReadWrite.All"]
    browser.through_sign_in(response.url)
    told(save(browser, document, into=into, folder="2026"))

    assert theirs.file("Plans/2026/rules.docx") == b"rules"
    form = browser.get(page(document)).context["form"]
    assert str(form["into"].value()) == "Plans › 2026"


def test_a_chosen_folder_that_is_gone_is_told_at_its_field(connected, document):
    into = chosen(connected, "Press")
    connected.drive.delete("Press")

    for folder in ("", "2026"):
        response = save(connected, document, into=into, folder=folder)
        assert response.context["form"].errors["into"]

    assert not connected.drive.paths()


@pytest.mark.parametrize("into", ["nonsense", "a.b.c", "."])
def test_a_folder_that_nobody_chose_is_refused(connected, document, into):
    response = save(connected, document, into=into)

    assert response.context["form"].errors["into"]
    assert not connected.microsoft.requests


def test_a_taken_name_is_kept_beside_the_new_one(connected, document):
    connected.drive.put("Press/2026/rules.docx", b"old")

    told(save(connected, document))

    assert connected.drive.file("Press/2026/rules.docx") == b"old"
    assert len(connected.drive.paths()) == 2


def test_a_taken_name_can_be_replaced(connected, document):
    connected.drive.put("Press/2026/rules.docx", b"old")

    told(save(connected, document, conflict="replace"))

    assert connected.drive.file("Press/2026/rules.docx") == b"rules"


def test_a_taken_name_can_stop_it(connected, document):
    connected.drive.put("Press/2026/rules.docx", b"old")

    response = save(connected, document, conflict="fail")

    assert response.context["form"].errors["name"]
    assert connected.drive.file("Press/2026/rules.docx") == b"old"


@pytest.mark.parametrize("name", ["a:b.docx", "_vti_.docx", "~$x.docx", ""])
def test_a_name_that_onedrive_refuses_is_told_at_its_field(connected, document, name):
    response = save(connected, document, name=name)

    assert response.context["form"].errors["name"]
    assert not connected.drive.paths()


def test_a_folder_that_onedrive_refuses_is_told_at_its_field(connected, document):
    response = save(connected, document, folder="Press/a*b")

    assert response.context["form"].errors["folder"]


def test_the_extension_cannot_get_lost(connected, document):
    told(save(connected, document, folder="", name="House rules"))

    assert connected.drive.paths() == ["House rules.docx"]


def test_a_file_of_any_kind_can_be_saved(connected, make_document):
    leaflet = make_document(filename="leaflet.pdf", content=b"%PDF")

    told(save(connected, leaflet, folder="", name="leaflet.pdf"))

    assert connected.drive.file("leaflet.pdf") == b"%PDF"


def test_a_right_that_is_missing_is_asked_for(browser, document):
    response = save(browser, document)

    wish = parse_qs(urlsplit(response.url).query)
    assert wish["scopes"] == ["Files.ReadWrite"]
    assert urlsplit(wish["next"][0]).path == page(document)
    back = browser.through_sign_in(response.url)
    assert "Save to OneDrive" in html(browser.get(back))


def test_a_right_beyond_opening_is_asked_for_when_it_is_needed(browser, document):
    browser.connect(*bundles.EDIT)
    connection = browser.user.m365_connections.get()

    response = save(browser, document)

    assert str(connection.pk) in response.url
    assert parse_qs(urlsplit(response.url).query)["scopes"] == ["Files.ReadWrite"]
    back = browser.through_sign_in(response.url)
    told(save(browser, document, next=back))
    assert browser.drive.file("Press/2026/rules.docx") == b"rules"


def test_a_full_drive_is_explained(connected, document):
    connected.drive.set_quota(1)

    html(save(connected, document), 502)

    assert not connected.drive.paths()


def test_saving_is_written_into_the_log(connected, document):
    save(connected, document)

    entry = ModelLogEntry.objects.get(action="wagtail_m365.save")
    assert entry.user == connected.user
    assert entry.data["name"] == "rules.docx"


def test_saving_leads_back_to_where_one_was(connected, document):
    there = reverse("wagtaildocs:index")

    assert save(connected, document, next=there).url == there


def test_the_folder_for_nothing_chosen_does_not_read_as_if_nothing_was(
    connected, document
):
    Site.objects.update(site_name="Harbour")

    assert "If none is chosen: the folder" in html(connected.get(page(document)))
