"""Histories of documents: editors, colleagues in Word, uploads, faults and deaths.

After every step: each content that anybody ever saved can still be had from a document,
from a version of it or from a copy in Microsoft 365 (or from the recycle bin, where a
person put it there), and no document's row belies its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, ClassVar

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from wagtail.documents import get_document_model

from wagtail_m365.documents.bringing_back import bring_back, check
from wagtail_m365.documents.closing import discard
from wagtail_m365.documents.content import fingerprint_of
from wagtail_m365.documents.handing_over import hand_over
from wagtail_m365.documents.moderation import approve, reject, withdraw
from wagtail_m365.documents.noticing import notice_all
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.resolving import (
    keep_both,
    keep_ours,
    take_theirs,
    update_copy,
)
from wagtail_m365.documents.sweeping import STUCK_AFTER, sweep
from wagtail_m365.documents.versions import opened_version, restore, versions_of
from wagtail_m365.errors import (
    AlreadyOpen,
    ItemLocked,
    M365Error,
    NotAllowed,
    NothingOpen,
    WrongState,
)
from wagtail_m365.models import (
    CachedAccessToken,
    DocumentVersion,
    EditSession,
    Proposal,
)
from wagtail_m365.models.edit_sessions import UNFINISHED
from wagtail_m365.testing.fake.graph_errors import GraphError

from .contents import text_of
from .fates import FATES, FAULTS, NOTHING, Fate
from .steps import Died, Steps
from .worlds import CHIEF, PEOPLE, Scene, Site

#: Nothing was touched, whoever says so.
REFUSALS = (AlreadyOpen, ItemLocked, NotAllowed, NothingOpen, WrongState)
WHO = st.sampled_from(["the owner", "the owner", "the owner", *PEOPLE])
WHICH = st.integers(0, 1)
#: What an editor may do; those that matter most are chosen more often.
DEEDS = (
    *("brings_back", "brings_back", "brings_back", "takes_theirs", "takes_theirs"),
    *("keeps_ours", "keeps_ours", "keeps_both", "updates_the_copy", "hands_over"),
    *("discards", "restores", "uploads", "uploads", "opens", "looks"),
    *("sweeps", "sweeps_later", "signs_in_again", "deletes", "makes_another"),
    "notices",
)
#: What may be done besides, where files wait for approval.
DECISIONS = ("approves", "approves", "rejects", "withdraws")
#: Where a document has changed before somebody acts; or not even opened it first.
CHANGED = ("as it is", "nowhere", "copy", "copy", "site", "both", "both", "both")
IN_ONEDRIVE = ("save", "rename", "move", "delete", "restore", "lock", "lock", "unlock")
#: Deeds for which nothing needs to be open.
ON_THE_SITE = {
    "restores",
    "uploads",
    "opens",
    "signs_in_again",
    "deletes",
    "makes_another",
    "notices",
}


class Histories(RuleBasedStateMachine):
    """One document to begin with, two editors with an account each."""

    #: Given by the test.
    site: ClassVar[Site]
    steps: ClassVar[Steps]
    scene: ClassVar[Scene]
    #: All histories that were played, as texts.
    played: ClassVar[set[tuple[str, ...]]]

    def __init__(self) -> None:
        super().__init__()
        self.steps.disarm()
        self.microsoft = self.site.microsoft
        self.microsoft.reset()
        self.site.clear()
        self.drives = self.site.begin(self.scene)
        self.connections = self.site.connections
        self.count = 0
        self.saved: set[str] = set()
        self.dropped: set[str] = set()
        self.dropped_if_gone: set[str] = set()
        self.goes_with_document: set[str] = set()
        self.binned: set[str] = set()
        self.addresses: dict[int, str] = {}
        self.story: list[str] = []
        self.outcome: BaseException | None = None
        self.struck = False
        self.half_uploaded_by = ""
        self.target = self.new_document()

    def teardown(self) -> None:
        self.steps.disarm()
        self.played.add(tuple(self.story))
        # In the end the sweeper has come, and everything can be had without it.
        self.hours_pass()
        sweep()
        assert not DocumentVersion.objects.unsettled().exists()
        self.nothing_is_lost()
        assert self.microsoft.world.crashes == []

    # What happens

    @initialize(fate=st.one_of(st.just(NOTHING), FATES))
    def begins(self, fate):
        self.acts(self.opens, fate)

    @rule(
        deed=st.sampled_from(DEEDS),
        which=WHICH,
        who=WHO,
        fate=FATES,
        close=st.booleans(),
        changed=st.sampled_from(CHANGED),
    )
    def an_editor_acts(self, *, deed, which, who, fate, close, changed):
        """Mostly on a document that is open, and that has changed somewhere."""
        self.choose(which)
        if deed not in {*ON_THE_SITE, *DECISIONS} and changed != "as it is":
            self.acts(self.opens, NOTHING)
        if changed in {"site", "both"}:
            self.acts(self.uploads, NOTHING, "ben")
        if changed in {"copy", "both"}:
            self.word_saves()
        before = list(texts_in(self.documents_of(self.target)))
        self.acts(getattr(self, deed), fate, who, close)
        asked = deed != "brings_back" or fate.kind == "meanwhile"
        if changed == "both" and not asked:
            # A conflict is never decided unasked.
            assert list(texts_in(self.documents_of(self.target))) == before

    @precondition(lambda self: self.scene.moderated)
    @rule(deed=st.sampled_from(DECISIONS), which=WHICH, fate=FATES, told=st.booleans())
    def somebody_decides(self, *, deed, which, fate, told):
        """On what waits for approval, if anything does."""
        waiting = list(Proposal.objects.waiting())
        self.choose(which)
        if waiting:
            self.target = waiting[which % len(waiting)].document
        self.acts(getattr(self, deed), fate, "the chief", told)

    @rule(copy=WHICH, how=st.sampled_from(IN_ONEDRIVE))
    def happens_in_onedrive(self, copy, how):
        self.story.append(f"happens in OneDrive {copy} {how}")
        if how == "save":
            self.save_in_word(copy)
        elif how == "restore":
            self.restore_from_recycle_bin()
        else:
            self.relocate(copy, how)

    # What people do

    def opens(self, who="ada", close=False):
        open_document(self.target, self.person(who))

    def brings_back(self, who, close=False):
        bring_back(self.target, self.person(who), close=close)

    def looks(self, who, close=False):
        check(self.target, self.person(who))

    def takes_theirs(self, who, close=False):
        take_theirs(self.target, self.person(who), close=close)

    def keeps_ours(self, who, close=False):
        keep_ours(self.target, self.person(who), close=close)

    def keeps_both(self, who, close=False):
        keep_both(self.target, self.person(who))

    def updates_the_copy(self, who, close=False):
        update_copy(self.target, self.person(who))

    def hands_over(self, who, close=False):
        others = [x for x in self.site.people.values() if x != self.owner]
        hand_over(self.target, others[0], self.person(who))

    def discards(self, who, close=False):
        # What is only in the copy, or is saved there meanwhile, is meant to go.
        before, known = set(self.texts_in_copies()), set(self.saved)
        refused = False
        try:
            discard(self.target, self.person(who))
        except REFUSALS:
            refused = True
            raise
        finally:
            if not refused:
                self.dropped_if_gone |= before | (self.saved - known)

    def restores(self, who, close=False):
        versions = list(versions_of(self.target, self.person(who)))
        if versions:
            restore(versions[-1 if close else 0], self.person(who))

    def uploads(self, who, close=False):
        self.upload(who)

    def makes_another(self, who, close=False):
        if len(self.documents) < 2:
            self.new_document()

    def deletes(self, who, close=False):
        rows = [*self.documents_of(self.target), *self.versions]
        self.goes_with_document = set(texts_in(rows))
        self.post("delete", "ben", {})

    def notices(self, who, close=False):
        notice_all()

    def approves(self, who, close=False):
        for proposal in self.waiting():
            # Told what the document has now, or not.
            seen = self.target.file_hash if close else ""
            approve(proposal, self.site.people[CHIEF], seen_hash=seen)

    def rejects(self, who, close=False):
        for proposal in self.waiting():
            reject(proposal, self.site.people[CHIEF])

    def withdraws(self, who, close=False):
        for proposal in self.waiting():
            withdraw(proposal, proposal.author)

    def sweeps(self, who, close=False):
        sweep()

    def sweeps_later(self, who, close=False):
        self.hours_pass()
        sweep()

    def signs_in_again(self, who, close=False):
        for name in PEOPLE:
            self.sign_in(name)

    # What somebody else does in the middle of that

    def word_saves(self):
        for number in range(len(self.copies())):
            self.save_in_word(number)

    def copy_moves(self):
        self.relocate(0, "move")

    def somebody_uploads(self):
        self.upload("ben")

    def brings_back_as_well(self):
        bring_back(self.target, self.owner)

    def closes_as_well(self):
        bring_back(self.target, self.owner, close=True)

    def takes_theirs_as_well(self):
        take_theirs(self.target, self.owner)

    def opens_as_well(self):
        open_document(self.target, self.owner)

    def sweeper_comes(self):
        sweep()

    def chief_approves(self):
        self.approves("the owner", close=True)

    def changes_are_noticed(self):
        notice_all()

    def visitor_comes(self):
        list(versions_of(self.target, self.site.visitor))

    # What holds after each of these

    @invariant()
    def no_document_shows_a_mixture(self):
        for document in self.documents:
            with document.file.storage.open(document.file.name) as file:
                found = fingerprint_of(file)
            assert document.file_hash == found.sha1
            assert document.file_size == found.size
            assert not list(broken_in([document]))

    @invariant()
    def every_version_is_what_its_row_says(self):
        for document in self.documents:
            for version in versions_of(document, self.site.visitor):
                with opened_version(version, self.site.visitor) as file:
                    found = fingerprint_of(file)
                assert (version.sha256, version.size) == (found.sha256, found.size)

    @invariant()
    def whatever_waits_for_approval_is_there(self):
        for proposal in Proposal.objects.waiting().select_related("version"):
            assert proposal.version.stage == "pending"
            with opened_version(proposal.version, self.site.visitor) as file:
                assert proposal.version.sha256 == fingerprint_of(file).sha256
        pending = DocumentVersion.objects.filter(stage="pending")
        assert not pending.exclude(proposal__state="waiting").exists()

    @invariant()
    def addresses_stay(self):
        for document in self.documents:
            assert self.addresses.setdefault(document.pk, document.url) == document.url

    @invariant()
    def nothing_is_lost(self):
        found = {*self.texts_on_the_site(), *self.texts_in_copies()}
        lost = self.saved - self.dropped - found
        assert not lost, f"{lost} is nowhere; found: {found}; story: {self.story}"

    @invariant()
    def a_document_is_open_once(self):
        unfinished = EditSession.objects.filter(state__in=UNFINISHED)
        open_for = list(unfinished.filter(open_for__isnull=False))
        assert len(open_for) == len({each.open_for_id for each in open_for})
        others = unfinished.filter(open_for__isnull=True, document__isnull=False)
        # The receiving side of a hand-over that was cut short waits for the sweeper.
        assert all(each.state == "opening" for each in others)

    # How it is played and looked at

    @property
    def documents(self) -> list[Any]:
        return list(get_document_model().objects.order_by("pk"))

    @property
    def versions(self) -> list[DocumentVersion]:
        return list(DocumentVersion.objects.of_document(self.target))

    def waiting(self) -> list[Proposal]:
        """The oldest that waits for the document, if anything does."""
        return list(Proposal.objects.waiting().of_document(self.target)[:1])

    @property
    def owner(self) -> Any:
        session = EditSession.objects.open_for_document(self.target).first()
        return session.owner if session else self.site.people["ada"]

    def person(self, who: str) -> Any:
        return self.site.people.get(who, self.owner)

    @staticmethod
    def documents_of(document: Any) -> list[Any]:
        """The document as its row is now, if there is one."""
        return list(get_document_model().objects.filter(pk=document.pk))

    @staticmethod
    def was_out(document: Any) -> bool:
        """Has it ever been in Microsoft 365?"""
        sessions = EditSession.objects.filter(document_id=document.pk)
        return (
            sessions.exists() or DocumentVersion.objects.of_document(document).exists()
        )

    @staticmethod
    def is_there(document: Any) -> bool:
        return get_document_model().objects.filter(pk=document.pk).exists()

    def sign_in(self, name: str) -> None:
        connection = self.connections[name]
        account = connection.account
        connection.refresh_from_db()
        self.site.sign_in(connection, account)

    def restore_from_recycle_bin(self) -> None:
        for drive in self.drives:
            for item in list(drive.drive.recycle_bin.values()):
                if item.id in self.binned:
                    drive.drive.restore(item, drive.drive.owner)

    def new_text(self) -> str:
        self.count += 1
        return f"text {self.count}"

    def new_document(self) -> Any:
        text = self.new_text()
        # Wagtail would tell equal names apart by chance.
        name = f"report-{self.count}.docx"
        document = self.site.new_document(self.scene.make_file(text), name)
        # Who is cut off in the middle of this has not been told that it was saved.
        self.saved.add(text)
        return document

    def save(self, text: str) -> bytes:
        """Somebody has saved this."""
        self.saved.add(text)
        return self.scene.make_file(text)

    def drop(self, texts: set[str]) -> None:
        """Whatever of this is nowhere now was thrown away on purpose."""
        found = {*self.texts_on_the_site(), *self.texts_in_copies()}
        self.dropped |= texts - found

    def choose(self, which: int) -> None:
        documents = self.documents
        if not documents:
            documents = [self.new_document()]
        self.target = documents[which % len(documents)]

    def acts(self, deed: Callable[..., None], fate: Fate, *more: object) -> None:
        """Somebody does something, and meets a fate; the next visitor comes after it."""
        self.story.append(f"{deed.__name__} {self.target.pk} {more} {fate}")
        self.outcome: BaseException | None = None
        self.prepare(fate)
        try:
            with self.steps.counted():
                deed(*more)
        except (M365Error, Died) as error:
            self.outcome = error
        finally:
            self.struck = self.steps.struck
            self.steps.disarm()
            self.microsoft.world.faults.clear()
        if self.half_uploaded_by:
            name, self.half_uploaded_by = self.half_uploaded_by, ""
            self.upload(name)
        # By the time of the next deed, Microsoft takes requests again.
        CachedAccessToken.objects.update(not_before=0)
        if not self.is_there(self.target):
            self.dropped_if_gone |= self.goes_with_document
        self.goes_with_document.clear()
        self.next_visit(fate.again)
        self.next_visit()
        self.drop(self.dropped_if_gone)
        self.dropped_if_gone.clear()

    def prepare(self, fate: Fate) -> None:
        if fate.kind == "death":
            self.steps.die_at(fate.step)
        elif fate.kind == "lost_answer":
            self.steps.lose_answer(fate.step)
        elif fate.kind == "meanwhile":
            self.steps.let(lambda: self.meanwhile(fate.name), fate.step)
        elif fate.kind == "fault":
            fault, times, more = FAULTS[fate.name]
            self.microsoft.fail(fault, times, after=fate.step, **more)
            if fate.name == "token_revoked":
                self.microsoft.fail("revoked_grant", 99)

    def meanwhile(self, name: str) -> None:
        if self.is_there(self.target):
            with suppress(M365Error):
                getattr(self, name)()

    def next_visit(self, dies_at: int = 0) -> None:
        """Somebody looks at each document, which puts right what was cut short."""
        if dies_at:
            self.steps.die_at(dies_at)
        with suppress(Died), self.steps.counted():
            for document in self.documents:
                list(versions_of(document, self.site.visitor))
        self.steps.disarm()

    @staticmethod
    def hours_pass() -> None:
        EditSession.objects.update(opened_at=F("opened_at") - 2 * STUCK_AFTER)
        unsettled = DocumentVersion.objects.unsettled()
        unsettled.update(replaced_at=timezone.now() - 2 * STUCK_AFTER)

    def upload(self, name: str) -> None:
        """A new file in Wagtail's own form; saved if the form says so."""
        text, before = self.new_text(), set(texts_in(self.documents_of(self.target)))
        was_out = self.was_out(self.target)
        file = SimpleUploadedFile(self.target.filename, self.scene.make_file(text))
        try:
            status = self.post("edit", name, {"file": file})
        except Died:
            # Wagtail alone leaves a row that belies its file then: whoever was cut off
            # in a document that is none of our business yet uploads once more.
            self.half_uploaded_by = "" if was_out else name
            raise
        finally:
            if not was_out:
                # Wagtail keeps nothing, and this document is none of our business yet.
                self.dropped_if_gone |= before
        if status == 302:
            self.saved.add(text)

    def post(self, view: str, name: str, data: dict[str, Any]) -> int:
        address = reverse(f"wagtaildocs:{view}", args=[self.target.pk])
        browser = self.site.browsers.get(name, self.site.browsers["ada"])
        browser.cookies.pop("messages", None)
        fields = {"title": "Report", "collection": self.site.collection.pk, "tags": ""}
        return browser.post(address, fields | data).status_code

    def copies(self) -> list[tuple[Any, str]]:
        return [(drive, path) for drive in self.drives for path in drive.paths()]

    def save_in_word(self, number: int) -> None:
        """Somebody saves; what was in that file only is replaced by that person."""
        for drive, path in self.copies()[number : number + 1]:
            before = text_of(drive.file(path))
            drive.edit(path, self.save(self.new_text()))
            self.drop({before})

    def relocate(self, number: int, how: str) -> None:
        for drive, path in self.copies()[number : number + 1]:
            item = drive.item(path)
            with suppress(GraphError):
                if how == "rename":
                    self.count += 1
                    drive.rename(path, f"renamed {self.count}.docx")
                elif how == "move":
                    drive.move(path, "Elsewhere")
                elif how == "lock":
                    drive.lock(path)
                elif how == "unlock":
                    drive.unlock(path)
                else:
                    drive.delete(path)
                    self.binned.add(item.id)

    def texts_in_copies(self) -> list[str]:
        """In drives, and in recycle bins where a person threw them away.

        Or where the sweeper did, with a copy that no session ever knew of.
        """
        contents = [drive.file(path) for drive, path in self.copies()]
        known = set(EditSession.objects.values_list("item_id", flat=True)) - self.binned
        for drive in self.drives:
            thrown_away = drive.drive.recycle_bin.values()
            contents += [
                item.blob.read()
                for item in thrown_away
                if not item.is_folder and item.id not in known
            ]
        return [text_of(content) for content in contents]

    def texts_on_the_site(self) -> list[str]:
        # What waits for approval is shown with it. A version whose replacement was cut short is shown when nobody can be at work
        # on it any more.
        stages = ("kept", "replacing", "pending")
        kept = DocumentVersion.objects.filter(stage__in=stages)
        return [*texts_in(self.documents), *texts_in(kept)]


def texts_in(rows: Any) -> Iterator[str]:
    """The texts of the files that these rows have, where they are whole."""
    for row in rows:
        with suppress(FileNotFoundError, ValueError):
            with row.file.storage.open(row.file.name) as source:
                content = source.read()
            yield text_of(content)


def broken_in(rows: Any) -> Iterator[Any]:
    """Those of these rows whose file is none that anybody saved."""
    return (row for row in rows if not list(texts_in([row])))
