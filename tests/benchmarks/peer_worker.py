"""A process that moves files as another package's documentation shows it.

Each is asked for the fragments and pieces that ours and the bare loop use, where it can
be asked at all, and none of them waits between its requests.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from .processes import serve

FRAGMENT = 32 * 320 * 1024
_PIECE = 1024 * 1024
_NAME = "file.bin"


class Peer(Protocol):
    def send(self, path: Path) -> None: ...

    def fetch(self, size: int, target: Path) -> None: ...


class O365:
    def __init__(self, base: str) -> None:
        from O365 import Connection, MSGraphProtocol
        from O365.drive import Drive
        from O365.utils.token import MemoryTokenBackend

        class Plain(MSGraphProtocol):
            _protocol_url = f"{base}/"

        connection = Connection(
            ("client", "secret"), requests_delay=0, token_backend=MemoryTokenBackend()
        )
        connection.session = connection.get_session()
        connection.session.headers["Authorization"] = "Bearer token"
        self._drive = Drive(con=connection, protocol=Plain(), main_resource="")

    def _item(self, kind: str, **data: Any) -> Any:
        from O365 import drive

        item = {"__cloud_data__": {"id": kind.lower(), "name": _NAME, **data}}
        return getattr(drive, kind)(parent=self._drive, **item)

    def send(self, path: Path) -> None:
        folder = self._item("Folder", folder={})
        assert folder.upload_file(path, item_name=_NAME, chunk_size=FRAGMENT)

    def fetch(self, size: int, target: Path) -> None:
        file = self._item("File", file={}, size=size)
        assert file.download(target.parent, target.name, chunk_size=_PIECE)


class MicrosoftGraphSdk:
    def __init__(self, base: str) -> None:
        from kiota_abstractions.authentication import AnonymousAuthenticationProvider
        from msgraph import GraphRequestAdapter, GraphServiceClient

        self._adapter = GraphRequestAdapter(AnonymousAuthenticationProvider())
        self._adapter.base_url = f"{base}/v1.0"
        self._items = GraphServiceClient(request_adapter=self._adapter).drives
        self._loop = asyncio.new_event_loop()

    def _item(self, name: str) -> Any:
        return self._items.by_drive_id("drive").items.by_drive_item_id(name)

    def send(self, path: Path) -> None:
        self._loop.run_until_complete(self._send(path))

    async def _send(self, path: Path) -> None:
        from msgraph.generated.drives.item.items.item.create_upload_session.create_upload_session_post_request_body import (
            CreateUploadSessionPostRequestBody as Body,
        )
        from msgraph_core.tasks.large_file_upload import LargeFileUploadTask

        session = await self._item(f"root:/{_NAME}:").create_upload_session.post(Body())
        with path.open("rb") as file:
            task = LargeFileUploadTask(
                session, self._adapter, file, max_chunk_size=FRAGMENT
            )
            await task.upload()

    def fetch(self, size: int, target: Path) -> None:
        target.write_bytes(
            self._loop.run_until_complete(self._item("item").content.get())
        )


class Office365Rest:
    def __init__(self, base: str) -> None:
        from office365.graph_client import GraphClient

        def elsewhere(request: Any) -> None:
            request.url = request.url.replace("https://graph.microsoft.com", base)

        def token() -> dict[str, str]:
            return {"token_type": "Bearer", "access_token": "token"}

        self._client, self._elsewhere = GraphClient(token), elsewhere

    def _item(self, name: str) -> Any:
        return self._client.drives["drive"].items[name]

    def _run(self, asked: Any) -> None:
        # It knows Microsoft's addresses only; its own hook puts another one there.
        asked.before_execute(self._elsewhere).execute_query()

    def send(self, path: Path) -> None:
        self._run(self._item("root").resumable_upload(str(path), FRAGMENT))

    def fetch(self, size: int, target: Path) -> None:
        with target.open("wb") as file:
            self._run(self._item("item").download_session(file, chunk_size=_PIECE))


_PEERS: dict[str, Callable[[str], Peer]] = {
    "O365": O365,
    "msgraph-sdk": MicrosoftGraphSdk,
    "Office365-REST-Python-Client": Office365Rest,
}
_state: dict[str, Any] = {}


def point(peer: str, port: int, folder: str) -> None:
    """Which package, where everything goes to, and where the files are."""
    _state["peer"] = _PEERS[peer](f"http://localhost:{port}")
    _state["folder"] = Path(folder)


def timed(what: str, name: str, size: int) -> float:
    """Seconds for one file."""
    path: Path = _state["folder"] / name
    target = path.with_suffix(".fetched")
    peer: Peer = _state["peer"]
    begun = time.perf_counter()
    if what == "send":
        peer.send(path)
    else:
        peer.fetch(size, target)
    seconds = time.perf_counter() - begun
    assert what == "send" or target.stat().st_size == size
    return seconds


def peak() -> int:
    """KiB that this process has held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    serve({"point": point, "timed": timed, "peak": peak})
