"""Finds or makes the Python environment in which this checkout's commands run.

Only the standard library is used: this is the first thing that runs on a bare
machine.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = (
    VENV
    / ("Scripts" if os.name == "nt" else "bin")
    / Path("python").with_suffix(".exe" if os.name == "nt" else "")
)
MINIMUM = (3, 11)


def importable(modules: Sequence[str]) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)


def ensure(modules: Sequence[str], extra: str, command: str) -> None:
    """Return when `modules` can be imported; else go on in an environment of ours.

    Args:
        modules: Top-level names that the command needs.
        extra: The extra of ``pyproject.toml`` that brings them.
        command: The module to run again (``python -m command``) inside.
    """
    if sys.version_info < MINIMUM:
        sys.exit(
            f"Python {MINIMUM[0]}.{MINIMUM[1]} or newer is needed; this is {sys.version.split()[0]}."
        )
    if importable(modules):
        return
    if Path(sys.prefix).resolve() == VENV.resolve():
        install(extra)
        importlib.invalidate_caches()
        return
    if not VENV_PYTHON.exists():
        create()
    if not has(VENV_PYTHON, modules):
        install(extra)
    run_again(command)


def create() -> None:
    print(f"Making a Python environment in {VENV.name}/ …", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            f"Python's module `venv` is not complete on this machine.\n"
            f"Install it and run this command again; on Debian and Ubuntu:\n\n"
            f"    sudo apt install python{version}-venv\n\n{done.stdout}{done.stderr}"
        )


def has(python: Path, modules: Sequence[str]) -> bool:
    look = "import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))"
    return (
        subprocess.run(
            [str(python), "-c", look, *modules], cwd=ROOT, check=False
        ).returncode
        == 0
    )


def install(extra: str) -> None:
    print("Installing the packages (once) …", flush=True)
    done = subprocess.run(
        [
            str(VENV_PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--editable",
            f"{ROOT}[{extra}]",
        ],
        check=False,
    )
    if done.returncode:
        sys.exit(
            "The packages could not be installed; is a package index within reach?"
        )


def run_again(command: str) -> None:
    arguments = [str(VENV_PYTHON), "-m", command, *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.run(arguments, check=False).returncode)
    os.execv(arguments[0], arguments)  # our own interpreter, no shell
