"""One call to Graph: who calls, with which token, and what it is about."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from werkzeug.wrappers import Request, Response

from . import item_json
from .addressing import Address
from .faults import Fault
from .graph_errors import item_not_found, locked, modified, name_taken
from .graph_state import GraphState
from .items import Author, Item
from .odata import (
    ENTITY_OPTIONS,
    LIST_OPTIONS,
    PAGE_SIZE,
    Json,
    check_options,
    link,
    page,
    reduce,
)
from .state import IssuedToken, World
from .tree import Drive

DOWNLOADS_LAST = timedelta(hours=1)
CONTEXT = "@odata.context"


@dataclass(kw_only=True, eq=False)
class Call:
    """A request that was let in.

    Attributes:
        token: None on the storage host, whose addresses are pre-authenticated.
        by: The account, through the application, as authors are noted.
        address: What the URL names, for drives and their items.
        drive: The drive that is meant.
        anchor: The item from which the address goes on by names.
    """

    request: Request
    world: World
    state: GraphState
    token: IssuedToken | None
    by: Author
    address: Address | None = None
    found_drive: Drive | None = None
    anchor: Item | None = None

    @property
    def drive(self) -> Drive:
        """The drive of the address."""
        if self.found_drive is None:
            raise item_not_found()
        return self.found_drive

    @property
    def segments(self) -> tuple[str, ...]:
        """Names below the anchor."""
        return self.address.segments if self.address else ()

    @cached_property
    def item(self) -> Item:
        """The item of the address.

        Raises:
            GraphError: 404.
        """
        item = self.anchor and self.drive.find(self.anchor, self.segments)
        if item is None or (item.visible_to and item.visible_to != self.by.id):
            raise item_not_found()
        return item

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.state.now()

    @property
    def origin(self) -> str:
        """Where Graph is, also for a request to the storage host."""
        if self.token is not None:
            return self.request.host_url.rstrip("/")
        return f"{self.request.scheme}://127.0.0.1:{self._port}"

    def storage_url(self, path: str) -> str:
        """An address on Microsoft's storage, another host than Graph."""
        return f"{self.request.scheme}://localhost:{self._port}/storage/{path}"

    @property
    def _port(self) -> str:
        return self.request.host.rpartition(":")[2]

    def place(self) -> tuple[Item, str]:
        """Folder and name to which content goes; missing folders are made.

        OneDrive makes the folders of a path when a file is put there.
        """
        if self.anchor is None:
            raise item_not_found()
        if not self.segments:
            item = self.item
            if item.parent is None:
                raise name_taken("A folder of this name exists.")
            return item.parent, item.name
        *folders, name = self.segments
        parent = self.anchor
        for folder in folders:
            there = parent.child(folder)
            parent = there or self.drive.create_folder(parent, folder, self.by)
        return parent, name

    def writable(self) -> Item:
        """The item of the address, which this call may change.

        Raises:
            GraphError: 404, 412 or 423.
        """
        self.check_match(self.item)
        self.strike()
        return self.item

    def check_match(self, item: Item) -> None:
        """Hold ``If-Match`` against the item.

        Raises:
            GraphError: 412.
        """
        wanted = self.request.headers.get("If-Match", "").strip()
        if wanted and not item_json.is_tag(self.drive, item, wanted):
            raise modified()

    def is_known(self, item: Item) -> bool:
        """Whether ``If-None-Match`` names a tag of the item."""
        known = self.request.headers.get("If-None-Match", "").strip()
        return bool(known) and item_json.is_tag(self.drive, item, known)

    def strike(self) -> None:
        """Let the faults happen that were ordered for changes of an item.

        Raises:
            GraphError: 412 or 423.
        """
        if self.fault("locked"):
            raise locked()
        if "If-Match" in self.request.headers and self.fault("precondition_failed"):
            raise modified()

    def in_drive(self, drive: Drive) -> Call:
        """The same call, about another drive."""
        return replace(self, found_drive=drive)

    def download_url(self, drive: Drive, item: Item, version: int = 0) -> str:
        """A pre-authenticated address on the storage host.

        It leads to the version of this number; 0: to the content as it is then.
        """
        expires = int((self.now + DOWNLOADS_LAST).timestamp())
        text = json.dumps([drive.id, item.id, version, expires])
        payload = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        signature = self.state.sign(payload)
        return self.storage_url(f"download/{payload}.{signature}")

    @cached_property
    def item_names(self) -> set[str]:
        """The properties of drive items that ``$select`` names.

        Raises:
            GraphError: 400 for one that they do not have.
        """
        return item_json.select(self.request)

    def item_json(
        self, item: Item, drive: Drive | None = None, names: set[str] | None = None
    ) -> Json:
        """The item as this call's ``$select`` wants it, or with these properties."""
        drive = drive or self.drive
        names = self.item_names if names is None else names
        url = "" if item.is_folder else self.download_url(drive, item)
        entity = item_json.item_json(self.origin, drive, item, url)
        if names:
            return reduce(entity, names)
        return {k: v for k, v in entity.items() if k not in item_json.ON_REQUEST}

    def answer(self, entity: Json, context: str, status: int = 200) -> Response:
        """One entity, with its OData context."""
        body = {CONTEXT: self.context(f"{context}/$entity")} | entity
        return json_response(body, status)

    def answer_item(
        self,
        item: Item,
        status: int = 200,
        told: Callable[[Item], Json] | None = None,
    ) -> Response:
        """One drive item."""
        entity = (told or self.item_json)(item)
        answer = self.answer(entity, self._items_context, status)
        answer.headers["ETag"] = item_json.etag(self.drive, item)
        if status == 201:  # noqa: PLR2004 - HTTP
            at = f"{self.origin}/v1.0/drives/{self.drive.id}/items/{item.id}"
            answer.headers["Location"] = at
        return answer

    def answer_list(
        self,
        rows: Sequence[Any],
        to_json: Callable[[Any], Json],
        context: str = "",
        options: Sequence[str] = (),
        size: int = PAGE_SIZE,
    ) -> Response:
        """A page of a collection, with the link to the next.

        ``options`` are query parameters beside the usual ones, ``size`` is the number of
        rows a page if ``$top`` does not say.
        """
        check_options(self.request, (*LIST_OPTIONS, *options))
        one = page(self.request, rows, size)
        body: Json = {CONTEXT: self.context(context or self._items_context)}
        if self.request.args.get("$count") == "true":
            body["@odata.count"] = len(rows)
        body["value"] = [to_json(row) for row in one.value]
        if one.next_token:
            body["@odata.nextLink"] = self.next_link(**{"$skiptoken": one.next_token})
        return json_response(body)

    def answer_items(
        self,
        rows: Sequence[Item],
        to_json: Callable[[Item], Json] | None = None,
        options: Sequence[str] = (),
    ) -> Response:
        """A page of drive items."""
        check_options(self.request, (*LIST_OPTIONS, *options))
        _ = self.item_names
        return self.answer_list(rows, to_json or self.item_json, options=options)

    def next_link(self, **changes: str) -> str:
        """A link to more of this answer."""
        address = link(self.request, **changes)
        if self.fault("next_link_on_foreign_host"):
            return address.replace(self.origin, "https://graph.example.com")
        return address

    def options(self, allowed: Collection[str] = ENTITY_OPTIONS) -> None:
        """Refuse query parameters that this call does not have."""
        check_options(self.request, allowed)

    def context(self, what: str) -> str:
        """The value of ``@odata.context``."""
        return f"{self.origin}/v1.0/$metadata#{what}"

    def fault(self, name: str) -> Fault | None:
        """The fault of this name, if it was ordered for a call like this."""
        return self.world.faults.take(name, self.request, self.by.id)

    @property
    def _items_context(self) -> str:
        return f"drives('{self.drive.id}')/items"


def state_of(world: World) -> GraphState:
    """What Graph remembers in this world, made on first use."""
    with world.lock:
        state = world.extras.get("graph")
        if not isinstance(state, GraphState):
            state = GraphState(now=world.clock.now, drives=world.drives)
            world.extras["graph"] = state
        return state


def json_response(body: Any, status: int = 200) -> Response:
    """JSON as Graph sends it."""
    return Response(
        json.dumps(body),
        status=status,
        content_type=(
            "application/json;odata.metadata=minimal;odata.streaming=true;"
            "IEEE754Compatible=false;charset=utf-8"
        ),
    )


def no_content() -> Response:
    """204."""
    return Response(status=204)
