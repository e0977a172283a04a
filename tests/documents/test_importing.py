from __future__ import annotations

import hashlib
import json
import re
from urllib.request import Request, urlopen

import pytest
import responses
from wagtail.documents import get_document_model
from wagtail.models import Collection

from wagtail_m365.documents.folders import Place
from wagtail_m365.documents.importing import (
    import_file,
    import_files,
    imported_before,
)
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.errors import (
    ContentMismatch,
    DocumentError,
    InvalidRequest,
    ItemNotFound,
    NotAllowed,
    TokenError,
    WriteFailed,
    WriteRefused,
)
from wagtail_m365.models import RemoteSource

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ada, connect):
    return connect(ada)


@pytest.fixture
def put(account, microsoft):
    """A file in Ada's OneDrive, as the browser would have listed it."""
    drive = microsoft.drive(account.account)

    def put(path="Press/plan.pdf", content=b"the plan"):
        item = drive.put(path, content)
        return RemoteFile(
            drive_id=drive.drive.id,
            item_id=item.id,
            name=item.name,
            size=len(content),
        )

    put.drive = drive
    return put


@pytest.fixture
def bring(ada, account, collection):
    """Import one file into Ada's collection."""

    def bring(file, **how):
        return import_file(
            file, account, how.pop("user", ada), collection=collection, **how
        )

    return bring


def another_collection(name):
    return Collection.get_first_root_node().add_child(name=name)


def documents():
    return get_document_model().objects.all()


def stored_files(settings):
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_a_file_becomes_a_document_with_its_title_tags_and_content(
    put, bring, read, ada
):
    imported = bring(put("Press/Festival_plan 2026.pdf"), tags=["press", "two words"])
    document = imported.document
    assert (document.title, document.collection.name) == ("Festival_plan 2026", "Press")
    assert document.filename.endswith(".pdf")
    assert read(document) == b"the plan"
    assert document.file_hash == hashlib.sha1(b"the plan").hexdigest()
    assert {tag.name for tag in document.tags.all()} == {"press", "two words"}
    assert document.uploaded_by_user == ada


def test_the_document_keeps_its_link_to_the_file(put, bring, account, ada):
    file = put()
    source = bring(file).document.m365_source
    assert (source.connection, source.drive_id) == (account, file.drive_id)
    assert (source.item_id, str(source)) == (file.item_id, "Press/plan.pdf")
    assert source.sha256 == hashlib.sha256(b"the plan").hexdigest()
    assert source.imported_by == ada
    assert source.quick_xor
    assert source.ctag


def test_the_log_of_the_document_says_where_it_came_from(put, bring):
    from wagtail.models import ModelLogEntry

    document = bring(put()).document
    actions = ModelLogEntry.objects.for_instance(document).values_list("action")
    assert ("wagtail_m365.import",) in actions


def test_one_file_that_fails_hinders_no_other(put, account, ada, collection):
    files = [put("a.pdf", b"a"), put("b.exe", b"b"), put("c.pdf", b"c")]
    found = import_files(files, account, ada, collection=collection)
    assert [bool(one.document) for one in found] == [True, False, True]
    assert found[1].error.code == "format_not_taken"


def test_nobody_imports_into_a_collection_that_is_not_theirs(
    put, account, ada, collection
):
    elsewhere = another_collection("Board")
    with pytest.raises(NotAllowed):
        import_files([put()], account, ada, collection=elsewhere)
    with pytest.raises(NotAllowed):
        import_file(put(), account, ada, collection=elsewhere)
    assert not documents()


def test_what_the_site_has_already_is_pointed_out_and_not_imported(
    put, bring, make_document
):
    there = make_document(b"the plan", "other.pdf")
    imported = bring(put())
    assert imported.is_duplicate
    assert imported.same == (there,)
    assert documents().get() == there


def test_it_is_imported_all_the_same_when_that_is_wished(put, bring, make_document):
    make_document(b"the plan", "other.pdf")
    assert bring(put(), even_if_there=True).document
    assert documents().count() == 2


def test_documents_that_a_person_may_not_see_are_not_hinted_at(
    put, bring, make_document, collection
):
    hidden = make_document(b"the plan", "secret.pdf")
    hidden.collection = another_collection("Board")
    hidden.save()
    imported = bring(put())
    assert imported.document
    assert not imported.same


def test_files_that_were_imported_before_are_known_at_once(
    put, bring, ada, ben, django_assert_num_queries
):
    file = put()
    document = bring(file).document
    assert imported_before([file], ada) == {file.item_id: document}
    stranger = type(ada).objects.create_user("stranger")
    assert imported_before([file], stranger) == {}


def test_an_empty_file_is_refused_before_anything_is_made(put, bring, settings):
    with pytest.raises(DocumentError) as refused:
        bring(put("empty.pdf", b""))
    assert refused.value.code == "empty_remote_file"
    assert not documents()
    assert not stored_files(settings)


