"""The form in which an error is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from wagtail_m365.errors import Actor

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: A sentence, translated when it is shown.
Sentence: TypeAlias = "str | _StrPromise"


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, who must act and what that person does next."""

    actor: Actor
    #: One sentence: what happened.
    what: Sentence
    #: One sentence: what the actor does next.
    next_step: Sentence
    #: A sentence that is added when the error carries the facts it names.
    more: Sentence = ""

    def sentence(self, facts: Mapping[str, Any]) -> str:
        """What happened, with the error's own facts where it carries them."""
        what, more = str(self.what), str(self.more)
        told = {name: value for name, value in facts.items() if value}
        try:
            return f"{what} {more % told}" if more else what
        except KeyError:
            return what


def editor(what: Sentence, next_step: Sentence, more: Sentence = "") -> Words:
    """Words for what the editor can mend."""
    return Words(Actor.EDITOR, what, next_step, more)


def site_admin(what: Sentence, next_step: Sentence, more: Sentence = "") -> Words:
    """Words for what an administrator of this site can mend."""
    return Words(Actor.SITE_ADMIN, what, next_step, more)


def entra_admin(what: Sentence, next_step: Sentence, more: Sentence = "") -> Words:
    """Words for what an administrator of the organisation's Entra can mend."""
    return Words(Actor.ENTRA_ADMIN, what, next_step, more)


def nobody(what: Sentence, next_step: Sentence, more: Sentence = "") -> Words:
    """Words for what passes by itself."""
    return Words(Actor.NOBODY, what, next_step, more)


def rows(*groups: tuple[str, Words]) -> dict[str, Words]:
    """A table out of groups of codes (separated by spaces) that share their words."""
    return {code: words for codes, words in groups for code in codes.split()}
