"""SharePoint sites and their document libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from . import addresses
from .answers import Json
from .rest import Rest
from .types import DRIVE_FIELDS, Drive, text

_SITE_FIELDS = "id,name,displayName,webUrl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A SharePoint site; also behind every team of Microsoft Teams."""

    id: str
    name: str = ""
    display_name: str = ""
    web_url: str = ""

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            id=text(json, "id"),
            name=text(json, "name"),
            display_name=text(json, "displayName") or text(json, "name"),
            web_url=text(json, "webUrl"),
        )


class Sites:
    """Finds sites and their libraries; personal accounts have none (an error)."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def search(self, words: str) -> Iterator[Site]:
        """Sites whose name or description holds these words; ``"*"``: all."""
        params = {"search": words or "*", "$select": _SITE_FIELDS}
        return map(Site.from_json, self._rest.values("/sites", params))

    def get(self, site_id: str) -> Site:
        path = f"/sites/{addresses.segment(site_id)}"
        return Site.from_json(self._rest.get(path, params={"$select": _SITE_FIELDS}))

    def drives(self, site_id: str) -> Iterator[Drive]:
        """The document libraries of a site."""
        path = f"/sites/{addresses.segment(site_id)}/drives"
        params = {"$select": DRIVE_FIELDS}
        return map(Drive.from_json, self._rest.values(path, params))
