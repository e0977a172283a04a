from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .contents import plain_file, word_file
from .losses import COARSE, NOTICED, OF_MODERATION
from .worlds import Scene

#: How many histories are played in all; CI plays 2,000, with a seed for each database.
HISTORIES = int(os.environ.get("WAGTAIL_M365_HISTORIES", "100"))
#: Which histories: a number that is printed where one fails.
SEED = int(os.environ.get("WAGTAIL_M365_HISTORIES_SEED", "365"))
STEPS = 6
SCENES = {
    "word_file_in_business": Scene(name="business", make_file=word_file),
    "plain_file_in_business": Scene(name="plain", make_file=plain_file),
    "word_file_in_personal": Scene(name="personal", make_file=word_file, personal=True),
    "word_file_in_library": Scene(name="library", make_file=word_file, library=True),
    "word_file_in_moderation": Scene(
        name="moderation", make_file=word_file, moderated=True
    ),
}


#: Into so many tests each scene is divided, so that several processes share them.
PARTS = 4


def play(machine, histories, number=SEED):
    """Play so many histories, always the same ones for the same seed."""
    note = f"WAGTAIL_M365_HISTORIES_SEED={SEED}, here {number}"
    sys.stdout.write(f"{note}\n")  # pytest shows it where a history fails
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            # Histories are short; making a failing one shorter would take minutes.
            phases=[Phase.generate],
        ),
    )


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scene", SCENES)
def test_whatever_happens_nothing_is_lost(machine, scene, part):
    """Each part of each scene has a seed of its own: none repeats another's choices."""
    histories = machine(SCENES[scene])
    wanted = -(-HISTORIES // (len(SCENES) * PARTS))
    number = SEED + 1000 * (list(SCENES).index(scene) * PARTS + part)
    play(histories, wanted, number)
    assert len(histories.played) >= wanted


@pytest.mark.once
@pytest.mark.parametrize("plant", COARSE, ids=lambda plant: plant.__name__)
def test_a_planted_loss_is_found(machine, monkeypatch, plant):
    """The histories would notice: here the product is broken on purpose."""
    plant(monkeypatch)
    with pytest.raises(NOTICED):
        play(machine(SCENES["word_file_in_business"]), histories=1500)


@pytest.mark.once
@pytest.mark.parametrize("plant", OF_MODERATION, ids=lambda plant: plant.__name__)
def test_a_loss_planted_where_files_wait_for_approval_is_found(
    machine, monkeypatch, plant
):
    plant(monkeypatch)
    with pytest.raises(NOTICED):
        play(machine(SCENES["word_file_in_moderation"]), histories=1500)
