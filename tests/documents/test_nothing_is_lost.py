from __future__ import annotations

import os

import pytest
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from wagtail_m365.documents import keeping, mending, resolving
from wagtail_m365.errors import M365Error

from .histories import Histories, word_file

#: How many histories are played; CI plays more.
HISTORIES = int(os.environ.get("WAGTAIL_M365_HISTORIES", "40"))


@pytest.fixture
def people(ada, ben):
    return {"ada": ada, "ben": ben}


@pytest.fixture
def machine(microsoft, saboteur, make_document, connect, people):
    class Machine(Histories):
        pass

    Machine.microsoft = microsoft
    Machine.saboteur = saboteur
    Machine.make_document = staticmethod(make_document)
    Machine.connect = staticmethod(connect)
    Machine.people = people
    return Machine


def play(machine, histories=HISTORIES, **options):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            **options,
        ),
    )


def test_whatever_happens_nothing_is_lost(machine):
    play(machine)


def loses_the_old_file(version, source, expected, stage):
    """A version whose row is written and whose bytes are not the document's."""
    version.file.save(version.filename, ContentFile(word_file("something else")))
    type(version).objects.filter(pk=version.pk).update(
        stage=stage, sha256=expected.sha256, file=version.file.name
    )


def leaves_it_as_it_is(document, version):
    """After a death nobody puts the old file back."""
    return False


def forgets_the_loser(session, comparison, comment):
    """The side that was not chosen is not kept."""


@pytest.mark.parametrize(
    ("module", "name", "planted"),
    [
        (keeping, "_store_bytes", loses_the_old_file),
        (mending, "_put_back", leaves_it_as_it_is),
        (resolving, "_keep_loser", forgets_the_loser),
    ],
)
def test_a_planted_loss_is_found(machine, monkeypatch, module, name, planted):
    """The histories would notice: here the product is broken on purpose."""
    monkeypatch.setattr(module, name, planted)
    with pytest.raises((AssertionError, FileNotFoundError, M365Error)):
        play(machine, histories=2000, phases=[Phase.generate])
