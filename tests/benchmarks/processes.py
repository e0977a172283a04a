"""Processes of their own, which are asked over a pipe: one line of JSON each way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Self

from example_site.environment import ROOT


class WorkerFailed(Exception):
    """The other process raised something; its traceback is the message."""


class Worker:
    """A process that serves commands with :func:`serve`.

    Args:
        module: What it runs, below ``tests.benchmarks``.
        environment: Added to this process's own.
    """

    def __init__(self, module: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.benchmarks.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | environment,
        )

    def tell(self, command: str, **arguments: Any) -> None:
        """Begin a command; its answer has to be heard."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """The answer to the oldest command that was told."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerFailed(f"It ended with {self._process.wait()}.")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerFailed(answer["error"])
        return answer["value"]

    def ask(self, command: str, **arguments: Any) -> Any:
        self.tell(command, **arguments)
        return self.hear()

    def kill(self) -> None:
        """At once, without a chance to tidy up."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()


def serve(commands: Mapping[str, Callable[..., Any]]) -> None:
    """Answer commands until the pipe is closed."""
    # The pipe is for answers only: whatever prints does so where errors go.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            answers.write(json.dumps(_answer(commands, json.loads(line))) + "\n")
            answers.flush()


def _answer(
    commands: Mapping[str, Callable[..., Any]], message: dict[str, Any]
) -> dict[str, Any]:
    try:
        return {"value": commands[message.pop("do")](**message)}
    except Exception:  # noqa: BLE001  # the other side is told, and decides
        return {"error": traceback.format_exc()}
