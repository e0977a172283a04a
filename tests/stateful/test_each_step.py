from __future__ import annotations

import pytest

from .fates import Fate
from .losses import LOSSES, NOTICED
from .test_histories import SCENES

#: More than any deed has.
STEPS = 45
#: What may happen at each step of a deed, and what before the deed has changed.
MET = {
    "death": ("both", Fate(kind="death")),
    "colleague": ("copy", Fate(kind="meanwhile", name="word_saves")),
    "upload": ("copy", Fate(kind="meanwhile", name="somebody_uploads")),
}
MATTER = ("takes_theirs", "brings_back", "keeps_ours", "uploads", "restores")


def play_each_step(machine, deeds, met, before=()):
    """One deed in a new world, with that happening at each of its steps in turn."""
    changed, fate = MET[met]
    for deed in deeds:
        for step in range(1, STEPS):
            history = machine()
            history.acts(history.opens, Fate())
            for earlier in before:
                history.word_saves()
                history.acts(getattr(history, earlier), Fate(), "the owner")
            history.an_editor_acts(
                deed=deed,
                which=0,
                who="the owner",
                fate=Fate(kind=fate.kind, step=step, name=fate.name),
                close=True,
                changed=changed,
            )
            holds(history)
            if not history.struck:
                break


def holds(history):
    history.no_document_shows_a_mixture()
    history.every_version_is_what_its_row_says()
    history.addresses_stay()
    history.nothing_is_lost()
    history.whatever_waits_for_approval_is_there()
    history.a_document_is_open_once()
    history.teardown()


@pytest.mark.parametrize("met", MET)
@pytest.mark.parametrize("deed", [*MATTER, "keeps_both", "hands_over", "discards"])
def test_whatever_happens_at_each_step_nothing_is_lost(machine, deed, met):
    play_each_step(machine(SCENES["word_file_in_business"]), [deed], met)


@pytest.mark.parametrize("met", MET)
@pytest.mark.parametrize("deed", ["approves", "rejects", "withdraws", "brings_back"])
def test_whatever_happens_at_each_step_what_waits_for_approval_is_kept(
    machine, deed, met
):
    moderated = machine(SCENES["word_file_in_moderation"])
    play_each_step(moderated, [deed], met, before=["brings_back"])


@pytest.mark.parametrize("met", MET)
@pytest.mark.parametrize("deed", ["brings_back", "hands_over", "discards"])
def test_whatever_happens_at_each_step_in_a_library_nothing_is_lost(machine, deed, met):
    play_each_step(machine(SCENES["word_file_in_library"]), [deed], met)


@pytest.mark.once
@pytest.mark.parametrize("plant", LOSSES, ids=lambda plant: plant.__name__)
def test_a_planted_loss_is_found(machine, monkeypatch, plant):
    """Here the product is broken on purpose."""
    plant(monkeypatch)
    with pytest.raises(NOTICED):
        play_all(machine(SCENES["word_file_in_business"]))


def play_all(machine):
    for met in MET:
        play_each_step(machine, MATTER, met)
