"""Contents that people save: small files that carry a text by which they are known."""

from __future__ import annotations

import io
import zipfile

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"/>',
    "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"/>',
}
_BODY = "word/document.xml"


def word_file(text: str) -> bytes:
    """A Word file, into which a library writes its properties when it arrives."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, data in _PARTS.items():
            package.writestr(name, data)
        package.writestr(_BODY, text)
    return file.getvalue()


def plain_file(text: str) -> bytes:
    """Bytes that are no package: nobody rewrites them."""
    return text.encode()


def text_of(content: bytes) -> str:
    """The text of such a file, whatever a library has written around it.

    Raises:
        ValueError: It is no whole file.
    """
    if not content.startswith(b"PK"):
        return content.decode().rstrip("\n")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return package.read(_BODY).decode()
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError("half a file") from error
