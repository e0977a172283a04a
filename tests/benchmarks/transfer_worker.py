"""A process that sends and fetches files: through our client, and by a bare loop."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import requests
from django.core.files.storage import FileSystemStorage

from wagtail_m365.graph.client import GraphClient, connect
from wagtail_m365.graph.downloads import download
from wagtail_m365.graph.quickxor import QuickXorHash
from wagtail_m365.graph.types import DriveItem, Hashes
from wagtail_m365.graph.upload_sessions import FRAGMENT
from wagtail_m365.graph.uploads import upload
from wagtail_m365.http import HttpOptions

from .processes import serve

#: What a bare loop reads at a time.
_PIECE = 1024 * 1024

_state: dict[str, Any] = {}


def _token(**more: Any) -> str:
    return "a token"


def point(port: int, folder: str, pool: int = 10) -> None:
    """Where everything goes to, and where the files are."""
    _state["client"] = connect(
        f"http://127.0.0.1:{port}/v1.0",
        _token,
        HttpOptions(pool_size=pool),
        allow_insecure_loopback=True,
    )
    session = _state["session"] = requests.Session()
    session.trust_env = False
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=pool)
    session.mount("http://", adapter)
    _state["base"] = f"http://localhost:{port}"
    _state["storage"] = FileSystemStorage(folder)


def hashed(name: str) -> str:
    """QuickXorHash of a file of the storage."""
    digest = QuickXorHash()
    with _storage().open(name) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.base64()


def _storage() -> FileSystemStorage:
    storage: FileSystemStorage = _state["storage"]
    return storage


def send(name: str, size: int) -> None:
    with _storage().open(name) as file:
        _upload(_state["client"], file, size)


def _upload(client: GraphClient, file: BinaryIO, size: int) -> None:
    item = upload(
        client,
        file,
        size=size,
        drive_id="drive",
        parent_id="folder",
        name="file.bin",
        conflict="replace",
    )
    assert item.size == size


def send_bare(name: str, size: int) -> None:
    """The same requests, with nothing that makes them safe."""
    if size <= 4 * 1024 * 1024:
        with _storage().open(name) as file:
            _put("/v1.0/content", file.read())
        return
    session: requests.Session = _state["session"]
    url = session.post(f"{_state['base']}/v1.0/x:/createUploadSession").json()
    with _storage().open(name) as file:
        at = 0
        while fragment := file.read(FRAGMENT):
            last = at + len(fragment) - 1
            session.put(
                url["uploadUrl"],
                data=fragment,
                headers={"Content-Range": f"bytes {at}-{last}/{size}"},
            ).raise_for_status()
            at = last + 1


def _put(path: str, content: bytes) -> None:
    session: requests.Session = _state["session"]
    session.put(_state["base"] + path, data=content).raise_for_status()


def fetch(name: str, size: int, quick_xor: str) -> None:
    item = DriveItem(
        id="item",
        name="file.bin",
        drive_id="drive",
        size=size,
        hashes=Hashes(quick_xor=quick_xor),
    )
    with _target(name) as target:
        assert download(_state["client"], item, target, sha256=False).size == size


def fetch_bare(name: str, size: int, quick_xor: str) -> None:
    """The same requests, with nothing that makes them safe."""
    session: requests.Session = _state["session"]
    with (
        session.get(f"{_state['base']}/v1.0/content", stream=True) as response,
        _target(name) as target,
    ):
        for piece in response.iter_content(_PIECE):
            target.write(piece)
        assert target.tell() == size


def _target(name: str) -> Any:
    return (Path(_storage().location) / f"{name}.fetched").open("wb")


def many(count: int, size: int, at_once: int) -> None:
    """Files one by one, so many at a time."""
    client, content = _state["client"], bytes(size)
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda _: _upload(client, BytesIO(content), size), range(count)))


def many_bare(count: int, size: int, at_once: int) -> None:
    content = bytes(size)
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda _: _put("/v1.0/content", content), range(count)))


def timed(what: str, times: int = 1, **arguments: Any) -> float:
    """Seconds for one."""
    work = _WAYS[what]
    begun = time.perf_counter()
    for _ in range(times):
        work(**arguments)
    return (time.perf_counter() - begun) / times


def peak() -> int:
    """KiB that this process has held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


_WAYS: dict[str, Callable[..., None]] = {
    "send": send,
    "send_bare": send_bare,
    "fetch": fetch,
    "fetch_bare": fetch_bare,
    "many": many,
    "many_bare": many_bare,
}


if __name__ == "__main__":
    serve({"point": point, "hashed": hashed, "timed": timed, "peak": peak})
