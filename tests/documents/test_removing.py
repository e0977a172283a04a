"""The race at the end: somebody saves while the copy is being deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wagtail_m365.documents import remote, removing
from wagtail_m365.documents.opening import open_document
from wagtail_m365.errors import PreconditionFailed
from wagtail_m365.models.edit_sessions import RemoteCopy

#: More steps than a deletion has: the last ones come after it.
STEPS = 8
_SAVES = st.lists(st.integers(0, STEPS), min_size=1, max_size=3, unique=True)


@dataclass
class Meddling:
    """A Graph client before whose calls something else happens, at chosen steps."""

    graph: Any
    meddle: Callable[[int], None]
    step: int = 0

    @property
    def drives(self) -> Meddling:
        return self

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.graph.drives, name)

        def after_the_meddling(*args: Any, **options: Any) -> Any:
            self.meddle(self.step)
            self.step += 1
            return call(*args, **options)

        return after_the_meddling


class Race:
    """A document that is open, and a deletion during which somebody saves."""

    def __init__(self, document: Any, user: Any, seam: Any) -> None:
        self.seam = seam
        self.session = open_document(document, user).session
        self.graph = remote.graph_of(self.session)
        self.saved: list[bytes] = []

    def run(self, saves: list[int]) -> RemoteCopy | None:
        """Delete it, with saves before these calls; ``None``: it was refused."""
        expected = remote.read(self.graph, self.session)
        meddling = Meddling(self.graph, lambda step: self._save(step, saves))
        try:
            return removing.remove(meddling, self.session, expected)
        except PreconditionFailed:
            return None

    def _save(self, step: int, saves: list[int]) -> None:
        if step in saves and self.seam.paths():
            content = f"saved before call {step}".encode()
            self.seam.edit(self.seam.paths()[0], content)
            self.saved.append(content)

    def everything(self) -> set[bytes]:
        """What can still be fetched: there, or in the recycle bin."""
        drive = self.seam.drive
        files = [item for item in self.seam.items() if not item.is_folder]
        binned = [item for item in drive.recycle_bin.values() if not item.is_folder]
        return {item.blob.read() for item in [*files, *binned]}


@pytest.fixture
def begin(make_document, ada, connect, onedrive) -> Callable[[], Race]:
    drive = onedrive(connect(ada))
    return lambda: Race(make_document(), ada, drive.seam)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(saves=_SAVES)
def test_no_save_is_lost_whenever_it_comes(begin, saves):
    race = begin()
    became = race.run(saves)
    if race.saved:
        assert became is None
        assert race.saved[-1] in race.everything()
        race.seam.delete(race.seam.paths()[0])
    else:
        assert became == RemoteCopy.IN_RECYCLE_BIN


def test_a_deletion_for_good_would_lose_it(begin):
    """What the order of things is for: Microsoft holds this one against no tag."""
    race = begin()
    path = race.seam.paths()[0]
    race.seam.edit(path, b"saved in between")
    race.graph.drives.permanently_delete(race.session.drive_id, race.session.item_id)
    assert b"saved in between" not in race.everything()


def test_tags_that_move_without_an_edit_do_not_keep_the_session_open(begin):
    race = begin()
    item = race.seam.item(race.seam.paths()[0])

    def move_the_tag(step: int) -> None:
        # Known of drives shortly after an upload (onedrive-api-docs#308).
        item.etag_number += step == 1

    expected = remote.read(race.graph, race.session)
    meddling = Meddling(race.graph, move_the_tag)
    became = removing.remove(meddling, race.session, expected)
    assert became == RemoteCopy.IN_RECYCLE_BIN
