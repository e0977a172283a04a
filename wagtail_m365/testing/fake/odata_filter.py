"""``$filter`` of messages and events.

Source: Microsoft Graph, "Use the $filter query parameter"; user: list messages, for what
``$orderby`` beside it must name. ``any`` and ``all`` are left to Microsoft.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request

from .graph_errors import GraphError, bad_request, not_supported
from .odata import Json

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<sign>[(),])|(?P<word>[^\s(),']+))"
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}
_CONSTANTS = {"true": True, "false": False, "null": None}
Test = Callable[[Json], bool]


def filtered(
    request: Request, rows: Sequence[Json], known: Collection[str], type_name: str
) -> list[Json]:
    """The rows that ``$filter`` lets through.

    Raises:
        GraphError: 400 for a clause that is wrong, 501 for what only the fake cannot.
    """
    text = request.args.get("$filter", "")
    if not text.strip():
        return list(rows)
    test = _Reader(_tokens(text), known, type_name).whole()
    return [row for row in rows if test(row)]


def check_order(request: Request) -> None:
    """Refuse ``$orderby`` that does not begin as ``$filter`` does.

    Raises:
        GraphError: 400 ``InefficientFilter``.
    """
    clauses = request.args.get("$orderby", "").split(",")
    order = [clause.split()[0] for clause in clauses if clause.strip()]
    text = request.args.get("$filter", "")
    if not order or not text.strip():
        return
    words = [token for token in _tokens(text) if not token.startswith("'")]
    named = list(dict.fromkeys(word for word in words if word in order))
    first = [word for word in words if re.fullmatch(r"[a-zA-Z/]+", word)]
    begins = next((w for w in first if w not in {"not", *_FUNCTIONS}), "")
    if named != order or begins != order[0]:
        raise GraphError(
            status=400,
            code="InefficientFilter",
            message="The restriction or sort order is too complex for this operation.",
        )


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _wrong(text)
        tokens.append(found[0].strip())
        place = found.end()
    return tokens


@dataclass
class _Reader:
    """Reads a clause from left to right; each method takes what it understands."""

    tokens: list[str]
    known: Collection[str]
    type_name: str

    def whole(self) -> Test:
        """All of it."""
        test = self._either()
        if self.tokens:
            raise _wrong(self.tokens[0])
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._takes("or"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._takes("and"):
            tests.append(self._single())
        return lambda row: all(test(row) for test in tests)

    def _single(self) -> Test:
        if self._takes("not"):
            test = self._single()
            return lambda row: not test(row)
        if self._takes("("):
            test = self._either()
            self._expect(")")
            return test
        word = self._next()
        if self._takes("("):
            return self._function(word)
        return self._comparison(word)

    def _function(self, name: str) -> Test:
        test = _FUNCTIONS.get(name)
        if test is None:
            raise not_supported(f"{name}() in $filter")
        value_of = self._property(self._next())
        self._expect(",")
        wanted = str(_literal(self._next())).casefold()
        self._expect(")")
        return lambda row: test(str(value_of(row) or "").casefold(), wanted)

    def _comparison(self, name: str) -> Test:
        value_of = self._property(name)
        compare = _COMPARISONS.get(self._next())
        if compare is None:
            raise _wrong(name)
        wanted = _comparable(_literal(self._next()))

        def test(row: Json) -> bool:
            try:
                return compare(_comparable(value_of(row)), wanted)
            except TypeError:
                return False

        return test

    def _property(self, path: str) -> Callable[[Json], Any]:
        first, *rest = path.split("/")
        if "any" in rest or "all" in rest:
            raise not_supported(f"{path}() in $filter")
        if first not in self.known:
            raise bad_request(
                f"Could not find a property named '{first}' on type "
                f"'microsoft.graph.{self.type_name}'."
            )

        def value(row: Json) -> Any:
            found: Any = row.get(first)
            for name in rest:
                found = found.get(name) if isinstance(found, dict) else None
            return found

        return value

    def _next(self) -> str:
        if not self.tokens:
            raise _wrong("the end")
        return self.tokens.pop(0)

    def _takes(self, word: str) -> bool:
        if self.tokens[:1] == [word]:
            del self.tokens[0]
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            raise _wrong(self._next())


def _literal(token: str) -> Any:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token in _CONSTANTS:
        return _CONSTANTS[token]
    try:
        return _moment(token) or float(token)
    except ValueError as error:
        raise _wrong(token) from error


def _comparable(value: Any) -> Any:
    """Texts without letter case, moments as such."""
    if not isinstance(value, str):
        return value
    try:
        return _moment(value) or value.casefold()
    except ValueError:
        return value.casefold()


def _moment(text: str) -> datetime | None:
    """The moment that a text means; None for any other text.

    Raises:
        ValueError: It looks like a moment, and is none.
    """
    if not _MOMENT.fullmatch(text):
        return None
    # Outlook's own times have seven decimals, one more than Python reads.
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wrong(where: str) -> GraphError:
    return bad_request(f"Invalid filter clause: syntax error at '{where}'.")
