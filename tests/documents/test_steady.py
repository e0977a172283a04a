"""One brings back while somebody else's replacement of the same file has not ended."""

from __future__ import annotations

import pytest

from wagtail_m365.documents import keeping, mending, steady
from wagtail_m365.documents.bringing_back import bring_back, check
from wagtail_m365.documents.comparing import compared
from wagtail_m365.documents.importing import import_file
from wagtail_m365.documents.keeping import Occasion
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.remote import graph_of
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.documents.updating import update
from wagtail_m365.errors import BothChanged, FileMissing
from wagtail_m365.models import DocumentVersion, EditSession

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def document(saboteur, make_document):
    """Holds ``first``; its storage can do something at each step."""
    return make_document()


@pytest.fixture
def edited(document, ada, connect, onedrive):
    """The document is open, and holds ``second`` in Microsoft 365."""
    drive = onedrive(connect(ada))
    open_document(document, ada)
    drive.edit(b"second")
    return document


def files(document):
    return document.file.storage.files


class Rival:
    """Somebody who is replacing the document's file by the same content."""

    def __init__(self, document, user):
        self.document, self.user = document, user

    def has_stored(self, content=b"second"):
        """The bytes are there, and the row does not know them yet."""
        self.version = keeping.keep(self.document, Occasion(user=self.user))
        files(self.document)[self.document.file.name] = content

    def has_deleted(self):
        """The old bytes are gone, and the new ones not there yet."""
        self.has_stored()
        del files(self.document)[self.document.file.name]


@pytest.fixture
def rival(document, ben):
    return Rival(document, ben)


@pytest.fixture(params=["has_stored", "has_deleted"])
def strike_at(request, rival, saboteur):
    """Lets the rival come between, when the storage is asked so many times."""
    return lambda step: saboteur.arm(step, getattr(rival, request.param))


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_no_edit_is_taken_for_the_sites_own(edited, ada, strike_at, read, step):
    strike_at(step)
    came = bring_back(edited, ada)

    assert came.outcome == "taken"
    assert read(edited) == b"second"
    session = EditSession.objects.get()
    assert session.base_file_hash == type(edited).objects.get().file_hash
    assert came.version.file.storage.files[came.version.file.name] == b"first"


def test_a_look_waits_until_the_bytes_are_the_sites_own(document, rival):
    rival.has_stored()

    seen = steady.look(document.pk)

    assert seen.content.sha1 == seen.file_hash
    assert files(document)[document.file.name] == b"first"


def test_a_rival_who_gives_up_between_two_looks_is_noticed(document, rival):
    seen = steady.look(document.pk)
    rival.has_stored()
    found = keeping.fingerprint_of(document.file.storage.open(document.file.name))
    mending.settle(rival.version)
    assert not DocumentVersion.objects.exists()

    with pytest.raises(BothChanged) as refused:
        steady.require_steady(document, seen.file_hash, found)
    assert refused.value.code == "changed_meanwhile"


def test_a_file_that_was_changed_past_wagtail_is_taken_as_it_is(document):
    files(document)[document.file.name] = b"by hand"

    assert steady.look(document.pk).content.size == len(b"by hand")


def test_a_file_that_is_missing_is_missing(document):
    files(document).clear()

    with pytest.raises(FileMissing):
        steady.look(document.pk)


def test_a_mere_look_at_both_sides_says_that_the_copy_changed(
    edited, ada, rival, saboteur
):
    saboteur.arm(1, rival.has_stored)

    assert check(edited, ada).changed


@pytest.fixture
def imported(document, ada, connect, onedrive, collection):
    """A document that was imported, and whose file holds ``second`` there by now."""
    connection = connect(ada)
    seam = onedrive(connection).seam
    item = seam.put("plan.pdf", b"base")
    file = RemoteFile(drive_id=seam.drive.id, item_id=item.id, name="plan.pdf")
    imported = import_file(file, connection, ada, collection=collection).document
    seam.edit("plan.pdf", b"second")
    return imported


def test_an_update_is_not_believed_to_have_come_already(
    imported, ada, rival, saboteur, read
):
    rival.document = imported
    saboteur.arm(1, rival.has_stored)
    with pytest.raises(BothChanged) as refused:
        update(imported, ada)
    assert refused.value.code == "changed_meanwhile"

    assert update(imported, ada).outcome == "taken"
    assert read(imported) == b"second"


def test_both_sides_are_compared_once(saboteur, make_document, ada, connect, sample):
    """A copy that a library has rewritten is unpacked for that, and the site's file, too."""
    connect(ada)
    document = make_document(sample("quarterly-report.docx"))
    session = open_document(document, ada).session
    saboteur.steps = 0
    with compared(graph_of(session), session, fetch=True) as comparison:
        assert comparison.is_same
        assert not comparison.remote_changed
    # The site's file is opened to be looked at, and to be compared.
    assert saboteur.steps == 2
