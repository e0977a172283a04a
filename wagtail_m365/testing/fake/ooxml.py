"""Changing single parts of an Office file and leaving all others byte for byte.

Compressed data of untouched parts is copied as it is, without unpacking, so even a large
presentation is rewritten at the speed of the disk.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from copy import copy
from typing import BinaryIO

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_NAMES_AT = 26
_DESCRIPTOR_FOLLOWS = 0x08
_BLOCK = 1024 * 1024


def replace_parts(
    source: BinaryIO, target: BinaryIO, parts: Mapping[str, bytes]
) -> None:
    """Write the package to ``target`` with these parts replaced or added.

    Raises:
        zipfile.BadZipFile: The source is no package.
    """
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            if part.filename in parts:
                _write(new, part.filename, parts[part.filename], part)
            else:
                _copy_raw(source, new, part)
        for name in parts.keys() - set(old.namelist()):
            _write(new, name, parts[name], None)


def _write(
    package: zipfile.ZipFile, name: str, data: bytes, like: zipfile.ZipInfo | None
) -> None:
    info = zipfile.ZipInfo(name, like.date_time if like else (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = like.external_attr if like else 0
    package.writestr(info, data)


def _copy_raw(
    source: BinaryIO, package: zipfile.ZipFile, part: zipfile.ZipInfo
) -> None:
    source.seek(part.header_offset)
    header = _LOCAL_HEADER.unpack(source.read(_LOCAL_HEADER.size))
    source.seek(header[-2] + header[-1], 1)
    info = copy(part)
    # Sizes stand in the header we write, so none follow the data.
    info.flag_bits &= ~_DESCRIPTOR_FOLLOWS
    target = package.fp
    if target is None:
        raise ValueError("The package is closed")
    target.seek(package.start_dir)
    info.header_offset = target.tell()
    target.write(info.FileHeader(zip64=None))
    _pour(source, target, part.compress_size)
    package.filelist.append(info)
    package.NameToInfo[info.filename] = info
    package.start_dir = target.tell()
    # zipfile writes the central directory only after a change of its own.
    package._didModify = True  # type: ignore[attr-defined]


def _pour(source: BinaryIO, target: object, length: int) -> None:
    while length and (block := source.read(min(_BLOCK, length))):
        target.write(block)  # type: ignore[attr-defined]
        length -= len(block)
