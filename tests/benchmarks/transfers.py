"""Files sent to and fetched from a plain sink, beside a bare loop of ``requests``."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wagtail_m365.graph.folding import fastest

from .processes import Worker
from .table import Entry, Row, Skipped

TITLE = "Transfers"
KIB, MIB = 1024, 1024 * 1024
#: Bytes → how often in one round, and how many interleaved rounds.
SIZES = {KIB: (50, 15), MIB: (10, 15), 100 * MIB: (1, 11)}
LARGE = {1024 * MIB: (1, 5)}
#: Many small files: how many, bytes each, so many at a time, seconds of latency.
FILES, FILE_SIZE, AT_ONCE, LATENCY = 500, 20 * 1000, 16, 0.020
#: Peak above idle, in MiB, whatever the size.
MEMORY = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file and the ways it goes."""

    name: str
    size: int
    quick_xor: str

    @property
    def label(self) -> str:
        if self.size < MIB:
            return f"{self.size // KIB} KB"
        return f"{self.size // MIB} MB" if self.size < 1024 * MIB else "1 GB"


def run() -> list[Entry]:
    sizes = SIZES | (LARGE if "--large" in sys.argv else {})
    rows: list[Entry] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sink = stack.enter_context(Worker("sink"))
        for size, (times, rounds) in sizes.items():
            rows += _of_size(Path(folder), sink, size, times, rounds)
        if sizes == SIZES:
            rows.append(Skipped(what="1 GB", reason="ask for it with --large"))
        rows += _many(Path(folder), sink)
    return rows


def _of_size(
    folder: Path, sink: Worker, size: int, times: int, rounds: int
) -> Iterator[Row]:
    path = new_file(folder, size)
    with Worker("transfer_worker") as worker:
        worker.ask("point", port=_port(sink), folder=str(folder))
        case = Case(
            name=path.name, size=size, quick_xor=worker.ask("hashed", name=path.name)
        )
        sink.ask("expect", size=size, quick_xor=case.quick_xor, path=str(path))
        for what, arguments in _ways(case).items():
            pairs = _interleaved(worker, what, rounds, times=times, **arguments)
            yield from _compared(case, what, pairs)
    for what, arguments in _ways(case).items():
        yield _memory(folder, sink, case, what, arguments)
    path.unlink()


def _ways(case: Case) -> dict[str, dict[str, Any]]:
    known = {"name": case.name, "size": case.size}
    return {"send": known, "fetch": known | {"quick_xor": case.quick_xor}}


def _compared(case: Case, what: str, pairs: list[tuple[float, float]]) -> Iterator[Row]:
    ours, bare = (statistics.median(each) for each in zip(*pairs, strict=True))
    label = f"{'up' if what == 'send' else 'down'}, {case.label}"
    yield Row(what=f"{label}: bare loop", value=case.size / bare / 1e6, unit="MB/s")
    yield Row(
        what=f"{label}: wagtail_m365, hash by {fastest().name},"
        " speed to the bare loop's",
        value=case.size / ours / 1e6,
        unit="MB/s",
        ratio=statistics.median(bare / ours for ours, bare in pairs),
        # A small file is one request or two, not a transfer: told, not bound.
        at_least=0.8 if case.size >= 100 * MIB else None,
    )


def _interleaved(
    worker: Worker, what: str, rounds: int, **arguments: Any
) -> list[tuple[float, float]]:
    """Seconds of ours and of the bare loop, after a round that does not count."""
    pairs = []
    for number in range(rounds + 1):
        ways = [what, f"{what}_bare"]
        if number % 2:
            ways.reverse()
        taken = {way: worker.ask("timed", what=way, **arguments) for way in ways}
        pairs.append((taken[what], taken[f"{what}_bare"]))
    return pairs[1:]


def _memory(
    folder: Path, sink: Worker, case: Case, what: str, arguments: dict[str, Any]
) -> Row:
    """In a process of its own, that has moved a small file before."""
    small = new_file(folder, KIB)
    with Worker("transfer_worker") as worker:
        worker.ask("point", port=_port(sink), folder=str(folder))
        known = Case(
            name=small.name, size=KIB, quick_xor=worker.ask("hashed", name=small.name)
        )
        sink.ask("expect", size=KIB, quick_xor=known.quick_xor, path=str(small))
        worker.ask("timed", what=what, **_ways(known)[what])
        idle = worker.ask("peak")
        path = folder / case.name
        sink.ask("expect", size=case.size, quick_xor=case.quick_xor, path=str(path))
        worker.ask("timed", what=what, **arguments)
        peak = worker.ask("peak")
    return Row(
        what=f"{'up' if what == 'send' else 'down'}, {case.label}: memory above idle",
        value=(peak - idle) / KIB,
        unit="MiB",
        at_most=MEMORY,
    )


def _many(folder: Path, sink: Worker) -> Iterator[Row]:
    with Worker("transfer_worker") as worker:
        worker.ask("point", port=_port(sink), folder=str(folder), pool=AT_ONCE)
        path = folder / "zeros"
        path.write_bytes(bytes(FILE_SIZE))
        quick_xor = worker.ask("hashed", name=path.name)
        sink.ask("expect", size=FILE_SIZE, quick_xor=quick_xor, latency=LATENCY)
        work = {"count": FILES, "size": FILE_SIZE, "at_once": AT_ONCE}
        pairs = _interleaved(worker, "many", 5, **work)
    what = f"{FILES} files of 20 KB, {AT_ONCE} at a time, latency 20 ms"
    yield Row(
        what=f"{what}: bare pool",
        value=statistics.median(bare for _, bare in pairs),
        unit="s",
    )
    yield Row(
        what=f"{what}: wagtail_m365, time to the bare pool's",
        value=statistics.median(ours for ours, _ in pairs),
        unit="s",
        ratio=statistics.median(ours / bare for ours, bare in pairs),
        at_most=1.5,
    )


def _port(sink: Worker) -> int:
    port: int = sink.ask("expect", size=0, quick_xor="")
    return port


def new_file(folder: Path, size: int) -> Path:
    path = folder / f"{size}.bin"
    if not path.exists():
        piece = os.urandom(min(size, MIB))
        with path.open("wb") as file:
            for _ in range(size // len(piece)):
                file.write(piece)
    return path
