"""Is a request one that Microsoft's own description of Graph knows?"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
import yaml
from openapi_schema_validator import OAS30Validator

#: Documented headers that the description leaves out because every request may have them.
EVERYWHERE = {
    "accept",
    "accept-encoding",
    "authorization",
    "client-request-id",
    "connection",
    "content-length",
    "content-type",
    "user-agent",
}
#: Documented on the operation's own page only ("Access shared items").
ELSEWHERE = {"shares.driveItem.get": {"prefer"}}


@dataclass(frozen=True)
class Description:
    """The endpoints of Graph that we use, as Microsoft describes them."""

    path: Path
    seen: set[str] = field(default_factory=set)

    @cached_property
    def document(self) -> dict[str, Any]:
        return yaml.load(self.path.read_text(), Loader=yaml.CSafeLoader)

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """Most particular first, so that ``/me`` is not taken for ``/{id}``."""
        templates = sorted(self.document["paths"], key=_generality)
        return [(_pattern(template), template) for template in templates]

    def objections(self, request: requests.PreparedRequest, base_url: str) -> list[str]:
        """Everything about a request that the description does not know."""
        parts = urlsplit(request.url or "")
        path = parts.path.removeprefix(urlsplit(base_url).path)
        operation = self._operation(request.method or "", path)
        if operation is None:
            return [f"{request.method} {path} is not described"]
        return [
            f"{request.method} {path}: {objection}"
            for objection in (
                *self._query(operation, parts.query),
                *self._headers(operation, request),
                *self._body(operation, request),
            )
        ]

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, template in self._patterns:
            operations = self.document["paths"][template]
            if pattern.fullmatch(path) and method.lower() in operations:
                self.seen.add(f"{method} {template}")
                return operations[method.lower()]
        return None

    def _parameters(self, operation: dict[str, Any], place: str) -> dict[str, Any]:
        described = [self._resolved(each) for each in operation.get("parameters", [])]
        return {
            each["name"]: each["schema"] for each in described if each["in"] == place
        }

    def _query(self, operation: dict[str, Any], query: str) -> list[str]:
        known = self._parameters(operation, "query")
        objections = []
        for name, value in parse_qsl(
            query, keep_blank_values=True, strict_parsing=bool(query)
        ):
            if name not in known:
                objections.append(f"query {name}")
            elif value not in known[name].get("enum", [value]) or (
                known[name]["type"] == "integer" and not value.isdecimal()
            ):
                objections.append(f"query {name}={value}")
        return objections

    def _headers(self, operation: dict, request: requests.PreparedRequest) -> list[str]:
        known = {name.lower() for name in self._parameters(operation, "header")}
        known |= ELSEWHERE.get(operation["operationId"], set())
        return [
            f"header {name}"
            for name in request.headers
            if name.lower() not in known | EVERYWHERE
        ]

    def _body(self, operation: dict, request: requests.PreparedRequest) -> list[str]:
        described = operation.get("requestBody")
        content_type = request.headers.get("Content-Type")
        if described is None:
            return ["a body"] if request.body or content_type else []
        if request.body is None and content_type is None:
            return ["no body"] if described.get("required") else []
        media = described["content"].get(content_type)
        if media is None:
            return [f"Content-Type {content_type}"]
        if content_type != "application/json":
            return []
        return self._json(media["schema"], json.loads(request.body))

    def _json(self, schema: dict[str, Any], body: Any) -> list[str]:
        root = schema | {"components": self.document["components"]}
        objections = [each.message for each in OAS30Validator(root).iter_errors(body)]
        return objections + list(self._unknown(schema, body))

    def _unknown(self, schema: dict[str, Any], body: Any, where: str = "") -> Any:
        """Members no type has; annotations (``@…``) belong to every open type."""
        if not isinstance(body, dict):
            return
        known = self._properties(schema)
        for name, value in body.items():
            if name in known:
                yield from self._unknown(known[name], value, f"{where}{name}.")
            elif known and not name.startswith("@"):
                yield f"member {where}{name}"

    def _properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        schema = self._resolved(schema)
        known = dict(schema.get("properties", {}))
        for part in (*schema.get("allOf", []), *schema.get("anyOf", [])):
            known |= self._properties(part)
        return known

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            target: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = target
        return part


def _generality(template: str) -> tuple[int, int]:
    return template.count("{"), -len(template)


def _pattern(template: str) -> re.Pattern[str]:
    # A path of an item goes over several parts, a name or an id over one. Neither
    # holds a bare colon, which is what ends a path.
    expression = re.escape(unquote(template)).replace(r"\{item\-path\}", r"[^:]+")
    return re.compile(re.sub(r"\\\{[^}]+\\\}", r"[^/:]+", expression))
