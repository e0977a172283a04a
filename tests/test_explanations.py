from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

import wagtail_m365
from wagtail_m365 import errors
from wagtail_m365.errors import Actor, ConsentRequired, GraphError, M365Error
from wagtail_m365.explanations import TABLE, Words, explain
from wagtail_m365.identity import aadsts


def _classes(root: type[M365Error] = M365Error) -> Iterator[type[M365Error]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _classes(child)


def _finer_codes() -> Iterator[str]:
    """Every code that our own source gives to a single error."""
    product = Path(wagtail_m365.__file__).parent
    for path in product.rglob("*.py"):
        if "testing" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _raises_ours(node):
                yield from _code_of(node)


def _raises_ours(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    kind = getattr(errors, name, None)
    return isinstance(kind, type) and issubclass(kind, M365Error)


def _code_of(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
            yield str(keyword.value.value)


@pytest.mark.parametrize("kind", list(_classes()))
def test_every_class_of_error_is_explained(kind: type[M365Error]) -> None:
    assert kind.code in TABLE
    explanation = explain(kind())
    assert explanation.code == kind.code
    assert explanation.what
    assert explanation.next_step
    assert isinstance(explanation.actor, Actor)


@pytest.mark.parametrize("code", sorted(set(_finer_codes())))
def test_every_finer_code_of_ours_is_explained(code: str) -> None:
    assert code in TABLE


@pytest.mark.parametrize("meaning", aadsts.TABLE.values(), ids=list(aadsts.TABLE))
def test_every_number_of_microsofts_is_explained(meaning: aadsts.Meaning) -> None:
    assert meaning.code in TABLE
    explanation = explain(meaning.error(code=meaning.code))
    assert explanation.what == str(TABLE[meaning.code].what)


def test_no_number_is_explained_that_is_not_in_the_catalogue() -> None:
    numbers = {code for code in TABLE if code.startswith("aadsts")}
    assert numbers == {meaning.code for meaning in aadsts.TABLE.values()}


@pytest.mark.parametrize(("code", "words"), TABLE.items(), ids=list(TABLE))
def test_words_are_sentences(code: str, words: Words) -> None:
    for sentence in (str(words.what), str(words.next_step)):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "%" not in sentence
    assert len(str(words.what)) < 120


def test_a_code_without_words_is_explained_by_its_class() -> None:
    error = errors.SignInExpired(code="brand_new")
    assert explain(error).what == explain(errors.SignInExpired()).what
    assert explain(error).code == "brand_new"


class _OfAPlugin(errors.QuotaExceeded):
    """A class that somebody else made."""

    code = "of_a_plugin"


def test_a_class_without_words_is_explained_by_the_class_above() -> None:
    assert explain(_OfAPlugin()).what == explain(errors.QuotaExceeded()).what


def test_facts_are_told_where_the_error_carries_them() -> None:
    missing = ConsentRequired(scopes=["Mail.Send", "Files.Read"])
    assert "Files.Read, Mail.Send" in explain(missing).what
    assert explain(ConsentRequired()).what.count(".") == 1
    taken = errors.NameTaken(name="100 % done.docx")
    assert "“100 % done.docx”" in explain(taken).what


def test_consent_of_an_admin_is_the_entra_admins() -> None:
    assert explain(ConsentRequired(admin=True)).actor == Actor.ENTRA_ADMIN
    assert explain(ConsentRequired()).actor == Actor.EDITOR


def test_graphs_innermost_code_chooses_the_words() -> None:
    error = GraphError(status=403, graph_code="accessDenied.malwareDetected")
    assert explain(error).what == str(TABLE["graph.malwaredetected"].what)


def test_an_outer_code_of_graph_does_not_overrule_the_class() -> None:
    error = errors.ItemLocked(status=423, graph_code="malwareDetected.unheardOf")
    assert explain(error).what == str(TABLE["item_locked"].what)


def test_what_to_quote_is_microsofts_code_the_correlation_id_and_the_time() -> None:
    error = errors.AccessDenied(correlation_id="c-1", microsoft_code="AADSTS53003")
    error.occurred_at = 1_795_230_015.9
    assert explain(error).reference == "AADSTS53003 · c-1 · 2026-11-21 03:00:15 UTC"


def test_there_is_nothing_to_quote_where_microsoft_was_not_asked() -> None:
    assert explain(errors.NotAllowed()).reference == ""


def test_explanations_are_in_the_active_language() -> None:
    with translation.override("en"):
        english = explain(errors.NotConnected()).what
    assert english == "Your account here is not connected to Microsoft 365 yet."
    assert not isinstance(TABLE["not_connected"].what, str)
