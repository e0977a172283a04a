"""Microsoft's AADSTS numbers: which of our errors each one is, in finer words.

Source: Microsoft, "Microsoft Entra authentication and authorization error codes".
Microsoft warns that numbers and texts change, so no number decides how an answer is
treated: ``error`` and ``suberror`` do (see :mod:`.refusals`). A number only chooses
the ``code``, and with it the words of :mod:`wagtail_m365.explanations`. The class
noted here is the one with which the number is usually seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wagtail_m365.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionRequired,
    M365Error,
    Misconfigured,
    ReconnectRequired,
    SignInExpired,
    SignInRefused,
    TemporarilyUnavailable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one AADSTS number means to us."""

    #: The class of error with which it is usually seen.
    error: type[M365Error]
    #: ``code`` of the error, as in ``aadsts50105``.
    code: str


_CATALOGUE: Mapping[type[M365Error], str] = MappingProxyType(
    {
        Misconfigured: """
        50011 500113 900971 700016 700011 90002 90038 900382 900432 50194 9001023
        90124 90130 9002332 90027 7000215 70002 7000222 7000218 700025 700027 700030
        50012 50013 50027 50048 7000112 70001 1000031 650052 650056 650057 65005
        500011 50001 70011 28002 28003 700022 700023 9002313 90014 900144 90023 90100
        700005 700084 9002325 9002326 9002327 500112 650053 700024 700051 28000
        1002012 700211 700212 700213 7000216 500200""",
        SignInRefused: """
        50020 16000 16003 50034 51004 50014 90072 500208 50128 50059 65004""",
        AccessDenied: """
        500021 500022 500212 500213 50105 53003 530032 50131 530035 53000 53001 53002
        530003 50097 50129 50155 50187 135011 700003 50057 50053 53011""",
        ConsentRequired: "65001 90008 700020 90094 90095 90093",
        InteractionRequired: """
        50076 50074 50078 50158 50079 50072 53004 53010 50058 160021 16002""",
        ReconnectRequired: """
        50055 50144 50126 50056 50173 50132 50133 50089 70008 700082 70043 70000""",
        SignInExpired: "54005 501481 50147 501491 900561",
        TemporarilyUnavailable: """
        50196 90055 90006 90012 90024 90033 90090 50033 50087 50088 50166 70012
        80002""",
    }
)

#: AADSTS number → what it means.
TABLE: Mapping[int, Meaning] = MappingProxyType(
    {
        int(number): Meaning(error=error, code=f"aadsts{number}")
        for error, numbers in _CATALOGUE.items()
        for number in numbers.split()
    }
)

#: Numbers that say: only an administrator can consent.
ADMIN_CONSENT = frozenset({90093, 90094, 90095})

_NUMBER = re.compile(r"AADSTS(\d{4,8})\b")


def numbers_in(error_codes: object, description: object = "") -> tuple[int, ...]:
    """The AADSTS numbers of an answer, in Microsoft's order.

    Args:
        error_codes: Member ``error_codes`` of a token answer.
        description: ``error_description``: the only place where a sign-in that is
            sent back names its number. Read for the number and for nothing else.
    """
    listed = error_codes if isinstance(error_codes, list) else []
    told = [int(number) for number in _NUMBER.findall(str(description)[:2000])]
    found = [number for number in (*listed, *told) if type(number) is int]
    return tuple(dict.fromkeys(found))


def code_of(numbers: Iterable[int]) -> str | None:
    """The finer ``code`` of the first number that the catalogue knows."""
    return next((TABLE[number].code for number in numbers if number in TABLE), None)
