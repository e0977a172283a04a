"""The example site as a person starts it: a process of its own, on free ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
def running(var: Path) -> Iterator[Demo]:
    """The demo with its data in this folder, until the block ends."""
    port = two_free_ports()
    process = subprocess.Popen(
        [sys.executable, "-m", "example_site", "--port", str(port)],
        cwd=ROOT,
        env={
            **{k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"},
            "EXAMPLE_SITE_VAR": str(var),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        # The welcome is printed when everything is ready to start listening.
        for line in process.stdout:
            if "Ctrl-C ends everything" in line:
                break
        demo = Demo(
            site=f"http://localhost:{port}", microsoft=f"http://127.0.0.1:{port + 1}"
        )
        wait_for(f"{demo.site}/admin/login/")
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def wait_for(url: str) -> None:
    session = requests.Session()
    retry = Retry(connect=60, backoff_factor=0.1, backoff_max=1)
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
