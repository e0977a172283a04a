"""What the hashes of a transfer cost: QuickXorHash by each way to fold it, and SHA-256."""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from wagtail_m365.graph import folding
from wagtail_m365.graph.quickxor import QuickXorHash

from .table import Entry, Row, Skipped

TITLE = "Hashes of a large file"
PIECE, PIECES, ROUNDS = 10 * 1024 * 1024, 20, 5
#: Reads every byte and keeps nothing: what the machine's memory allows.
MEMORY = "bare limit: every byte copied"


def run() -> list[Entry]:
    data, ways = os.urandom(PIECE), _ways()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            taken[name].append(_seconds(way, data))
    rows: list[Entry] = [_row(name, taken) for name in ways]
    if find_spec("numpy") is None:
        rows.append(Skipped(what="QuickXorHash, numpy", reason="not installed"))
    return rows


def _ways() -> dict[str, Callable[[], Any]]:
    folders: list[type[folding.Folder]] = [
        folding.PillowFolder,
        folding.NoFolder,
    ]
    if find_spec("numpy") is not None:
        folders.insert(0, folding.NumpyFolder)
    quick = {f"QuickXorHash, {one.name}": _quick(one) for one in folders}
    return {MEMORY: _Copier, **quick, "SHA-256": hashlib.sha256}


def _quick(folder: type[folding.Folder]) -> Callable[[], QuickXorHash]:
    return lambda: QuickXorHash(folder=folder)


class _Copier:
    def update(self, data: bytes) -> None:
        bytearray(data)

    def digest(self) -> bytes:
        return b""


def _seconds(way: Callable[[], Any], data: bytes) -> float:
    begun, digest = time.perf_counter(), way()
    for _ in range(PIECES):
        digest.update(data)
    digest.digest()
    return time.perf_counter() - begun


def _row(name: str, taken: dict[str, list[float]]) -> Row:
    pairs = zip(taken[MEMORY], taken[name], strict=True)
    return Row(
        what=name,
        value=PIECE * PIECES / statistics.median(taken[name]) / 1e9,
        unit="GB/s",
        ratio=None
        if name == MEMORY
        else statistics.median(limit / one for limit, one in pairs),
    )