@pytest.fixture
def sizes_untold():
    """Microsoft leaves out how large an item is."""

    def item(request):
        with urlopen(Request(request.url, headers=dict(request.headers))) as answer:
            told = json.load(answer)
        return 200, {}, json.dumps({k: told[k] for k in told if k != "size"})

    with responses.RequestsMock(assert_all_requests_are_fired=False) as between:
        between.add_passthru("http://")
        between.add_callback("GET", re.compile(r".*/items/[^/]+\?.*"), item)
        yield


def test_a_file_whose_size_is_not_told_is_not_taken_for_an_empty_one(
    put, bring, sizes_untold
):
    assert bring(put()).document.file_size == len(b"the plan")


def test_an_empty_file_whose_size_is_not_told_is_refused_all_the_same(
    put, bring, sizes_untold
):
    with pytest.raises(WriteRefused):
        bring(put("empty.pdf", b""))
    assert not get_document_model().objects.exists()


def test_a_file_above_the_sites_limit_is_not_even_fetched(
    put, bring, settings, microsoft
):
    settings.WAGTAILDOCS_MAX_UPLOAD_SIZE = 4
    file = put()
    microsoft.clear_requests()
    with pytest.raises(DocumentError) as refused:
        bring(file)
    assert refused.value.code == "larger_than_allowed"
    assert [one.path for one in microsoft.requests if "content" in one.path] == []


@pytest.mark.parametrize(
    "name",
    [
        "p" * 240 + ".pdf",
        "100% #1 “quoted” +&=.pdf",
        "Größe — наука 漢字 🎉.pdf",
        "a.b.c.pdf",
    ],
)
def test_names_that_onedrive_takes_are_taken(put, bring, read, name):
    document = bring(put(f"Press/{name}")).document
    assert document.title == name.removesuffix(".pdf")
    assert document.filename.endswith(".pdf")
    assert read(document) == b"the plan"
    assert document.m365_source.name == name


def test_a_file_that_changes_while_it_is_fetched_arrives_as_one_content(
    put, bring, read, microsoft
):
    file = put()
    microsoft.fail("changed_during_download", 1)
    document = bring(file).document
    now = put.drive.file("Press/plan.pdf")
    assert read(document) == now
    assert document.m365_source.sha256 == hashlib.sha256(now).hexdigest()


def test_a_file_that_never_stands_still_becomes_no_document(
    put, bring, microsoft, settings
):
    file = put()
    microsoft.fail("changed_during_download", 20)
    with pytest.raises(ContentMismatch):
        bring(file)
    assert not documents()
    assert not stored_files(settings)


def test_a_line_that_is_cut_leaves_no_half_file(put, bring, microsoft, read):
    file = put(content=b"x" * 3_000_000)
    microsoft.fail("truncated_download", 2)
    assert read(bring(file).document) == b"x" * 3_000_000


def test_a_file_that_is_gone_meanwhile_is_named(put, bring):
    file = put()
    put.drive.delete("Press/plan.pdf")
    with pytest.raises(ItemNotFound) as gone:
        bring(file)
    assert gone.value.code == "file_gone"
    assert "plan.pdf" in gone.value.explanation.what


def test_an_account_that_was_disconnected_is_told(put, bring, account):
    file = put()
    account.access_tokens.all().delete()
    account.refresh_token_sealed = ""
    account.save()
    with pytest.raises(TokenError):
        bring(file)


def test_what_the_storage_did_not_keep_is_no_document(put, bring, saboteur):
    file = put()
    saboteur.arm(2, OSError)
    with pytest.raises((WriteFailed, ContentMismatch)):
        bring(file)
    assert not documents()
    assert not RemoteSource.objects.exists()


def test_a_required_field_of_the_sites_own_model_is_named(put, bring, settings):
    settings.WAGTAILDOCS_DOCUMENT_FORM_BASE = (
        "tests.documents.test_importing.WantsALicence"
    )
    with pytest.raises(WriteRefused) as refused:
        bring(put())
    assert refused.value.facts["errors"] == ["licence: This field is required."]
    assert "licence" in refused.value.explanation.what
    assert not documents()


def test_a_forged_file_is_no_file():
    with pytest.raises(InvalidRequest):
        RemoteFile.unsign("eyJhIjoxfQ.forged")


def test_a_file_comes_back_from_the_browser_as_it_was_sent():
    file = RemoteFile(drive_id="d", item_id="i", name="n", place=Place.SHARED)
    assert RemoteFile.unsign(file.sign()) == file


def _wants_a_licence():
    from django import forms
    from wagtail.documents.forms import BaseDocumentForm

    return type("WantsALicence", (BaseDocumentForm,), {"licence": forms.CharField()})


def __getattr__(name):
    # Wagtail's form can be imported only when the site is set up.
    if name == "WantsALicence":
        return _wants_a_licence()
    raise AttributeError(name)
