"""Finds texts for people that are not marked for translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from html.parser import HTMLParser

_COMMENT = re.compile(
    r"{#.*?#}|{%-?\s*comment\b.*?%}.*?{%-?\s*endcomment\s*-?%}", re.DOTALL
)
_BLOCK = re.compile(
    r"{%\s*blocktrans(?:late)?\b.*?%}.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL
)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
#: Arguments of tags and attributes of elements that a person reads.
_READ = ("alt", "aria-label", "heading", "label", "message", "placeholder", "text")
_READ += ("title", "name_text", "description", "content_label")
_ARGUMENT = re.compile(
    rf"""\b(?:{"|".join(_READ)})=(?P<quote>["'])(?P<text>[^"'{{}}]*[^\W\d_][^"'{{}}]*)(?P=quote)"""
)
_DEFAULT = re.compile(
    r"""\|(?:default|yesno)[\w]*:(["'])(?P<text>[^"']*[A-Za-z]{2}[^"']*)\1"""
)
#: Names are the same in every language.
_NAMES = re.compile(
    r"Microsoft 365|OneDrive|SharePoint|Microsoft|Word|Excel|PowerPoint"
)
_LETTER = re.compile(r"[^\W\d_]")
#: What stands in an argument and is no text: the name of an icon, ``true,false``.
#: Wagtail's templates take the name of an icon as a block.
_ICON = re.compile(r"{% block icon %}.*?{% endblock %}")
_CODE = re.compile(r"[a-z,-]+")


def in_template(source: str) -> list[str]:
    """What a person would read in English whatever their language is."""
    source = _BLOCK.sub(" ", _ICON.sub("", _COMMENT.sub("", source)))
    found = []
    for tag in _TAG.findall(source):
        found += [m["text"] for m in _ARGUMENT.finditer(tag)]
        found += [m["text"] for m in _DEFAULT.finditer(tag)]
    reader = _Reader()
    reader.feed(_TAG.sub(" ", source))
    return [text for text in (*found, *reader.found) if _is_text(text)]


def _is_text(text: str) -> bool:
    return bool(_LETTER.search(_NAMES.sub("", text))) and not _CODE.fullmatch(text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "svg", "code"}
        self.found += [
            value
            for name, value in attrs
            if name in _READ and value and _LETTER.search(value)
        ]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "svg", "code"}

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.found.append(" ".join(data.split()))


#: Calls whose arguments are translated, or are not for the people of the site.
_MARKERS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
_MARKERS |= {"pgettext_lazy", "npgettext", "npgettext_lazy", "gettext_noop"}
_SENTENCE = re.compile(r"[A-Z](?![A-Z])[\w’'-]*(?: [\w’'%({][\w’'%(){},-]*)+[.?!…:]?")


def in_python(source: str, spared: Collection[str] = ()) -> list[str]:
    """Literals that read like a text, in calls, assignments and returns.

    Docstrings, exceptions and log messages are for developers.

    Args:
        source: The module.
        spared: Names of classes whose arguments are for developers, too.
    """
    finder = _Literals(spared)
    finder.visit(ast.parse(source))
    return [text for text in finder.found if _is_text(text)]


class _Literals(ast.NodeVisitor):
    def __init__(self, spared: Collection[str]) -> None:
        self.found: list[str] = []
        self._spared = {*_MARKERS, *spared}

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        # The detail of an error that is raised below.
        if ast.unparse(node.targets[0]) != "detail":
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        pass

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func).rpartition(".")[2]
        logged = ast.unparse(node.func).startswith(("logger.", "log."))
        if name not in self._spared and not logged:
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        # xgettext reads no f-string: what is marked within one is in no catalogue.
        calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
        for call in calls:
            if ast.unparse(call.func) in _MARKERS:
                self.found += [ast.literal_eval(one) for one in call.args[:1]]
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and _SENTENCE.fullmatch(node.value.strip()):
            self.found.append(node.value)


_QUOTED = re.compile(r"""(["'`])(?P<text>(?:(?!\1).)*)\1""")
_JS_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def in_script(source: str) -> list[str]:
    """Texts in JavaScript: ours come from the page, as values of controllers."""
    return [
        m["text"]
        for m in _QUOTED.finditer(_JS_COMMENT.sub("", source))
        if _SENTENCE.fullmatch(m["text"].strip())
    ]
