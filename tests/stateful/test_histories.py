from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .contents import plain_file, word_file
from .losses import COARSE, NOTICED
from .worlds import Scene

#: How many histories are played in all; CI plays at least 2,000.
HISTORIES = int(os.environ.get("WAGTAIL_M365_HISTORIES", "100"))
#: Which histories: a number that is printed where one fails.
SEED = int(os.environ.get("WAGTAIL_M365_HISTORIES_SEED", "365"))
STEPS = 6
SCENES = {
    "word_file_in_business": Scene(name="business", make_file=word_file),
    "plain_file_in_business": Scene(name="plain", make_file=plain_file),
    "word_file_in_personal": Scene(name="personal", make_file=word_file, personal=True),
}


def play(machine, histories):
    """Play so many histories, always the same ones for the same seed."""
    note = f"WAGTAIL_M365_HISTORIES_SEED={SEED}"
    sys.stdout.write(f"{note}\n")  # pytest shows it where a history fails
    run_state_machine_as_test(
        seed(SEED)(machine),
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


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_whatever_happens_nothing_is_lost(machine, scene):
    histories = machine(scene)
    play(histories, HISTORIES // len(SCENES))
    assert len(histories.played) >= HISTORIES // len(SCENES)


@pytest.mark.parametrize("plant", COARSE, ids=lambda plant: plant.__name__)
def test_a_planted_loss_is_found(machine, monkeypatch, plant):
    """The histories would notice: here the product is broken on purpose."""
    plant(monkeypatch)
    with pytest.raises(NOTICED):
        play(machine(SCENES["word_file_in_business"]), histories=1500)
