"""Other packages to be compared with: there, installed, or left out."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
#: What is installed → what is imported: those that keep tokens for Django sites …
TOKENS = {
    "django-allauth": "allauth",
    "social-auth-app-django": "social_django",
}
#: … and those that move files.
FILES = {
    "O365": "O365",
    "msgraph-sdk": "msgraph",
    "Office365-REST-Python-Client": "office365",
}


def ensure(packages: Mapping[str, str]) -> dict[str, str]:
    """Install what is missing; package → why it cannot be compared with."""
    return {
        name: reason
        for name, module in packages.items()
        if (reason := _why_not(name, module))
    }


def _why_not(name: str, module: str) -> str:
    if find_spec(module) is not None:
        return ""
    print(f"Installing {name} into {sys.prefix}, to be compared with …", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check", "--constraint", str(CONSTRAINTS), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    importlib.invalidate_caches()
    if done.returncode == 0 and find_spec(module) is not None:
        return ""
    lines = done.stderr.strip().splitlines() or ["pip gave no reason"]
    return f"cannot be installed: {lines[-1]}"
