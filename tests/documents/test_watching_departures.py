from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from wagtail.models import (
    Collection,
    CollectionViewRestriction,
    GroupCollectionPermission,
)

from wagtail_m365.models import WatchedItem

from .watch import content_of, documents, edit_on_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def private(watch, ada):
    """A collection that only some people see, to which Ada may add."""
    collection = Collection.get_first_root_node().add_child(name="Archive")
    CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="login"
    )
    GroupCollectionPermission.objects.create(
        group=ada.groups.get(),
        collection=collection,
        permission=Permission.objects.get(
            codename="add_document", content_type__app_label="wagtaildocs"
        ),
    )
    watch.set(when_gone="unpublish", private_collection=collection)
    return collection


@pytest.fixture
def deleting(watch):
    watch.set(when_gone="delete")
    watch.put("plan.pdf", b"plan")
    watch.run()
    return watch


def test_documents_are_kept_unless_the_folder_says_otherwise(watch):
    watch.put("plan.pdf", b"plan")
    watch.run()
    watch.drive.delete("Press/plan.pdf")
    assert watch.run().counts == {"left": 1}
    assert content_of(watch.document("plan")) == b"plan"


def test_a_document_goes_to_the_private_collection_and_comes_back(watch, private):
    watch.put("plan.pdf", b"plan")
    watch.run()
    watch.drive.delete("Press/plan.pdf")
    assert watch.run().counts == {"unpublished": 1}
    assert watch.document("plan").collection == private
    watch.drive.restore("plan.pdf")
    watch.run()
    assert watch.document("plan").collection == watch.folder.collection
    assert watch.item("plan.pdf").state == "taken"


def test_a_document_is_deleted_where_the_folder_says_so(deleting):
    deleting.drive.delete("Press/plan.pdf")
    assert deleting.run().counts == {"deleted": 1}
    assert not documents()
    assert not WatchedItem.objects.files()


def test_a_document_whose_file_was_edited_on_the_site_is_not_deleted(deleting):
    edit_on_site(deleting.document("plan"), b"the site's")
    deleting.drive.delete("Press/plan.pdf")
    assert deleting.run().counts == {"failed": 1}
    assert content_of(deleting.document("plan")) == b"the site's"
    assert deleting.item("plan.pdf").error_code == "deleted_but_edited"


def test_a_document_whose_title_was_edited_on_the_site_is_not_deleted(deleting):
    documents().update(title="What people read")
    deleting.drive.delete("Press/plan.pdf")
    deleting.run()
    assert deleting.titles == ["What people read"]


def test_a_document_with_the_sites_own_versions_is_not_deleted(deleting, ada):
    import io

    from wagtail_m365.documents.updating import resolve
    from wagtail_m365.documents.writing_back import replace_file

    document = deleting.document("plan")
    replace_file(document, ada, io.BytesIO(b"own"), expected_hash=document.file_hash)
    resolve(document, ada, "theirs")
    deleting.run()
    deleting.drive.delete("Press/plan.pdf")
    deleting.run()
    assert deleting.titles == ["plan"]


def test_whoever_may_not_delete_it_lets_it_stay(deleting, ada):
    documents().update(uploaded_by_user=None)
    GroupCollectionPermission.objects.filter(
        group=ada.groups.get(), permission__codename="change_document"
    ).delete()
    deleting.drive.delete("Press/plan.pdf")
    deleting.run()
    assert deleting.titles == ["plan"]
    assert deleting.item("plan.pdf").error_code == "may_not_delete"


@pytest.mark.parametrize("kind", ["apply", "upload"])
def test_a_link_that_is_too_old_means_a_look_at_the_whole_folder(deleting, kind):
    for name in ("a.pdf", "2026/b.pdf"):
        deleting.put(name, name.encode())
    deleting.run()
    deleting.drive.delete("Press/plan.pdf")
    deleting.edit("a.pdf", b"new")
    deleting.put("c.pdf", b"c")
    deleting.microsoft.options.resync_kind = kind
    deleting.drive.forget_changes()
    counts = deleting.run().counts
    assert (counts["resyncs"], counts["updated"], counts["imported"]) == (1, 1, 1)
    # What Microsoft is not sure about is kept (resyncChangesUploadDifferences).
    assert ("plan" in deleting.titles) == (kind == "upload")
    assert deleting.run().counts == {}


def test_a_look_that_was_cut_short_deletes_nothing(deleting):
    for number in range(5):
        deleting.put(f"{number}/x{number}.pdf", b"%d" % number)
    deleting.run()
    deleting.drive.forget_changes()
    path = f"/v1.0/drives/{deleting.drive.drive.id}/items"
    deleting.microsoft.fail("throttled", 99, path=path, after=3)
    assert deleting.run().error is not None
    assert documents().count() == 6
    deleting.microsoft.world.faults.clear()
    deleting.now += 100_000
    assert deleting.run().error is None
    assert documents().count() == 6
