"""A world in a file: a demo goes on where it was left.

What is under way is not kept: sign-ins, uploads, faults, the log.
"""

from __future__ import annotations

import logging
import pickle  # only a file that this process' owner wrote
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from .blobs import Blob, BlobStore
from .graph_state import GraphState, Site
from .items import Item
from .notifications import Notifier
from .state import (
    Account,
    AppRegistration,
    IssuedToken,
    Options,
    RefreshToken,
    Tenant,
    World,
)
from .tree import Drive

_log = logging.getLogger("wagtail_m365.testing")
#: Of a world; the log, faults, keys, locks, and what is under way stay out.
_KEPT = (
    *("clock", "options", "tenants", "accounts", "apps", "grants", "refresh_tokens"),
    *("access_tokens", "browsers", "drives", "extras"),
)
_UNUSABLE = (AttributeError, ImportError, EOFError, TypeError, ValueError)
#: Whose fields must be the same.
_SHAPED: tuple[type[Any], ...] = (
    *(Account, AppRegistration, Tenant, RefreshToken, IssuedToken, Options),
    *(GraphState, Drive, Item, Site),
)


def save(world: World, path: Path) -> None:
    """Write the world to a file, which is replaced as a whole."""
    half = path.with_name(f"{path.name}.new")
    with world.lock:
        graph = world.extras.get("graph")
        if isinstance(graph, GraphState):
            graph.uploads.clear()
        kept = {name: getattr(world, name) for name in _KEPT}
        with half.open("wb") as stream:
            _Pickler(stream).dump((_shape(), kept))
    half.replace(path)


def load(world: World, path: Path) -> bool:
    """Take the world out of a file.

    Returns:
        False where there is no file, or none that can be used; nothing changes then.
    """
    try:
        shape, kept = pickle.loads(path.read_bytes())  # noqa: S301  # see above
        if shape != _shape():
            raise ValueError("Another version of the fake wrote it.")
    except FileNotFoundError:
        return False
    except (pickle.PickleError, *_UNUSABLE) as error:
        _log.warning("The kept state in %s cannot be used: %s", path, error)
        return False
    with world.lock:
        world.reset()
        for name in _KEPT:
            setattr(world, name, kept[name])
    return True


def _shape() -> list[str]:
    """What the objects look like: those of another version would be half filled."""
    return [f"{kind.__name__}.{one.name}" for kind in _SHAPED for one in fields(kind)]


class _Pickler(pickle.Pickler):
    """Knows what cannot be written as it is: files on disk, threads."""

    def reducer_override(self, obj: Any) -> Any:
        """How these objects come back."""
        if isinstance(obj, Blob):
            return _blob, (obj.size, obj.quick_xor, obj.read(), obj.id)
        if isinstance(obj, BlobStore | Notifier):
            made: Callable[[], Any] = type(obj)
            return made, ()
        return NotImplemented


def _blob(size: int, quick_xor: str, data: bytes, name: str) -> Blob:
    return Blob(size=size, quick_xor=quick_xor, data=data, id=name)
