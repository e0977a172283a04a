"""One upload session: fragment after fragment, from what the server says it has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from wagtail_m365.errors import (
    Forbidden,
    GraphError,
    ItemNotFound,
    M365Error,
    ResyncRequired,
    TemporarilyUnavailable,
    UploadSessionLost,
)
from wagtail_m365.redaction import Secret

from .answers import UNREADABLE
from .rest import Rest, json_of
from .sources import Fragment, Source
from .transport import GraphTransport
from .types import UploadSession, range_starts

BINARY = "application/octet-stream"
#: Bytes per fragment: 32 × 320 KiB. Microsoft takes multiples of 320 KiB and
#: recommends 5 to 10 MiB (driveItem: createUploadSession).
FRAGMENT = 32 * 320 * 1024
# Faults that bring not one byte further, one after the other, before giving up.
_FRUITLESS = 4
_ENDED = (ItemNotFound, Forbidden, ResyncRequired)


class SessionUpload:
    """Sends a source to one upload session until Microsoft answers with the item."""

    def __init__(
        self,
        client: Rest,
        session: UploadSession,
        source: Source,
        progress: Callable[[int], None],
        alive: Callable[[], None],
        *,
        resumable: bool = False,
    ) -> None:
        self._transport = client.transport
        self._url = session.url
        self._source = source
        self._progress = progress
        self._alive = alive
        self._resumable = resumable
        self._position = 0
        self._fruitless = 0

    def resume(self) -> Mapping[str, Any]:
        """Go on in a session that already has a part.

        Raises:
            UploadSessionLost: The session has ended.
        """
        self._ask_position()
        return self.run()

    def run(self) -> Mapping[str, Any]:
        """Send everything that is missing; gives the item as JSON.

        Raises:
            UploadSessionLost: The session ended before the last byte arrived.
            TemporarilyUnavailable: Faults without end; the session is kept.
            M365Error: Anything else; the session is cancelled. Where somebody can
                resume it, no other exception ends it.
        """
        try:
            while not (item := self._next_fragment()):
                self._progress(self._position)
        except (UploadSessionLost, TemporarilyUnavailable):
            raise
        except Exception as error:
            if isinstance(error, M365Error) or not self._resumable:
                cancel(self._transport, self._url)
            raise
        return item

    def _next_fragment(self) -> Mapping[str, Any] | None:
        fragment = self._source.at(self._position)
        try:
            answer = self._send(fragment)
        except _ENDED as error:
            raise _lost() from error
        except TemporarilyUnavailable as error:
            self._recover(error)
            return None
        except GraphError as error:
            # The server already has these bytes, or nobody knows whether it has them.
            taken = error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            if not (taken or error.code == UNREADABLE):
                raise
            self._recover(error)
            return None
        if answer.get("id"):
            return answer
        self._move_to(answer.get("nextExpectedRanges"), len(fragment))
        return None

    def _send(self, fragment: memoryview) -> dict[str, Any]:
        last = self._position + len(fragment) - 1
        return json_of(
            self._transport.storage(
                "PUT",
                self._url,
                headers={
                    "Content-Type": BINARY,
                    "Content-Range": f"bytes {self._position}-{last}/{self._source.size}",
                },
                body=Fragment(fragment, self._alive, self._source.sent),
                # Sent twice, a fragment is an error: ask first what has arrived.
                repeatable=False,
            )
        )

    def _move_to(self, ranges: Any, sent: int) -> None:
        starts = range_starts(ranges)
        position = starts[0] if starts else self._position + sent
        if not starts and position == self._source.size:
            raise _lost()  # all was sent, and no item came of it that was told
        self._note_advance(position)

    def _recover(self, error: M365Error) -> None:
        """After a fault: go on from what the server says it has."""
        before = self._position
        self._ask_position()
        if self._position <= before:
            self._fruitless += 1
        if self._fruitless >= _FRUITLESS:
            raise error

    def _ask_position(self) -> None:
        try:
            status = json_of(self._transport.storage("GET", self._url))
        except _ENDED as error:
            raise _lost() from error
        starts = range_starts(status.get("nextExpectedRanges"))
        if not starts:
            raise _lost()
        self._note_advance(starts[0])

    def _note_advance(self, position: int) -> None:
        if position > self._source.size:
            raise _lost()
        if position > self._position:
            self._fruitless = 0
        self._position = position


def cancel(transport: GraphTransport, address: Secret) -> None:
    """End a session: its name is free at once, and not only when it expires."""
    with contextlib.suppress(M365Error):  # it expires by itself
        transport.storage("DELETE", address).close()


def _lost() -> UploadSessionLost:
    return UploadSessionLost("The upload session ended before the file was complete.")
