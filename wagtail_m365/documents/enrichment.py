"""Do two files hold the same content, whatever SharePoint has written into one?

SharePoint and OneDrive for Business rewrite Office files when they arrive: they add
properties of the library under ``customXml/`` and ``docProps/``, and the lists that name
them (onedrive-api-docs#935). A file that differs only by that was edited by nobody.

Packages come from outside, so the reader is bounded: in entries, in bytes that are
unpacked, and in how much larger than its packed form a part may be. Whatever is beyond,
or cannot be read as a package, is compared byte by byte.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat  # declarations are refused below

_PIECE = 64 * 1024
_MAX_ENTRIES = 20_000
#: Bytes of all parts of one package, unpacked.
_MAX_UNPACKED = 2 * 1024**3
#: Unpacked to packed, for parts above a megabyte; deflate itself ends at 1032.
_MAX_RATIO = 500
_SMALL = 1024 * 1024
#: Bytes of a list of relationships that is read as XML.
_MAX_RELATIONSHIPS = 4 * 1024 * 1024

_IGNORED = re.compile(
    r"(?i)docProps/|\[Content_Types\]\.xml$|customXml/(?!item\d*\.xml$)"
)
_CUSTOM_ITEM = re.compile(r"(?i)customXml/item\d*\.xml$")
_RELATIONSHIPS = re.compile(r"(?i)(.*/)?_rels/[^/]*\.rels$")
_IGNORED_TARGET = re.compile(r"(?i)(\.\./|/)*(docProps|customXml)/")
# Items of a library; any other item is data of the document itself.
_OF_LIBRARY = re.compile(
    rb"http://schemas\.microsoft\.com/(office/2006/metadata/|sharepoint/)"
)
#: What reading a package from outside may raise.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


class _TooMuch(ValueError):
    """The package is larger than a reader should unpack."""


def same_content(one: BinaryIO, other: BinaryIO) -> bool:
    """Do both hold the same content?

    Office Open XML by its parts, without the properties of a library; everything else
    byte by byte. Both files must be seekable; they are left anywhere.
    """
    if _same_bytes(one, other):
        return True
    if not (is_package(one) and is_package(other)):
        return False
    try:
        return _parts_of(one) == _parts_of(other)
    except UNREADABLE:
        return False


def _same_bytes(one: BinaryIO, other: BinaryIO) -> bool:
    one.seek(0)
    other.seek(0)
    while True:
        piece = one.read(_PIECE)
        if piece != other.read(_PIECE):
            return False
        if not piece:
            return True


def is_package(file: BinaryIO) -> bool:
    """Does it begin like a zip?"""
    file.seek(0)
    return file.read(4) == b"PK\x03\x04"


def _parts_of(file: BinaryIO) -> Counter[tuple[str, str]]:
    """Name and hash of every part that a person may have edited."""
    parts: Counter[tuple[str, str]] = Counter()
    file.seek(0)
    with zipfile.ZipFile(file) as package:
        require_bounded(package)
        if "[Content_Types].xml" not in package.NameToInfo:
            raise ValueError("This zip is no Office file.")
        for entry in package.infolist():
            if not (entry.is_dir() or _IGNORED.match(entry.filename)):
                parts.update(_identity(package, entry))
    return parts


def require_bounded(package: zipfile.ZipFile) -> None:
    """Refuse a package that is larger, or packed tighter, than Office makes them.

    Raises:
        ValueError: It is.
    """
    entries = package.infolist()
    if len(entries) > _MAX_ENTRIES or len(package.NameToInfo) != len(entries):
        raise _TooMuch("Too many entries, or two of one name.")
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED:
        raise _TooMuch("Too many bytes.")
    for entry in entries:
        if entry.file_size > max(_SMALL, entry.compress_size * _MAX_RATIO):
            raise _TooMuch("Packed too tightly.")


def _identity(
    package: zipfile.ZipFile, entry: zipfile.ZipInfo
) -> Iterator[tuple[str, str]]:
    """How this part counts; a part that belongs to a library does not."""
    name = entry.filename
    if _RELATIONSHIPS.match(name) and entry.file_size <= _MAX_RELATIONSHIPS:
        for relationship in _relationships(package.read(entry)):
            yield name, relationship
    elif _CUSTOM_ITEM.match(name):
        # Their numbers may change when others are added.
        if not _is_of_library(package, entry):
            yield "customXml", _hash(package, entry)
    else:
        yield name, _hash(package, entry)


def _hash(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    digest = hashlib.sha256()
    with package.open(entry) as part:
        while piece := part.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _is_of_library(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    with package.open(entry) as part:
        return bool(_OF_LIBRARY.search(part.read(_PIECE)))


def _relationships(data: bytes) -> list[str]:
    """Each relationship as one text, without those to a library's properties."""
    found: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        target = attributes.get("Target", "")
        is_entry = name.rpartition(":")[2] == "Relationship"
        if is_entry and not _IGNORED_TARGET.match(target):
            found.append(repr(sorted(attributes.items())))

    def refuse(*declaration: object) -> None:
        raise ValueError("A list of relationships declares nothing.")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    # Neither entities (billion laughs) nor anything from outside.
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(data, True)
    return found
