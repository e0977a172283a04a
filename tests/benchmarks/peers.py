"""Other packages that keep tokens for Django sites: there, installed, or left out."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
#: What is installed → what is imported.
PEERS = {
    "django-allauth": "allauth",
    "social-auth-app-django": "social_django",
}


def ensure() -> dict[str, str]:
    """Install what is missing; package → why it cannot be compared with."""
    return {name: reason for name in PEERS if (reason := _why_not(name))}


def _why_not(name: str) -> str:
    if find_spec(PEERS[name]) is not None:
        return ""
    print(f"Installing {name} into {sys.prefix}, to be compared with …", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check", "--constraint", str(CONSTRAINTS), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    importlib.invalidate_caches()
    if done.returncode == 0 and find_spec(PEERS[name]) is not None:
        return ""
    lines = done.stderr.strip().splitlines() or ["pip gave no reason"]
    return f"cannot be installed: {lines[-1]}"
