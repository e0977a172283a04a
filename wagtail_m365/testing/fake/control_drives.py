"""The part of the control API that looks at and changes drives."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from . import drives
from .control_values import Body, account_of
from .state import World


def list_files(world: World, body: Body) -> Any:
    """``account``: the files in its OneDrive, and what lies in its recycle bin."""
    seam = drives.seam(world, account_of(world, body))
    files = [
        {"path": item.path, "size": item.blob.size, "id": item.id}
        for item in seam.items()
        if not item.is_folder
    ]
    deleted = [
        {"name": item.name, "size": item.size, "id": item.id}
        for item in seam.drive.recycle_bin.values()
    ]
    return {"drive": seam.drive.id, "files": files, "recycle_bin": deleted}


def read_file(world: World, body: Body) -> Any:
    """``account``, ``path``: the content, in Base64."""
    seam = drives.seam(world, account_of(world, body))
    return {"content": base64.b64encode(seam.file(body["path"])).decode()}


def change(world: World, body: Body) -> Any:
    """``account``, ``path``, ``do``; ``content`` (Base64), ``name``, ``by`` (user name).

    ``do`` is put, edit, delete, lock, unlock, rename or share; share gives the ``link``,
    from the fake's root on.
    """
    seam = drives.seam(world, account_of(world, body))
    by = account_of(world, {"account": body["by"]}) if body.get("by") else None
    path, data = body["path"], base64.b64decode(body.get("content", ""))
    doing: dict[str, Callable[[], Any]] = {
        "put": lambda: seam.put(path, data, by=by),
        "edit": lambda: seam.edit(path, data, by=by),
        "delete": lambda: seam.delete(path, by=by),
        "lock": lambda: seam.lock(path, by=by),
        "unlock": lambda: seam.unlock(path),
        "rename": lambda: seam.rename(path, body["name"], by=by),
        "share": lambda: seam.share(path),
    }
    done = doing[body["do"]]()
    return {"link": done} if body["do"] == "share" else {}


def add_library(world: World, body: Body) -> Any:
    """``name``, ``account`` (its owner), ``requires_check_out``: a site's library."""
    seam = drives.library(
        world,
        body["name"],
        account_of(world, body),
        requires_check_out=bool(body.get("requires_check_out")),
    )
    return {"drive": seam.drive.id, "folder": seam.drive.root.id}
