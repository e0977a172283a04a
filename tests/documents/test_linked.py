from __future__ import annotations

import pytest

from wagtail_m365 import errors
from wagtail_m365.documents import linked
from wagtail_m365.documents.browsing import choose, look
from wagtail_m365.documents.folders import Place
from wagtail_m365.documents.linked import open_folder, open_link
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.bundles import SHARED

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ada, connect):
    return connect(ada, scopes=SHARED)


@pytest.fixture
def theirs(ben, connect, microsoft):
    """Ben's OneDrive, with a folder and files that Ada knows nothing of."""
    drive = microsoft.drive(connect(ben).account)
    drive.put("Harbour/Pier/plan.pdf", b"plan")
    return drive


@pytest.fixture
def shared(theirs, microsoft):
    """Ben shares something by a link."""

    def shared(path, **how):
        return Secret(microsoft.authority + theirs.share(path, **how))

    return shared


def test_a_shared_folder_is_a_beginning_that_stays_open(account, theirs, shared):
    location = open_folder(account, shared("Harbour"))

    assert (location.place, location.name) == (Place.SHARED, "Harbour")
    (pier,) = look(account, location).entries
    assert [each.name for each in look(account, pier.location).entries] == ["plan.pdf"]
    assert str(choose(account, pier.location)) == "Harbour › Pier"


def test_a_shared_file_can_be_fetched_by_its_id(account, theirs, shared):
    entry = open_link(account, shared("Harbour/Pier/plan.pdf"))

    assert entry.location is None
    assert entry.file.place is Place.SHARED
    assert (entry.file.drive_id, entry.file.item_id, entry.file.size) == (
        theirs.drive.id,
        theirs.item("Harbour/Pier/plan.pdf").id,
        4,
    )


def test_where_a_folder_is_wanted_a_file_is_told_by_its_name(account, shared):
    with pytest.raises(errors.InvalidRequest) as refused:
        open_folder(account, shared("Harbour/Pier/plan.pdf"))

    assert refused.value.code == "link_is_file"
    assert "“plan.pdf”" in refused.value.explanation.what


def test_a_folder_of_a_library_is_known_as_one(account, microsoft):
    library = microsoft.add_library("Plans", account.account)
    library.folder("2026")
    item = microsoft.authority + library.share("2026")

    folder = choose(account, open_folder(account, Secret(item)))

    assert folder.in_library
    assert str(folder) == "2026"


def test_the_top_of_a_library_is_called_as_in_its_address():
    item = DriveItem(
        id="1",
        drive_id="b!1",
        name="root",
        is_root=True,
        is_folder=True,
        web_url="https://contoso.sharepoint.com/sites/t/Shared%20Documents",
    )

    assert linked._entry(item).location.name == "Shared Documents"


@pytest.mark.parametrize(
    "item",
    [
        DriveItem(id="1", drive_id="b!1", name="Notes", is_package=True),
        DriveItem(id="1", name="Somewhere", is_folder=True),
    ],
)
def test_what_is_neither_file_nor_folder_is_told(item):
    with pytest.raises(errors.InvalidRequest) as refused:
        linked._entry(item)

    assert refused.value.code == "link_to_no_file"


class TestRefusals:
    def refusal(self, account, link):
        with pytest.raises(errors.GraphError) as refused:
            open_link(account, link)
        told = f"{refused.value!r} {vars(refused.value)} {refused.value.explanation}"
        assert link.reveal() not in told
        return refused.value

    def test_a_link_that_was_taken_back_is_gone(self, account, theirs, shared):
        link = shared("Harbour")
        theirs.item("Harbour").grants.clear()

        error = self.refusal(account, link)

        assert error.code == "link_gone"
        assert error.explanation.reference
        assert error.graph_code == "itemNotFound"

    def test_a_link_for_others_is_closed(self, account, shared):
        error = self.refusal(account, shared("Harbour", scope="users"))

        assert error.code == "link_closed"

    def test_an_address_alone_gives_no_access(self, account, theirs, microsoft):
        item = theirs.item("Harbour")
        address = f"{microsoft.authority}/word/drives/{theirs.drive.id}/{item.id}"

        assert self.refusal(account, Secret(address)).code == "link_closed"

    def test_a_private_account_is_told_that_the_link_is_an_organisations(
        self, ben, connect
    ):
        private = connect(ben, personal=True, scopes=SHARED)
        link = Secret("https://contoso.sharepoint.com/:f:/s/t/Eab")

        assert self.refusal(private, link).code == "link_of_other_kind"

    def test_a_work_account_is_told_that_the_link_is_a_private_ones(self, account):
        link = Secret("https://1drv.ms/f/s!Abc")

        assert self.refusal(account, link).code == "link_of_other_kind"

    def test_a_work_accounts_own_kind_is_simply_gone(self, account):
        link = Secret("https://contoso.sharepoint.com/:f:/s/t/Eab")

        assert self.refusal(account, link).code == "link_gone"

    def test_what_is_no_link_is_not_sent(self, account, microsoft):
        microsoft.clear_requests()

        assert self.refusal(account, Secret("somewhere")).code == "link_unreadable"
        assert microsoft.requests == []

    def test_an_outage_stays_an_outage(self, account, shared, microsoft):
        link = shared("Harbour")
        microsoft.fail("throttled", service="graph", retry_after=60)

        with pytest.raises(errors.TemporarilyUnavailable):
            open_link(account, link)

    def test_without_the_right_to_others_files_it_is_asked_for(
        self, ben, connect, microsoft
    ):
        small = connect(ben)

        with pytest.raises(errors.ConsentRequired) as refused:
            open_link(small, Secret("https://contoso.sharepoint.com/a"))

        assert refused.value.scopes == SHARED

    @pytest.mark.parametrize(
        ("status", "graph_code", "code"),
        [
            (400, "invalidRequest", "link_not_followed"),
            (410, "itemNotFound", "link_gone"),
            (403, "accessDenied.sharingDisabled", "graph_error"),
            (423, "resourceLocked", "graph_error"),
        ],
    )
    def test_a_reason_that_microsoft_names_is_kept(self, status, graph_code, code):
        error = errors.GraphError(status=status, graph_code=graph_code)

        assert linked._in_other_words(error, is_other=False).code == code
