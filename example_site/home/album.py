"""The one large sample: an album whose scans are brought to full resolution when the site is set up.

Published with the site, its 17 MB of pictures would be nine tenths of what everybody
downloads; made here, they cost a second, once.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from PIL import Image

#: Three pictures of this size, saved without compression, are over 15 MB.
RESOLUTION = (1640, 1165)


def in_full_resolution(album: Path) -> bytes:
    """The same presentation with each picture at `RESOLUTION`.

    Args:
        album: A PowerPoint file whose pictures are PNG files.
    """
    grown = io.BytesIO()
    with zipfile.ZipFile(album) as small, zipfile.ZipFile(grown, "w") as large:
        for part in small.infolist():
            content = small.read(part)
            if part.filename.startswith("ppt/media/"):
                content = _scan(content)
                part.compress_type = zipfile.ZIP_STORED
            large.writestr(part, content)
    return grown.getvalue()


def _scan(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as small:
        large = small.convert("RGB").resize(RESOLUTION, Image.Resampling.BICUBIC)
    scan = io.BytesIO()
    large.save(scan, "PNG", compress_level=0)
    return scan.getvalue()
