"""Histories of documents: editors, colleagues in Word, uploads, faults and deaths.

After every step: each content that anybody ever saved can still be had from a document,
a version or a copy in Microsoft 365, and no document's row belies its file.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from wagtail.documents import get_document_model

from wagtail_m365.documents.bringing_back import bring_back, check
from wagtail_m365.documents.closing import discard
from wagtail_m365.documents.content import fingerprint_of
from wagtail_m365.documents.handing_over import hand_over
from wagtail_m365.documents.keeping import kept_while_replaced
from wagtail_m365.documents.mending import mend
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.resolving import (
    keep_both,
    keep_ours,
    take_theirs,
    update_copy,
)
from wagtail_m365.documents.sweeping import sweep
from wagtail_m365.documents.versions import restore
from wagtail_m365.documents.wagtail_compat import file_form
from wagtail_m365.errors import M365Error
from wagtail_m365.models import DocumentVersion, EditSession

from .storages import Died, Saboteur

PEOPLE = st.sampled_from(["ada", "ben"])
#: What the next deed meets on its way: nothing, a fault of Microsoft's, a death after
#: so many steps, a colleague who saves in Word after so many steps.
FATES = st.one_of(
    st.just(("nothing", 0)),
    st.tuples(
        st.sampled_from(
            ["throttled", "locked", "precondition_failed", "quota_exceeded"]
        ),
        st.just(0),
    ),
    st.tuples(st.just("death"), st.integers(1, 60)),
    st.tuples(st.just("colleague"), st.integers(1, 60)),
)
_FAULTS: dict[str, dict[str, Any]] = {"throttled": {"retry_after": 600}}
_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
    "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
}


def word_file(text: str) -> bytes:
    """A Word file that a library enriches when it arrives."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, data in _PARTS.items():
            package.writestr(name, data)
        package.writestr("word/document.xml", text)
    return file.getvalue()


def text_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read("word/document.xml").decode()


