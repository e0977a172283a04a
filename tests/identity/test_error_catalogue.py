"""Every AADSTS number that is known to arrive, with its class and who must act.

Written down independently of the product's own table, from Microsoft's "Microsoft Entra
authentication and authorization error codes": a number that is lost from the product,
changes its class or loses its words fails here.
"""

from __future__ import annotations

import pytest

from wagtail_m365 import errors
from wagtail_m365.errors import Actor
from wagtail_m365.explanations import TABLE as WORDS
from wagtail_m365.identity import aadsts

ADMINS = {Actor.SITE_ADMIN, Actor.ENTRA_ADMIN}
ANYBODY = {Actor.EDITOR, *ADMINS}
CATALOGUE = [
    # The set-up is wrong.
    ("50011 500113 900971 700016 700011 90002", errors.Misconfigured, ADMINS),
    ("90038 900382 900432 50194 9001023 90124", errors.Misconfigured, ADMINS),
    ("90130 9002332 90027 7000215 70002 7000222", errors.Misconfigured, ADMINS),
    ("7000218 700025 700027 700030 50012 50013", errors.Misconfigured, ADMINS),
    ("50027 50048 7000112 70001 1000031 650052", errors.Misconfigured, ADMINS),
    ("650056 650057 65005 500011 50001 70011", errors.Misconfigured, ADMINS),
    ("28002 28003 700022 700023 9002313 90014", errors.Misconfigured, ADMINS),
    ("900144 90023 90100 700005 700084", errors.Misconfigured, ADMINS),
    # Another account, or the person said no.
    ("50020 16000 16003 50034 51004 50014 90072", errors.SignInRefused, ANYBODY),
    ("500208 50128 50059 65004", errors.SignInRefused, ANYBODY),
    # A policy refuses.
    ("500021 500022 500212 500213 50105", errors.AccessDenied, ANYBODY),
    ("53003 530032 50131 530035 53000 53001 53002", errors.AccessDenied, ANYBODY),
    ("530003 50097 50129 50155 50187 135011", errors.AccessDenied, ANYBODY),
    ("700003 50057 50053 53011", errors.AccessDenied, ANYBODY),
    # Consent is missing.
    ("65001 90008 700020", errors.ConsentRequired, ANYBODY),
    ("90094 90095 90093", errors.ConsentRequired, ADMINS),
    # Microsoft wants to see the person.
    ("50076 50074 50078 50158 50079 50072", errors.InteractionRequired, ANYBODY),
    ("53004 53010 50058 160021 16002", errors.InteractionRequired, ANYBODY),
    # The grant is gone.
    ("50055 50144 50126 50056 50173 50132", errors.ReconnectRequired, ANYBODY),
    ("50133 50089 70008 700082 70043 70000", errors.ReconnectRequired, ANYBODY),
    # Begin the sign-in again.
    ("54005 501481 50147 501491 900561", errors.SignInExpired, {Actor.EDITOR}),
    # It passes.
    ("50196 90055 90006 90012 90024 90033", errors.TemporarilyUnavailable, None),
    ("90090 50033 50087 50088 50166 70012 80002", errors.TemporarilyUnavailable, None),
]
EACH = [
    (int(number), kind, actors or {Actor.NOBODY, Actor.SITE_ADMIN})
    for numbers, kind, actors in CATALOGUE
    for number in numbers.split()
]


@pytest.mark.parametrize(("number", "kind", "actors"), EACH, ids=[e[0] for e in EACH])
def test_every_number_has_its_class_its_words_and_who_must_act(number, kind, actors):
    meaning = aadsts.TABLE[number]
    explanation = kind(code=meaning.code).explanation

    assert meaning.error is kind
    assert meaning.code in WORDS
    assert explanation.what
    assert explanation.next_step
    assert explanation.actor in actors
