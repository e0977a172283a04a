from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests
import responses
from django.core.files.base import ContentFile
from wagtail.models import Collection, CollectionViewRestriction

from wagtail_m365.documents.folders import Folder
from wagtail_m365.errors import NameRefused, NotAllowed
from wagtail_m365.graph.names import original_name
from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import State

from .transfers import plan, run_all


@pytest.fixture
def account(ada, connect):
    return connect(ada)


@pytest.fixture
def drive(account, onedrive):
    return onedrive(account)


@pytest.fixture
def send(ada, account) -> Callable[..., list[Transfer]]:
    """Plan copies of these documents and run them."""
    return lambda *documents, **how: run_all(plan(documents, ada, account, **how))


def test_many_documents_go_to_one_folder_that_is_made_once(
    make_document, ada, account, drive, microsoft
):
    documents = [make_document(b"%d" % n, name=f"{n}.txt") for n in range(5)]
    transfers = plan(documents, ada, account, below="Press/2026")
    microsoft.clear_requests()
    run_all(transfers)
    assert {each.state for each in transfers} == {State.DONE}
    assert sorted(drive.paths) == [f"Press/2026/{n}.txt" for n in range(5)]
    made = [each for each in microsoft.requests if each.path.endswith("/children")]
    assert len([each for each in made if each.method == "POST"]) <= 2


def test_names_are_made_safe_and_come_back(make_document, ada, account, drive):
    document = make_document(b"x", name="plain.txt")
    storage = document.file.storage
    document.file = storage.save("documents/Q3: plan?.txt", ContentFile(b"x"))
    document.save()
    (transfer,) = run_all(plan([document], ada, account))
    assert transfer.state == State.DONE
    assert transfer.name == drive.path != "Q3: plan?.txt"
    assert original_name(transfer.name) == transfer.original_name


def test_two_documents_of_one_name_do_not_meet(make_document, ada, account, drive):
    one = make_document(b"one", name="report.txt")
    two = make_document(b"two", name="report.txt")
    two.file.name = one.file.name
    transfers = plan([one, two], ada, account, conflict="replace")
    run_all(transfers)
    assert sorted(drive.paths) == ["report 1.txt", "report.txt"]


@pytest.mark.parametrize(
    ("conflict", "expected"),
    [
        ("rename", (State.DONE, "", ["report 1.txt", "report.txt"])),
        ("replace", (State.DONE, "", ["report.txt"])),
        ("fail", (State.FAILED, "name_taken", ["report.txt"])),
    ],
)
def test_a_taken_name_is_treated_as_the_batch_says(
    make_document, send, drive, conflict, expected
):
    drive.seam.put("/report.txt", b"mine")
    document = make_document(b"new", name="report.txt")
    (transfer,) = send(document, conflict=conflict)
    assert (transfer.state, transfer.error_code, sorted(drive.paths)) == expected


def test_what_may_not_leave_is_listed_and_the_others_go(
    make_document, send, drive, settings, collection
):
    settings.WAGTAIL_M365 = settings.WAGTAIL_M365 | {"PRIVATE_COLLECTIONS": "forbid"}
    secret = make_document(b"secret", name="secret.txt")
    public = make_document(b"public", name="public.txt")
    inner = collection.add_child(name="Private")
    CollectionViewRestriction.objects.create(collection=inner, restriction_type="login")
    secret.collection = inner
    secret.save()
    transfers = send(secret, public)
    assert [each.state for each in transfers] == [State.FAILED, State.DONE]
    assert transfers[0].error_code == "private_collection"
    assert drive.paths == ["public.txt"]


def test_each_document_is_asked_for_its_permission(
    make_document, ada, ben, account, drive
):
    elsewhere = Collection.get_first_root_node().add_child(name="Elsewhere")
    foreign = make_document(b"x", name="x.txt")
    foreign.collection = elsewhere
    foreign.save()
    (transfer,) = run_all(plan([foreign], ada, account))
    assert (transfer.state, transfer.error_code) == (State.FAILED, "not_allowed")
    assert drive.paths == []


def test_somebody_elses_account_is_not_used(document, ben, account):
    with pytest.raises(NotAllowed):
        plan([document], ben, account)


def test_a_folder_that_onedrive_refuses_is_told_at_once(document, ada, account):
    with pytest.raises(NameRefused):
        plan([document], ada, account, below="a:b")


def test_a_name_that_cannot_be_sent_is_listed(make_document, ada, account, drive):
    document = make_document(b"x", name="x.txt")
    document.file.name = f"documents/{'a' * 300}.txt"
    (transfer,) = plan([document], ada, account)
    assert (transfer.state, transfer.error_code) == (State.FAILED, "name_refused")


def test_a_folder_of_ours_that_was_deleted_meanwhile_is_made_again(
    make_document, ada, account, drive
):
    documents = [make_document(b"%d" % n, name=f"{n}.txt") for n in range(2)]
    first, second = plan(documents, ada, account, below="Press")
    run_all([first])
    drive.seam.delete("/Press")
    second.refresh_from_db()
    assert second.folder_id == first.folder_id
    run_all([second])
    assert second.state == State.DONE
    assert drive.paths == ["Press/1.txt"]


def test_a_chosen_folder_that_was_deleted_meanwhile_is_told(
    document, ada, account, drive
):
    item = drive.seam.folder("/Gone")
    into = Folder(drive_id=drive.seam.drive.id, item_id=item.id, name="Gone")
    (transfer,) = plan([document], ada, account, into=into)
    drive.seam.delete("/Gone")
    run_all([transfer])
    assert (transfer.state, transfer.error_code) == (State.FAILED, "item_not_found")


def test_a_copy_that_may_have_arrived_is_not_sent_again_unasked(document, send):
    with responses.RequestsMock() as between:
        between.add_passthru("http://")
        cut = requests.ConnectionError("The line was cut.")
        between.add("PUT", re.compile(".*/content.*"), body=cut)
        (transfer,) = send(document, conflict="rename")
    assert (transfer.state, transfer.error_code) == (
        State.FAILED,
        "upload_unconfirmed",
    )


def test_a_link_for_the_organisation_is_made_on_request(document, ada, account, drive):
    (transfer,) = run_all(plan([document], ada, account, share=True))
    assert transfer.share_url.startswith("http")
    assert transfer.share_error == ""


def test_a_tenant_that_refuses_links_does_not_spoil_the_copy(document, ada, connect):
    personal = connect(ada, personal=True)
    (transfer,) = run_all(plan([document], ada, personal, share=True))
    assert transfer.state == State.DONE
    assert (transfer.share_url, transfer.share_error) == ("", "invalid_request")


def test_a_link_that_strangers_could_use_is_kept_nowhere(
    document, ada, account, microsoft
):
    stranger = {"scope": "anonymous", "webUrl": "https://1drv.example/a"}
    with responses.RequestsMock() as answers:
        answers.add_passthru(microsoft.authority)
        answers.add_passthru(microsoft.graph)
        answers.post(re.compile(".*/createLink$"), json={"id": "p1", "link": stranger})
        answers.delete(re.compile(".*/permissions/p1$"), status=204)
        (transfer,) = run_all(plan([document], ada, account, share=True))
    assert transfer.state == State.DONE
    assert (transfer.share_url, transfer.share_error) == ("", "forbidden")


def test_an_office_file_that_a_library_rewrites_is_verified_by_its_parts(
    make_document, send, drive, sample
):
    document = make_document(sample("quarterly-report.docx"), name="report.docx")
    (transfer,) = send(document)
    assert transfer.state == State.DONE
    assert drive.content != sample("quarterly-report.docx")
