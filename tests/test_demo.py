"""How the demo starts, or says why it does not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from tests.journeys.demo import ROOT, two_free_ports


def test_a_taken_port_is_named_before_anything_is_thrown_away(tmp_path):
    kept = tmp_path / "db.sqlite3"
    kept.write_text("what a demo that still runs has")
    port = two_free_ports()

    with socket.create_server(("127.0.0.1", port + 1)):
        done = subprocess.run(
            [sys.executable, "-m", "example_site", "--port", str(port), "--reset"],
            cwd=ROOT,
            env={
                **{
                    k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"
                },
                "EXAMPLE_SITE_VAR": str(tmp_path),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert f"Port {port + 1} is in use" in done.stderr
    assert "--port 8100" in done.stderr
    assert "guided-tour" not in done.stdout
    assert kept.exists()
