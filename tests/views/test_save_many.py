from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail import hooks
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction

from wagtail_m365.documents.folders import Folder
from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import State
from wagtail_m365.tokens import bundles

pytestmark = pytest.mark.django_db


@pytest.fixture
def connected(browser):
    return browser.connect(*bundles.SAVE)


@pytest.fixture
def documents(make_document):
    return [make_document(f"Paper {n}", f"paper{n}.txt", b"%d" % n) for n in range(3)]


def bulk(documents=(), **more):
    model = get_document_model()._meta
    names = [model.app_label, model.model_name, "m365_save"]
    ids = [("id", each.pk) for each in documents]
    query = urlencode([*ids, *more.items()])
    return f"{reverse('wagtail_bulk_action', args=names)}?{query}"


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def save(browser, address, **fields):
    given = {"into": "", "folder": "Press", "conflict": "rename"} | fields
    response = browser.post(address, given)
    assert response.status_code == 302, response.context["form"].errors
    return response.url


def test_the_listing_offers_it(connected, documents):
    listed = html(connected.get(reverse("wagtaildocs:index")))
    assert "Save selected documents to OneDrive" in listed
    assert reverse("wagtail_m365:save_collection") in listed


def test_many_documents_are_saved_and_the_page_shows_it(connected, documents, go_on):
    shown = html(connected.get(bulk(documents)))
    assert "Copies of 3 documents" in shown
    assert not connected.microsoft.requests

    address = save(connected, bulk(documents))
    assert not connected.microsoft.requests
    assert "0 of 3 files saved." in html(connected.get(address))
    go_on(connected, address)

    assert sorted(connected.drive.paths()) == [f"Press/paper{n}.txt" for n in range(3)]
    shown = html(connected.get(address))
    assert "3 of 3 files saved." in shown
    assert shown.count("Open in OneDrive:") == 3


def test_a_whole_collection_is_saved(connected, make_document, go_on):
    press = Collection.get_first_root_node().add_child(name="Press")
    make_document("In it", "in.txt", collection=press)
    make_document("Elsewhere", "out.txt")
    chosen = connected.get(
        reverse("wagtail_m365:save_collection"), {"collection": press.pk}
    )
    assert chosen.status_code == 302
    go_on(connected, save(connected, chosen.url))
    assert connected.drive.paths() == ["Press/in.txt"]


@pytest.fixture
def nested(make_document):
    """A collection with one below it and one below that."""
    press = Collection.get_first_root_node().add_child(name="Press")
    year = press.add_child(name="2026: Q3")
    photos = year.add_child(name="Photos")
    for number, collection in enumerate((press, year, photos)):
        make_document(f"Level {number}", f"level{number}.txt", collection=collection)
    make_document("Elsewhere", "out.txt")
    return press


def choose(connected, **asked):
    return connected.get(reverse("wagtail_m365:save_collection"), asked)


def test_sub_collections_become_folders_on_request(connected, nested, go_on):
    chosen = choose(connected, collection=nested.pk, sub_collections="on")
    shown = html(connected.get(chosen.url))
    assert "Copies of 3 documents" in shown
    assert "Sub-collections become folders of the same names in it." in shown
    address = save(connected, chosen.url)
    go_on(connected, address)
    assert sorted(connected.drive.paths()) == [
        "Press/2026： Q3/Photos/level2.txt",  # noqa: RUF001  # OneDrive takes no colon
        "Press/2026： Q3/level1.txt",  # noqa: RUF001
        "Press/level0.txt",
    ]
    assert "3 of 3 files saved." in html(connected.get(address))


def test_they_are_left_out_unless_wished_for(connected, nested, go_on):
    chosen = choose(connected, collection=nested.pk)
    shown = html(connected.get(chosen.url))
    assert "A copy of 1 document" in shown
    assert "Sub-collections" not in shown
    go_on(connected, save(connected, chosen.url))
    assert connected.drive.paths() == ["Press/level0.txt"]


def test_documents_below_are_found_where_the_collection_itself_has_none(
    connected, nested
):
    get_document_model().objects.filter(collection=nested).delete()
    above = reverse("wagtaildocs:index")
    assert choose(connected, collection=nested.pk).url == above
    assert choose(connected, collection=nested.pk, sub_collections="on").url != above


def test_each_document_below_is_asked_for_its_permission(
    client, connected, nested, make_writer
):
    client.force_login(make_writer("other", nested.get_first_child()))
    chosen = bulk(id="all", childOf=nested.pk, sub_collections=1)
    assert "Copies of 2 documents" in html(client.get(chosen))


