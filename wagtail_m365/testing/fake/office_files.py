"""Documents, workbooks and presentations as texts that a person can edit in a form."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from . import office_cells, office_text
from .blobs import Blob
from .ooxml import replace_parts

#: The application by extension.
APPLICATIONS = {
    **dict.fromkeys((".docx", ".docm", ".dotx", ".doc"), "Word"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls"), "Excel"),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppt"), "PowerPoint"),
    **dict.fromkeys((".txt", ".md", ".csv"), "Text"),
}
#: Cells shown of a workbook; enough to play.
MOST_CELLS = 400
_SHARED = "xl/sharedStrings.xml"
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_DOCUMENT = re.compile(r"word/document(\d*)\.xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One text of the form.

    Attributes:
        key: Name of the form's field: the part, and for cells the cell.
        is_long: A text of several lines.
    """

    key: str
    label: str
    text: str
    is_long: bool = True
    is_fixed: bool = False


class NotReadable(ValueError):
    """The file is not what its name says."""


def application(name: str) -> str:
    """``Word``, ``Excel``, ``PowerPoint``, ``Text``, or nothing."""
    return APPLICATIONS.get(posixpath.splitext(name)[1].casefold(), "")


def read(blob: Blob, name: str) -> list[Field]:
    """The texts of a file.

    Raises:
        NotReadable: The file is broken, encrypted, or in a format of before 2007.
    """
    kind = application(name)
    if kind == "Text":
        text = blob.read().decode("utf-8", "replace")
        return [Field(key="text", label="Text", text=text)]
    if not kind:
        return []
    with _opened(blob, name, kind) as (_stream, package):
        return list(_fields(package, kind))


def write(blob: Blob, name: str, texts: Mapping[str, str]) -> bytes:
    """The file with other texts; everything else keeps its bytes.

    Raises:
        NotReadable: As :func:`read`; nothing can be written into it.
    """
    kind = application(name)
    texts = {key: text.replace("\r\n", "\n") for key, text in texts.items()}
    if kind == "Text":
        return texts.get("text", "").encode()
    with _opened(blob, name, kind) as (stream, package):
        if kind == "Excel":
            parts = _changed_sheets(package, texts)
        else:
            parts = _changed_texts(package, kind, texts)
        target = io.BytesIO()
        replace_parts(stream, target, parts)
        return target.getvalue()


@contextmanager
def _opened(
    blob: Blob, name: str, kind: str
) -> Iterator[tuple[BinaryIO, zipfile.ZipFile]]:
    try:
        with blob.open() as stream, zipfile.ZipFile(stream) as package:
            yield stream, package
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, IndexError) as error:
        raise NotReadable(
            f"{name} cannot be read as a {kind or 'known'} file"
        ) from error


def _fields(package: zipfile.ZipFile, kind: str) -> Iterator[Field]:
    if kind == "Excel":
        yield from _cells(package)
        return
    for part, label in _parts(package, kind):
        found = office_text.paragraphs(package.read(part), _namespace(kind))
        text = "\n".join(paragraph.text for paragraph in found)
        yield Field(key=part, label=label, text=text)


def _cells(package: zipfile.ZipFile) -> Iterator[Field]:
    shared = _shared(package)
    left = MOST_CELLS
    for part, label in _parts(package, "Excel"):
        for cell in office_cells.cells(package.read(part), shared)[:left]:
            left -= 1
            yield Field(
                key=f"{part}!{cell.name}",
                label=f"{label}, {cell.name}",
                text=cell.value,
                is_long=False,
                is_fixed=cell.has_formula,
            )


def _changed_sheets(
    package: zipfile.ZipFile, texts: Mapping[str, str]
) -> dict[str, bytes]:
    shared = _shared(package)
    parts = {}
    for part, _ in _parts(package, "Excel"):
        values = {
            key.removeprefix(f"{part}!"): text
            for key, text in texts.items()
            if key.startswith(f"{part}!")
        }
        old = package.read(part)
        new = office_cells.rewrite(old, shared, values)
        if new != old:
            parts[part] = new
    return parts


def _changed_texts(
    package: zipfile.ZipFile, kind: str, texts: Mapping[str, str]
) -> dict[str, bytes]:
    parts = {}
    for part, _ in _parts(package, kind):
        if part in texts:
            old = package.read(part)
            lines = [line for line in texts[part].split("\n") if line]
            new = office_text.rewrite(old, _namespace(kind), lines)
            if new != old:
                parts[part] = new
    return parts


def _parts(package: zipfile.ZipFile, kind: str) -> list[tuple[str, str]]:
    """The parts with texts, and what a person calls them."""
    pattern, label = {
        "Word": (_DOCUMENT, "Document"),
        "Excel": (_SHEET, "Sheet"),
        "PowerPoint": (_SLIDE, "Slide"),
    }[kind]
    found = [one for name in package.namelist() if (one := pattern.fullmatch(name))]
    found.sort(key=lambda one: int(one[1] or 0))
    return [(one[0], f"{label} {one[1]}".strip()) for one in found]


def _shared(package: zipfile.ZipFile) -> list[str]:
    if _SHARED not in package.namelist():
        return []
    return office_cells.shared_texts(package.read(_SHARED))


def _namespace(kind: str) -> str:
    return office_text.WORD if kind == "Word" else office_text.DRAWING
