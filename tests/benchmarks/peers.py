"""A file sent and fetched by what people use today, by us, and by a bare loop.

Each in a process of its own, in turns, to and from the same sink. Ours alone knows
afterwards that what arrived is what was sent.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from . import others
from .processes import Worker, WorkerFailed
from .table import Entry, Row, Skipped
from .transfers import KIB, MIB, new_file

TITLE = "A file of 100 MB, beside what people use today"
SIZE, ROUNDS = 100 * MIB, 15
BARE, OURS = "bare loop", "wagtail_m365"
#: Microsoft's addresses stand in its source; a proxy in between would be measured, too.
RCLONE = Skipped(
    what="rclone",
    reason="its OneDrive backend knows Microsoft's own addresses only,"
    " no option takes another one",
)
Workers = dict[str, Worker]


def run() -> list[Entry]:
    missing = others.ensure(others.FILES)
    chosen = [name for name in others.FILES if name not in missing]
    rows: list[Entry] = [
        Skipped(what=name, reason=reason) for name, reason in missing.items()
    ]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = _Place(Path(folder), stack.enter_context(Worker("sink")))
        for what in ("send", "fetch"):
            rows += _compared(place, what, chosen)
    return [*rows, RCLONE]


class _Place:
    """The files, the sink, and who is asked to move the ones to the other."""

    def __init__(self, folder: Path, sink: Worker) -> None:
        self.folder, self._sink = folder, sink
        self._hashes: dict[int, str] = {}
        for size in (KIB, SIZE):
            new_file(folder, size)

    def expect(self, size: int, worker: Worker) -> dict[str, Any]:
        """What is asked for next; how ours and the bare loop are told of it."""
        name = f"{size}.bin"
        if size not in self._hashes:
            self._hashes[size] = worker.ask("hashed", name=name)
        path, quick_xor = str(self.folder / name), self._hashes[size]
        self._sink.ask("expect", size=size, quick_xor=quick_xor, path=path)
        return {"name": name, "size": size}

    def opened(self, name: str, stack: ExitStack) -> Worker:
        own = name in {BARE, OURS}
        module = "transfer_worker" if own else "peer_worker"
        # A proxy of this machine has no business between two of its processes.
        worker = stack.enter_context(Worker(module, no_proxy="localhost"))
        port = self._sink.ask("expect", size=0, quick_xor="")
        more = {} if own else {"peer": name}
        worker.ask("point", port=port, folder=str(self.folder), **more)
        return worker

    def moved(self, name: str, worker: Worker, what: str, size: int) -> float:
        """Seconds, after which the sink has got, or its asker has, every byte."""
        arguments: dict[str, Any] = {"name": f"{size}.bin", "size": size}
        if name in {BARE, OURS} and what == "fetch":
            arguments["quick_xor"] = self._hashes[size]
        way = f"{what}_bare" if name == BARE else what
        self._sink.ask("received")
        seconds: float = worker.ask("timed", what=way, **arguments)
        if what == "send" and self._sink.ask("received") < size:
            raise WorkerFailed(f"{name} has not sent all of the file")
        return seconds


def _compared(place: _Place, what: str, chosen: list[str]) -> Iterator[Entry]:
    with ExitStack() as stack:
        workers = {name: place.opened(name, stack) for name in (BARE, OURS, *chosen)}
        more, failed = _memory(place, workers, what)
        yield from failed
        rounds = _interleaved(place, workers, what)
    label = "up" if what == "send" else "down"
    for name in workers:
        if name in more:
            yield _speed(label, name, rounds)
            yield Row(
                what=f"{label}: {name}, memory above idle",
                value=more[name] / KIB,
                unit="MiB",
            )


def _memory(
    place: _Place, workers: Workers, what: str
) -> tuple[dict[str, int], list[Skipped]]:
    """KiB that the first file takes; who cannot move it goes out of the workers."""
    more, failed = {}, []
    for name, worker in list(workers.items()):
        try:
            place.expect(KIB, workers[OURS])
            place.moved(name, worker, "fetch", KIB)
            idle = worker.ask("peak")
            place.expect(SIZE, workers[OURS])
            place.moved(name, worker, what, SIZE)
            more[name] = worker.ask("peak") - idle
        except WorkerFailed as error:
            del workers[name]
            reason = str(error).strip().splitlines()[-1]
            failed.append(Skipped(what=f"{what}: {name}", reason=reason))
    return more, failed


def _interleaved(place: _Place, workers: Workers, what: str) -> list[dict[str, float]]:
    place.expect(SIZE, workers[OURS])
    names, order, rounds = list(workers), random.Random(1), []
    for _ in range(ROUNDS):
        # Shuffled, so that nobody always follows the same one.
        order.shuffle(names)
        rounds.append(
            {name: place.moved(name, workers[name], what, SIZE) for name in names}
        )
    return rounds


def _speed(label: str, name: str, rounds: list[dict[str, float]]) -> Row:
    return Row(
        what=f"{label}: {name}"
        + ("" if name == BARE else ", speed to the bare loop's"),
        value=SIZE / statistics.median(one[name] for one in rounds) / 1e6,
        unit="MB/s",
        ratio=None
        if name == BARE
        else statistics.median(one[BARE] / one[name] for one in rounds),
    )
