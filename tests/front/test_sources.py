"""What the sources of our pages keep, so that a strict policy and both directions can."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.messages import PACKAGE

TEMPLATES = sorted(PACKAGE.glob("templates/**/*.html"))
STYLES = sorted(PACKAGE.glob("static/**/*.css"))
SCRIPTS = sorted(PACKAGE.glob("static/**/*.js"))
_TAG = re.compile(r"{%.*?%}|{#.*?#}", re.DOTALL)
_PHYSICAL = re.compile(
    r"(?:^|[;{\s])((?:margin|padding|border)-(?:left|right)\b|(?:left|right)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right))",
    re.MULTILINE,
)


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


class _Inline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        data = given.get("type") in {"application/json", "text/template"}
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.found.append(tag)
        self.found += [n for n in given if n == "style" or n.startswith("on")]
        self.found += [n for n, v in attrs if (v or "").startswith("javascript:")]


def inline_in(source):
    reader = _Inline()
    reader.feed(_TAG.sub("", source))
    return reader.found


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_a_template_has_no_inline_script_style_or_handler(template):
    assert inline_in(template.read_text(encoding="utf-8")) == []


def test_inline_scripts_styles_and_handlers_are_found():
    source = '<a onclick="go()" style="color: red">x</a><script>1</script>'
    assert inline_in(source) == ["onclick", "style", "script"]


@pytest.mark.parametrize("style", STYLES, ids=name_of)
def test_styles_know_no_left_and_right(style):
    assert _PHYSICAL.findall(style.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("style", STYLES, ids=name_of)
def test_whoever_wants_no_movement_gets_none(style):
    text = style.read_text(encoding="utf-8")
    moving = len(
        re.findall(r"^\s*animation:(?! none)|^\s*transition:", text, re.MULTILINE)
    )
    stilled = text.partition("prefers-reduced-motion: reduce")[2]
    assert not moving or stilled.count("none") >= moving


@pytest.mark.parametrize("style", STYLES, ids=name_of)
def test_colours_are_wagtails_so_that_the_dark_theme_follows(style):
    text = re.sub(r"/\*.*?\*/", "", style.read_text(encoding="utf-8"), flags=re.DOTALL)
    values = re.findall(r":\s*([^;{}]+);", text)
    assert [v for v in values if re.search(r"#[0-9a-f]{3,8}\b|\brgba?\(", v)] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_scripts_write_no_markup_and_run_no_text(script):
    text = script.read_text(encoding="utf-8")
    assert re.findall(r"\beval\(|new Function|document\.write|\.style\b", text) == []