class Histories(RuleBasedStateMachine):
    """One document to begin with, two editors with an account each."""

    #: Given by the test.
    microsoft: ClassVar[Any]
    saboteur: ClassVar[Saboteur]
    make_document: ClassVar[Callable[..., Any]]
    connect: ClassVar[Callable[..., Any]]
    people: ClassVar[dict[str, Any]]

    def __init__(self) -> None:
        super().__init__()
        self.saboteur.disarm()
        self.savepoint = transaction.savepoint()
        self.microsoft.reset()
        accounts = {name: self.connect(user) for name, user in self.people.items()}
        self.drives = [self.microsoft.drive(each.account) for each in accounts.values()]
        self.count = 0
        self.saved: set[str] = set()
        self.dropped: set[str] = set()
        self.document = self.make_document(word_file(self.new_text()))

    def teardown(self) -> None:
        self.saboteur.disarm()
        transaction.savepoint_rollback(self.savepoint)

    def new_text(self) -> str:
        self.count += 1
        text = f"text {self.count}"
        self.saved.add(text)
        return text

    # What people do

    @initialize()
    def begins(self):
        open_document(self.document, self.people["ada"])

    @rule(name=PEOPLE, fate=FATES)
    def opens(self, name, fate):
        with self.meeting(fate):
            open_document(self.document, self.people[name])

    @rule(fate=FATES, close=st.booleans())
    def brings_back(self, fate, close):
        with self.meeting(fate):
            bring_back(self.document, self.owner, close=close)

    @rule(fate=FATES)
    def looks(self, fate):
        with self.meeting(fate):
            check(self.document, self.owner)

    @rule(fate=FATES, close=st.booleans())
    def takes_theirs(self, fate, close):
        with self.meeting(fate):
            take_theirs(self.document, self.owner, close=close)

    @rule(fate=FATES, close=st.booleans())
    def keeps_ours(self, fate, close):
        with self.meeting(fate):
            keep_ours(self.document, self.owner, close=close)

    @rule(fate=FATES)
    def keeps_both(self, fate):
        with self.meeting(fate):
            keep_both(self.document, self.owner)

    @rule(fate=FATES)
    def updates_the_copy(self, fate):
        with self.meeting(fate):
            update_copy(self.document, self.owner)

    @rule(fate=FATES)
    def hands_over(self, fate):
        others = [each for each in self.people.values() if each != self.owner]
        with self.meeting(fate):
            hand_over(self.document, others[0], self.owner)

    @rule(fate=FATES)
    def discards(self, fate):
        with self.meeting(fate):
            # What is only in the copy is meant to go.
            self.dropped |= set(self.texts_in_copies()) - set(self.texts_on_the_site())
            discard(self.document, self.owner)

    @rule(fate=FATES, which=st.integers(0, 5))
    def restores(self, fate, which):
        versions = list(DocumentVersion.objects.of_document(self.document).kept())
        if versions:
            with self.meeting(fate):
                restore(versions[which % len(versions)], self.people["ada"])

    @rule(fate=FATES)
    def uploads_on_the_site(self, fate):
        document = get_document_model().objects.get(pk=self.document.pk)
        user = self.people["ben"]
        text = self.new_text()
        upload = SimpleUploadedFile(document.filename, word_file(text))
        try:
            with self.meeting(fate), kept_while_replaced(document, user):
                self.save_form(document, user, upload)
        finally:
            if text not in self.texts_on_the_site():
                self.saved.discard(text)  # the form failed: nobody was told it is saved

    @staticmethod
    def save_form(document, user, upload):
        with transaction.atomic():
            form = file_form(document, user, upload)
            assert form.is_valid(), form.errors
            form.save()

    @rule()
    def somebody_saves_in_word(self):
        self.save_in_word()

    @rule()
    def word_is_opened(self):
        for drive, path in self.copies():
            drive.lock(path)

    @rule()
    def word_is_closed(self):
        for drive, path in self.copies():
            drive.unlock(path)

    @rule()
    def the_copy_is_renamed(self):
        for drive, path in self.copies():
            self.count += 1
            with suppress(Exception):
                drive.rename(path, f"renamed {self.count}.docx")

    @rule()
    def the_copy_is_deleted_in_onedrive(self):
        only_there = set(self.texts_in_copies()) - set(self.texts_on_the_site())
        for drive, path in self.copies():
            with suppress(Exception):
                drive.delete(path)
        self.dropped |= only_there - set(self.texts_in_copies())

    @rule(fate=FATES)
    def is_swept(self, fate):
        with self.meeting(fate):
            sweep()

    # What holds after each of these

    @invariant()
    def no_document_shows_a_mixture(self):
        for document in get_document_model().objects.all():
            with document.file.storage.open(document.file.name) as file:
                found = fingerprint_of(file)
            assert document.file_hash == found.sha1
            assert document.file_size == found.size

    @invariant()
    def the_address_stays(self):
        document = get_document_model().objects.get(pk=self.document.pk)
        assert document.file.name == self.document.file.name

    @invariant()
    def nothing_is_lost(self):
        found = {*self.texts_on_the_site(), *self.texts_in_copies()}
        lost = self.saved - self.dropped - found
        assert not lost, f"{lost} is nowhere; found: {found}"

    @invariant()
    def a_document_is_open_once(self):
        open_for = EditSession.objects.unfinished().values_list("open_for", flat=True)
        assert len(open_for) == len(set(open_for))

    # How it is looked at

    @property
    def owner(self):
        session = EditSession.objects.open_for_document(self.document).first()
        return session.owner if session else self.people["ada"]

    @contextmanager
    def meeting(self, fate: tuple[str, int]) -> Iterator[None]:
        """Do something, and meet a fate on the way; the next visitor comes after it."""
        kind, step = fate
        if kind == "death":
            self.saboteur.arm(step, Died)
        elif kind == "colleague":
            self.saboteur.arm(step, self.save_in_word)
        elif kind != "nothing":
            self.microsoft.fail(kind, **_FAULTS.get(kind, {}))
        try:
            with connection.execute_wrapper(self.saboteur.query):
                yield
        except (M365Error, Died):
            pass
        finally:
            self.saboteur.disarm()
            self.microsoft.world.faults.clear()
            mend(self.document)

    def copies(self) -> list[tuple[Any, str]]:
        return [(drive, path) for drive in self.drives for path in drive.paths()]

    def save_in_word(self) -> None:
        """Somebody saves; what was in that file only is replaced by that person."""
        for drive, path in self.copies():
            before = text_of(drive.file(path))
            if before not in self.texts_on_the_site():
                self.dropped.add(before)
            drive.edit(path, word_file(self.new_text()))

    def texts_in_copies(self) -> list[str]:
        return [text_of(drive.file(path)) for drive, path in self.copies()]

    def texts_on_the_site(self) -> list[str]:
        documents = [each.file for each in get_document_model().objects.all()]
        versions = [each.file for each in DocumentVersion.objects.all() if each.file]
        return [text for file in documents + versions for text in texts_of(file)]


def texts_of(file: Any) -> Iterator[str]:
    with suppress(FileNotFoundError), file.storage.open(file.name) as source:
        yield text_of(source.read())
