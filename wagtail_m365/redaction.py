"""Secrets that hide themselves, and the scrubbing of what may hold one."""

from __future__ import annotations

import logging
import re
from typing import Any, NoReturn, TypeVar

HIDDEN = "[hidden]"

# Form fields, JSON members and query parameters that carry secrets in OAuth 2.0
# (RFC 6749, RFC 7523, RFC 7636) and in Graph's pre-authenticated addresses.
_SENSITIVE_NAMES = (
    "access_token|refresh_token|id_token|client_secret|client_assertion|assertion|"
    "code_verifier|code|client_info|password|passphrase|private_key|tempauth|"
    "prooftoken|sig"
)
# Patterns stay texts: `re` compiles them on first use and keeps them, and most processes
# never use them.
_PAIR = (
    rf"""(?ix) (?P<name>["']?\b(?:{_SENSITIVE_NAMES})\b["']?\s*[=:]\s*)"""
    r"""(?P<value>"[^"]*"|'[^']*'|[^\s&,;}\]]+)"""
)
# Tokens and secret path segments that give themselves away by their shape: JWTs,
# OneDrive's pre-authenticated addresses, and sharing links as Graph takes them.
_SHAPES = r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|(?<=/)y4m[\w-]{16,}|(?<=/)u![\w-]{16,}"
_BEARER = r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]+"


class Secret:
    """A text that shows itself to nobody who does not ask by name.

    ``repr``, ``str``, formatting, pickling and JSON give no text; only
    :meth:`reveal` does. Not a subclass of ``str``, so that it cannot slip into
    an f-string, a log record or a task argument unnoticed.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that sends or seals it."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret cannot be pickled; pass the id of its row instead.")


class HiddenTexts(dict[str, str]):
    """A dictionary that shows its names only: error reports show local variables."""

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: {HIDDEN}' for name in self)}}}"


def scrub(text: str) -> str:
    """The text with every value hidden that looks like a secret of OAuth or Graph."""
    hidden = re.sub(_PAIR, lambda match: match["name"] + HIDDEN, text)
    hidden = re.sub(_BEARER, lambda match: match[1] + HIDDEN, hidden)
    return re.sub(_SHAPES, HIDDEN, hidden)


class ScrubbingFilter(logging.Filter):
    """Hides secrets in log records, also in their arguments and tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; it is never dropped."""
        record.msg = scrub(_message(record))
        record.args = None
        if record.exc_info:
            # As text: reports that are made from the exception show variables.
            record.exc_text = scrub(_FORMATTER.formatException(record.exc_info))
            record.exc_info = None
        return True


_FORMATTER = logging.Formatter()


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # Which argument belongs to which name cannot be told, so none is shown.
        return f"{record.msg} (with arguments that do not fit)"


ErrorType = TypeVar("ErrorType", bound=BaseException)


def without_frames(error: ErrorType) -> ErrorType:
    """The same error, it and its causes without frames, requests and answers.

    Frames keep the variables of every function on the way, and error reports show
    them; ``requests`` hangs the whole request on its exceptions.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        current.__traceback__ = None
        for name in ("request", "response"):
            if getattr(current, name, None) is not None:
                setattr(current, name, None)
        current = current.__cause__ or current.__context__
    return error


def scrubbed(value: Any) -> Any:
    """A copy of a JSON-like value in which every text is scrubbed."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {
            key: HIDDEN
            if re.fullmatch(_SENSITIVE_NAMES, str(key), re.IGNORECASE)
            else scrubbed(member)
            for key, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrubbed(member) for member in value]
    return value
