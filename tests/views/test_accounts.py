from __future__ import annotations

import pytest
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection

from wagtail_m365.documents.folders import Folder, Location
from wagtail_m365.documents.recent_folders import remember
from wagtail_m365.models import Connection, EditSession, Transfer
from wagtail_m365.tokens import bundles
from wagtail_m365.views import go
from wagtail_m365.views.import_basket import Basket

pytestmark = pytest.mark.django_db


@pytest.fixture
def second_account(microsoft):
    return microsoft.add_account("second@contoso.example", name="Second Self")


@pytest.fixture
def both(browser, connect_account, second_account):
    """The writer's browser, with two accounts connected; the first is the default."""
    scopes = (*bundles.EDIT, *bundles.SAVE)
    connect_account(browser.user, browser.account, *scopes)
    connect_account(browser.user, second_account, *scopes)
    browser.microsoft.clear_requests()
    return browser


@pytest.fixture
def second(both):
    return Connection.objects.get(username="second@contoso.example")


@pytest.fixture
def first(both):
    return Connection.objects.get(default_for=both.user)


@pytest.fixture
def others(make_writer, account_of):
    """Somebody else's account."""
    return account_of(make_writer("other"))


def open_page(document):
    return reverse("wagtail_m365:open", args=[document.pk])


def save_page(document):
    return reverse("wagtail_m365:save", args=[document.pk])


def checked(response):
    """The account that is chosen on the page."""
    text = response.content.decode()
    return text.partition(" checked")[0].rpartition('value="')[2].strip('" ')


def test_with_several_accounts_the_page_asks_and_offers_the_default_one(
    both, first, document
):
    response = both.get(go.open_url(both.user, document.pk))

    assert "With which Microsoft account?" in response.content.decode()
    assert checked(response) == str(first.pk)
    assert not response.context["goes_on"]


def test_a_document_is_opened_with_the_chosen_account(
    both, second, second_account, document
):
    both.post(open_page(document), {"account": str(second.pk)})

    session = EditSession.objects.get()
    assert session.connection == second
    assert session.drive_id == both.microsoft.drive(second_account).drive.id


def test_a_document_remembers_the_account_with_which_it_was_opened(
    both, second, document
):
    both.post(open_page(document), {"account": str(second.pk)})
    EditSession.objects.update(state="discarded", open_for=None)

    assert checked(both.get(open_page(document))) == str(second.pk)


def test_a_remembered_account_is_used_unasked_and_another_can_be_chosen(
    both, first, second, document
):
    both.post(open_page(document), {"account": str(second.pk)})
    EditSession.objects.all().delete()
    EditSession.objects.create(
        document=document, owner=both.user, connection=second, state="discarded"
    )

    response = both.get(go.open_url(both.user, document.pk))
    assert response.context["goes_on"]
    text = response.content.decode()
    assert "second@contoso.example, as the last time" in text
    assert f'<a href="{open_page(document)}">Choose another account' in text

    asking = both.get(open_page(document))
    assert not asking.context["goes_on"]
    both.post(open_page(document), {"account": str(first.pk)})
    assert EditSession.objects.get(open_for=document).connection == first


def test_the_documents_page_leads_to_the_choice(both, document):
    panel = reverse("wagtail_m365:panel", args=[document.pk])
    assert "Choose the account" in both.get(panel).content.decode()

    Connection.objects.filter(username="second@contoso.example").delete()
    assert "Choose the account" not in both.get(panel).content.decode()


def test_an_open_document_goes_on_with_its_own_account_unasked(both, second, document):
    both.post(open_page(document), {"account": str(second.pk)})

    response = both.get(go.open_url(both.user, document.pk))

    assert response.context["goes_on"]
    assert "With which" not in response.content.decode()


@pytest.mark.parametrize("name", ["", "nonsense"])
def test_only_accounts_of_ones_own_are_taken(both, first, document, others, name):
    both.post(open_page(document), {"account": name or str(others.pk)})

    assert EditSession.objects.get().connection == first


def test_one_account_alone_is_not_asked_about(connected, document):
    for page in (open_page(document), save_page(document)):
        assert "With which" not in connected.get(page).content.decode()


def test_a_copy_is_saved_with_the_chosen_account(
    both, second, second_account, document
):
    page = both.get(save_page(document), {"account": str(second.pk)})
    assert checked(page) == str(second.pk)
    fields = {"folder": "Press", "name": "rules.docx", "conflict": "rename"}

    both.post(save_page(document), {**fields, "account": str(second.pk)})

    assert any(
        "rules.docx" in path for path in both.microsoft.drive(second_account).paths()
    )
    assert not any("rules.docx" in path for path in both.drive.paths())
    # Copies of this collection go there the next time.
    assert checked(both.get(save_page(document))) == str(second.pk)


