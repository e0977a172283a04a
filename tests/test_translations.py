"""Every text for people is marked, and every catalogue says all of them."""

from __future__ import annotations

import gettext
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.apps import apps
from django.forms import BaseForm
from django.urls import reverse
from django.utils.functional import Promise

from tests import marked, messages
from tests.messages import LANGUAGES, PACKAGE, catalogue
from wagtail_m365 import errors

TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
#: Commands and system checks speak English, as Django's own do; the Microsoft clients and
#: the token service speak in error codes, to which `explanations` gives the words.
TO_PEOPLE = ("views", "models", "explanations", "documents", "health", "wagtail_hooks")
MODULES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).with_suffix("").parts[0] in TO_PEOPLE
]
EXCEPTIONS = {name for name, one in vars(errors).items() if isinstance(one, type)}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


# Everything is marked.


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_every_text_in_a_template_is_marked(template):
    assert marked.in_template(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_text_for_people_in_a_module_is_marked(module):
    source = module.read_text(encoding="utf-8")
    assert marked.in_python(source, EXCEPTIONS) == []


@pytest.mark.parametrize("script", sorted(PACKAGE.rglob("*.js")), ids=name_of)
def test_scripts_get_their_texts_from_the_page(script):
    source = script.read_text(encoding="utf-8")
    assert marked.in_script(source) == []
    # A catalogue for JavaScript would have to be fetched by each page.
    assert "gettext" not in source


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Bring it back</p>", "Bring it back"),
        ('<a title="Bring it back">{% trans "Open" %}</a>', "Bring it back"),
        ('{% panel heading="Earlier versions" %}{% endpanel %}', "Earlier versions"),
        ('{{ name|default:"Nobody yet" }}', "Nobody yet"),
    ],
)
def test_an_unmarked_text_in_a_template_is_found(source, text):
    assert marked.in_template(source) == [text]


@pytest.mark.parametrize(
    "source",
    [
        '{% trans "Bring it back" %}',
        "{% blocktrans trimmed %}Bring {{ it }} back{% endblocktrans %}",
        '{% trans "Earlier versions" as name %}{% panel heading=name %}{% endpanel %}',
        "{# Why this is so #}<svg><title>Drawn</title></svg>",
        "<strong>OneDrive</strong>, Microsoft 365",
    ],
)
def test_a_marked_text_in_a_template_is_left_alone(source):
    assert marked.in_template(source) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_a_marked_text_names_only_what_its_tag_was_given(template):
    """``{{ one.attribute }}`` in a ``blocktrans`` stays empty, in every language."""
    source = template.read_text(encoding="utf-8")
    marked_texts = re.findall(
        r"{% blocktrans[^%]*%}(.*?){% endblocktrans %}", source, flags=re.DOTALL
    )
    dotted = r"{{ *[\w]+\.[^}]*}}"
    assert [found for text in marked_texts for found in re.findall(dotted, text)] == []


def test_an_unmarked_text_in_a_module_is_found():
    source = 'def say(request):\n    """Say it."""\n    messages.error(request, {})\n'
    assert marked.in_python(source.format('"Nothing was lost."')) != []
    assert marked.in_python(source.format('_("Nothing was lost.")')) == []
    # The tool that collects the texts does not look into an f-string.
    assert (
        marked.in_python(source.format("""f'{text} {_("Nothing was lost.")}'""")) != []
    )


# What models and forms show


def models_of_ours() -> list[type]:
    return list(apps.get_app_config("wagtail_m365").get_models())


@pytest.mark.parametrize("model", models_of_ours(), ids=lambda one: one.__name__)
def test_models_choices_and_permissions_have_translated_names(model):
    options = model._meta
    assert isinstance(options.verbose_name, Promise)
    assert isinstance(options.verbose_name_plural, Promise)
    labels = [label for field in options.fields for _, label in field.flatchoices]
    names = [name for _, name in options.permissions]
    helps = [field.help_text for field in options.fields if field.help_text]
    unmarked = [
        one for one in (*labels, *names, *helps) if not isinstance(one, Promise)
    ]
    assert unmarked == []


def forms_of_ours() -> Iterator[type[BaseForm]]:
    waiting = [BaseForm]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("wagtail_m365."):
            yield kind


def test_forms_label_their_fields_in_the_language_of_the_reader():
    reverse("wagtailadmin_home")  # with the addresses, all views and forms are there
    unmarked = [
        f"{kind.__module__}.{kind.__name__}.{name}"
        for kind in forms_of_ours()
        for name, field in kind.base_fields.items()
        if not field.widget.is_hidden and not isinstance(field.label, Promise)
    ]
    assert unmarked == []


# Every catalogue is complete. `python3 -m tests.messages` brings them up to date.

THERE = [language for language in LANGUAGES if catalogue(language).exists()]


def entries(path: Path) -> set[str]:
    """What a catalogue says, wherever its texts stand in the source."""
    text = re.sub(r"^#: .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r'"\n"', "", entry.strip()) for entry in text.split("\n\n")}


def test_there_is_a_catalogue_for_each_language_or_for_none():
    assert THERE in ([], list(LANGUAGES))
    found = sorted(path.name for path in (PACKAGE / "locale").glob("*"))
    assert found == THERE


@pytest.fixture
def existing(language):
    path = catalogue(language)
    if not path.exists():
        pytest.skip("The catalogues are not made yet: python3 -m tests.messages")
    return path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A copy of the package, with its catalogues brought up to date."""
    copy = tmp_path_factory.mktemp("messages") / "wagtail_m365"
    shutil.copytree(
        PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "testing")
    )
    messages.update(copy, LANGUAGES)
    return copy


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_every_text_and_no_other(language, existing, fresh):
    now = entries(existing)
    wanted = entries(catalogue(language, fresh))
    assert now == wanted, "run: python3 -m tests.messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_untranslated_or_only_guessed(language, existing):
    assert list(messages.untranslated(existing)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_the_catalogue_says(language, existing, tmp_path):
    again = tmp_path / "django.mo"
    messages.compile_catalogue(existing, again)
    assert said(existing.with_suffix(".mo")) == said(again)


def said(path: Path) -> dict[object, str]:
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)._catalog


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_names_in_the_texts(language, existing):
    """``%(name)s`` would stay unfilled, or break the page."""
    with existing.open("rb") as file:
        filled = [entry for entry in read_po(file) if entry.id and entry.string]
    for entry in filled:
        sources = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        known = {name for text in sources for name in placeholders(text)}
        for text in entry.string if len(sources) > 1 else (entry.string,):
            kept = set(placeholders(text))
            assert kept <= known, text
            # A plural form may leave the number out, as English "one" does.
            assert len(known - kept) <= (len(sources) > 1), text


def placeholders(text: str) -> list[str]:
    return re.findall(r"%\(\w+\)[a-z]|\{\w*\}|%[sd]", text)


def test_a_catalogue_that_lags_behind_is_found(fresh, tmp_path):
    path = tmp_path / "django.po"
    text = catalogue("ja", fresh).read_text(encoding="utf-8")
    entry = r'(msgid "Open in Microsoft 365"\nmsgstr) "[^"]+"'
    path.write_text(re.sub(entry, r'\1 ""', text), "utf-8")
    assert "Open in Microsoft 365" in list(messages.untranslated(path))
    path.write_text(text.replace('msgid "Open in ', 'msgid "Closed in '), "utf-8")
    assert entries(path) != entries(catalogue("ja", fresh))
