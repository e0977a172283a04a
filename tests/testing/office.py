"""Small real Office files for the tests."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl

_MAIN = "http://schemas.openxmlformats.org"
_SLIDE = (
    f'<p:sld xmlns:p="{_MAIN}/presentationml/2006/main" xmlns:a="{_MAIN}/drawingml/2006/main">'
    '<p:cSld><p:spTree><p:sp><p:txBody><a:bodyPr/><a:p><a:r><a:rPr lang="en-GB"/>'
    "<a:t>A title</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
)


def document(*paragraphs: str, table: str = "") -> bytes:
    """A Word document; the second word of each paragraph is bold."""
    made = docx.Document()
    for text in paragraphs:
        first, _, rest = text.partition(" ")
        second, gap, rest = rest.partition(" ")
        paragraph = made.add_paragraph(first)
        if second:
            paragraph.add_run(" ")
            paragraph.add_run(second).bold = True
            paragraph.add_run(gap + rest)
    if table:
        made.add_table(1, 2).cell(0, 0).text = table
    return _saved(made)


def workbook(**cells: object) -> bytes:
    made = openpyxl.Workbook()
    for name, value in cells.items():
        made.active[name] = value
    return _saved(made)


def presentation() -> bytes:
    """Not all that PowerPoint needs, but a slide as it writes it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("ppt/slides/slide1.xml", _SLIDE)
    return target.getvalue()


def paragraphs(data: bytes) -> list[str]:
    return [one.text for one in docx.Document(io.BytesIO(data)).paragraphs]


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def _saved(made: object) -> bytes:
    target = io.BytesIO()
    made.save(target)  # type: ignore[attr-defined]
    return target.getvalue()