def test_folders_are_those_of_the_chosen_account(
    both, second, second_account, document
):
    both.microsoft.drive(second_account).folder("Only here")
    page = both.get(save_page(document), {"account": str(second.pk)})
    address = page.context["form"]["into"].field.widget.get_chooser_modal_url()
    assert f"account={second.pk}" in address

    screen = both.get(f"{address}&at={Location().sign()}").context["screen"]

    assert [row.name for row in screen.rows] == ["Only here"]
    # Every step further on stays with that account.
    steps = [screen.rows[0].open_url, *(gate.url for gate in screen.gates)]
    assert all(f"account={second.pk}" in link for link in steps if "choose" in link)


def test_the_chosen_folder_is_read_with_the_chosen_account(
    both, second, second_account
):
    both.microsoft.drive(second_account).folder("Only here")
    where = {"account": str(second.pk), "at": Location().sign()}
    shown = both.get(reverse("m365_folders:choose"), where)

    chosen = both.get(shown.context["screen"].rows[0].choose_url).json()

    assert chosen["result"]["title"] == "My OneDrive › Only here"


@pytest.fixture
def bulk(document):
    model = type(document)._meta
    names = [model.app_label, model.model_name, "m365_save"]
    action = reverse("wagtail_bulk_action", args=names)
    return f"{action}?id={document.pk}&next=/admin/documents/"


@pytest.fixture
def run(django_capture_on_commit_callbacks):
    """Post a form, and let the tasks that it begins run."""

    def run(browser, address, fields):
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(address, fields)

    return run


def test_many_copies_are_saved_with_the_chosen_account(both, first, second, bulk, run):
    assert checked(both.get(bulk)) == str(first.pk)
    page = both.get(f"{bulk}&account={second.pk}")
    assert checked(page) == str(second.pk)
    text = page.content.decode()
    # Choosing the account keeps the chosen documents.
    assert '<input type="hidden" name="id"' in text
    chooser = page.context["form"]["into"].field.widget.get_chooser_modal_url()
    assert f"account={second.pk}" in chooser

    fields = {"folder": "Press", "conflict": "rename", "account": str(second.pk)}
    run(both, bulk, fields)

    assert Transfer.objects.get().connection == second


def test_copies_of_a_collection_go_where_they_went_last(both, second, bulk, document):
    folder = Folder(drive_id="b!1", item_id="1", name="Press")
    remember(second, folder, document.collection)

    page = both.get(bulk.replace("id=", f"childOf={document.collection_id}&id="))

    assert checked(page) == str(second.pk)


def test_a_folder_is_watched_with_the_chosen_account(both, second, first):
    both.user.is_superuser = True
    both.user.save()
    address = reverse("wagtail_m365:watched_folder_add")
    assert checked(both.get(address)) == str(first.pk)

    form = both.get(address, {"account": str(second.pk)}).context["form"]

    assert form.initial["connection"] == second.pk
    chooser = form["source"].field.widget.get_chooser_modal_url()
    assert f"account={second.pk}" in chooser


class TestImporting:
    @pytest.fixture(autouse=True)
    def files(self, both, second_account):
        both.drive.put("first.docx", b"of the first account")
        both.microsoft.drive(second_account).put("second.docx", b"of the second one")

    @pytest.fixture
    def page(self, both):
        def page(**query):
            query["at"] = Location().sign()
            return both.get(reverse("wagtail_m365:import"), query)

        return page

    def names(self, response):
        return [row.name for row in response.context["screen"].file_rows]

    def choose(self, both, response, **more):
        (row,) = (r for r in response.context["screen"].file_rows if r.value)
        fields = {"file": row.value, "at": response.context["screen"].at, **more}
        return both.post(reverse("wagtail_m365:import"), fields)

    def test_the_files_are_those_of_the_chosen_account(self, page, first, second):
        assert self.names(page()) == ["first.docx"]
        assert checked(page()) == str(first.pk)

        shown = page(account=str(second.pk))

        assert self.names(shown) == ["second.docx"]
        assert checked(shown) == str(second.pk)
        gates = [gate.url for gate in shown.context["screen"].gates if gate.is_open]
        assert all(f"account={second.pk}" in url for url in gates)

    def test_they_are_imported_with_it(self, both, page, second):
        shown = page(account=str(second.pk))
        self.choose(both, shown, account=str(second.pk))

        fields = {
            "file": [file.sign() for file in Basket(both.client.session).files],
            "collection": Collection.get_first_root_node().pk,
        }
        both.post(reverse("wagtail_m365:import_files"), fields)

        document = get_document_model().objects.get(title__startswith="second")
        assert document.m365_source.connection == second

    def test_files_of_two_accounts_are_not_mixed(self, both, page, first, second):
        self.choose(both, page(), account=str(first.pk), more="1")
        more = self.choose(
            both, page(account=str(second.pk)), account=str(second.pk), more="1"
        )

        assert f"account={second.pk}" in more.url
        (file,) = Basket(both.client.session).files
        assert file.name == "second.docx"

    def test_no_account_but_ones_own_is_browsed(self, page, others):
        assert self.names(page(account=str(others.pk))) == ["first.docx"]
