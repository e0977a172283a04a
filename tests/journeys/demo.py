"""The example site as a person starts it: a process of its own, on free ports."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A running example site with its fake Microsoft."""

    site: str
    microsoft: str

    def control(self, call: str, **body: object) -> dict[str, object]:
        """Steer the fake Microsoft."""
        url = f"{self.microsoft}/_control/{call}"
        answer = requests.Session().post(url, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running(var: Path, **environment: str) -> Iterator[Demo]:
    """The demo with its data in this folder, until the block ends."""
    port = two_free_ports()
    process = subprocess.Popen(
        [sys.executable, "-m", "example_site", "--port", str(port)],
        cwd=ROOT,
        env={
            **{k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"},
            "EXAMPLE_SITE_VAR": str(var),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reader = Thread(target=process.stdout.read, daemon=True)
    try:
        # The welcome is printed when everything is ready to start listening.
        for line in process.stdout:
            if "Ctrl-C ends everything" in line:
                break
        # Its log is read on: a pipe that is full would stop the demo after some hundred
        # requests.
        reader.start()
        demo = Demo(
            site=f"http://localhost:{port}", microsoft=f"http://127.0.0.1:{port + 1}"
        )
        wait_for(f"{demo.site}/admin/login/")
        yield demo
    finally:
        # Not Ctrl-C's signal: who runs the tests in the background has it ignored.
        process.terminate()
        process.wait(timeout=60)
        if reader.ident:
            # Nobody closes what somebody still reads.
            reader.join()
        process.stdout.close()


def wait_for(url: str) -> None:
    session = requests.Session()
    # It makes a database first, which takes a busy machine more than a minute.
    retry = Retry(total=240, connect=240, backoff_factor=0.1, backoff_max=1)
    session.mount("http://", HTTPAdapter(max_retries=retry))
    session.get(url, timeout=60).raise_for_status()


def two_free_ports() -> int:
    """A port that is free together with the next one."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