def test_a_sub_collection_that_lies_too_deep_is_listed_and_the_others_go(
    connected, nested, go_on
):
    deep = nested
    for _ in range(4):
        deep = deep.add_child(name="x" * 120)
    get_document_model().objects.filter(title="Elsewhere").update(collection=deep)
    chosen = choose(connected, collection=nested.pk, sub_collections="on")
    address = save(connected, chosen.url)
    go_on(connected, address)
    shown = html(connected.get(address))
    assert "3 of 4 files saved. 1 was not saved." in shown


def test_an_empty_collection_is_told(connected):
    press = Collection.get_first_root_node().add_child(name="Press")
    response = connected.get(
        reverse("wagtail_m365:save_collection"), {"collection": press.pk}
    )
    assert response.url == reverse("wagtaildocs:index")


def test_the_collection_is_asked_for(connected):
    shown = html(connected.get(reverse("wagtail_m365:save_collection")))
    assert "Choose where to" in shown


def test_private_documents_stay_by_policy_and_the_others_go(
    connected, documents, settings, go_on
):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "PRIVATE_COLLECTIONS": "forbid"}
    inner = Collection.get_first_root_node().add_child(name="Private")
    CollectionViewRestriction.objects.create(collection=inner, restriction_type="login")
    get_document_model().objects.filter(pk=documents[0].pk).update(collection=inner)
    assert "does not leave this site" in html(connected.get(bulk(documents)))

    address = save(connected, bulk(documents))
    go_on(connected, address)

    assert sorted(connected.drive.paths()) == ["Press/paper1.txt", "Press/paper2.txt"]
    shown = html(connected.get(address))
    assert "2 of 3 files saved. 1 was not saved." in shown
    assert "Documents of private collections do not leave this site." in shown


def test_each_document_is_asked_for_its_permission(
    client, connected, make_writer, documents
):
    press = Collection.get_first_root_node().add_child(name="Press")
    get_document_model().objects.filter(pk=documents[0].pk).update(collection=press)
    client.force_login(make_writer("other", press))
    shown = html(connected.get(bulk(documents)))
    assert "2 more are left out" in shown
    assert "Paper 1" not in shown


def test_who_may_not_use_microsoft_sees_nothing(client, make_writer, documents):
    client.force_login(make_writer("other", None, "wagtailadmin.access_admin"))
    assert client.get(bulk(documents)).status_code in {302, 403}
    assert not Transfer.objects.exists()


def test_without_an_account_the_sign_in_comes_first(browser, documents):
    shown = html(browser.get(bulk(documents)))
    assert "Connect your Microsoft account first" in shown
    response = browser.post(bulk(documents), {"folder": "Press", "conflict": "rename"})
    assert response.status_code == 403
    assert not Transfer.objects.exists()


def test_a_rule_of_the_site_keeps_a_document_back(connected, documents, go_on):
    def refuse(request, document):
        return document.pk == documents[0].pk and "no"

    with hooks.register_temporarily("before_m365_save", refuse):
        address = save(connected, bulk(documents))
    go_on(connected, address)
    assert len(connected.drive.paths()) == 2
    assert "A rule of this site" in html(connected.get(address))


def test_a_folder_is_remembered_for_the_collection(connected, documents, go_on):
    item = connected.drive.folder("/Chosen")
    into = Folder(drive_id=connected.drive.drive.id, item_id=item.id, name="Chosen")
    go_on(connected, save(connected, bulk(documents), into=into.sign(), folder=""))
    assert sorted(connected.drive.paths()) == [f"Chosen/paper{n}.txt" for n in range(3)]


def test_a_large_file_gets_a_progress_bar_of_its_own(connected, make_document, go_on):
    large = make_document("Large", "large.txt", b"x" * (4 * 1024 * 1024 + 1))
    response = connected.post(
        reverse("wagtail_m365:save", args=[large.pk]),
        {"folder": "Press", "name": "mine.txt", "conflict": "fail"},
    )
    go_on(connected, response.url)
    assert connected.drive.paths() == ["Press/mine.txt"]
    assert Transfer.objects.get().state == State.DONE


def test_the_page_asks_as_often_however_many_documents_there_are(
    connected, documents, make_document, django_assert_max_num_queries
):
    connected.get(bulk(documents))
    with CaptureQueriesContext(connection) as with_few:
        connected.get(bulk(documents))
    for number in range(10):
        place = Collection.get_first_root_node().add_child(name=f"Place {number}")
        documents.append(make_document(f"More {number}", collection=place))
    with django_assert_max_num_queries(len(with_few)):
        connected.get(bulk(documents))
