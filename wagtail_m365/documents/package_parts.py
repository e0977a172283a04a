"""The XML parts of an Office package, read within bounds.

ECMA-376-2 (Open Packaging Conventions): parts are entries of a zip; lists of
relationships say by which identifier one part names another.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO
from xml.parsers import expat  # declarations are refused below

from .enrichment import require_bounded

_PIECE = 64 * 1024
#: Bytes of one part that are read, and of all parts of one package together.
MAX_PART = 16 * 1024 * 1024
MAX_PACKAGE = 64 * 1024 * 1024


class Handler:
    """What is done with the elements of a part; names come without namespaces."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """Characters between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """What a part names another one by."""

    id: str
    #: Last word of its type: ``"slide"``, ``"worksheet"`` …
    type: str
    #: Name of the other part in the package.
    target: str


class Package:
    """A zip whose parts are read one after the other, up to a total."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zip = zipped
        self._left = MAX_PACKAGE

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def names(self) -> list[str]:
        """Of all parts, in their own order."""
        return self._zip.namelist()

    def read(self, name: str, handler: Handler) -> None:
        """Tell the handler what is in a part.

        Raises:
            ValueError: It is too large, or declares something.
            expat.ExpatError: It is no XML.
            KeyError: There is no such part.
        """
        parser = _parser(handler)
        with self._zip.open(name) as part:
            for piece in self._pieces(part):
                parser.Parse(piece, False)
        parser.Parse(b"", True)

    def related(self, name: str) -> list[Relationship]:
        """What a part names other parts by; nothing where it names none."""
        folder, _, base = name.rpartition("/")
        listed = posixpath.join(folder, "_rels", f"{base}.rels")
        if listed not in self:
            return []
        handler = _Relationships(folder)
        self.read(listed, handler)
        return handler.found

    def listed(self, main: str, element: str) -> dict[str, str]:
        """Part → its name, for what the main part lists, in that order."""
        handler = _Listed(element)
        self.read(main, handler)
        targets = {each.id: each.target for each in self.related(main)}
        return {
            targets[identifier]: name
            for name, identifier in handler.found
            if targets.get(identifier, "") in self
        }

    def _pieces(self, part: IO[bytes]) -> Iterator[bytes]:
        left = min(MAX_PART, self._left)
        while piece := part.read(_PIECE):
            left -= len(piece)
            self._left -= len(piece)
            if left < 0:
                raise ValueError("More bytes than a reader should take.")
            yield piece


@contextmanager
def package_in(file: BinaryIO) -> Iterator[Package]:
    """A seekable file as a package.

    Raises:
        ValueError: It is packed as nobody packs it.
        zipfile.BadZipFile: It is no zip.
    """
    file.seek(0)
    with zipfile.ZipFile(file) as zipped:
        require_bounded(zipped)
        yield Package(zipped)


class _Relationships(Handler):
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.found: list[Relationship] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        # A target that begins with a slash begins at the package's root.
        target = posixpath.join("/", self._folder, attributes.get("Target", ""))
        self.found.append(
            Relationship(
                id=attributes.get("Id", ""),
                type=attributes.get("Type", "").rpartition("/")[2],
                target=posixpath.normpath(target).lstrip("/"),
            )
        )


class _Listed(Handler):
    """Elements of one name: what they are called, and the relationship they name."""

    def __init__(self, element: str) -> None:
        self._element = element
        self.found: list[tuple[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == self._element:
            identifier = attributes.get("relationship", "")
            self.found.append((attributes.get("name", ""), identifier))


def _parser(handler: Handler) -> expat.XMLParserType:
    def start(name: str, attributes: dict[str, str]) -> None:
        local = {_attribute(key): value for key, value in attributes.items()}
        handler.start(_local(name), local)

    def refuse(*declaration: object) -> None:
        raise ValueError("A part of a package declares nothing.")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: handler.end(_local(name))
    parser.CharacterDataHandler = handler.data
    # Neither entities (billion laughs) nor anything from outside.
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _attribute(name: str) -> str:
    # ``r:id`` stands beside an ``id`` that means something else.
    return "relationship" if name.endswith("/relationships id") else _local(name)
