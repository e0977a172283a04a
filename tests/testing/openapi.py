"""Holds answers of the fake against Microsoft's own description of Graph."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

NAME = "graph-openapi.yaml"
_BASE = "urn:graph"
#: Types to which the service adds properties that the description does not name.
OPEN = {"identity"}


def find() -> Path | None:
    """The file: named by the environment, or beside the repository."""
    if named := os.environ.get("WAGTAIL_M365_GRAPH_OPENAPI"):
        return Path(named)
    beside = Path(__file__).parents[3] / "shared" / NAME
    return beside if beside.exists() else None


class Description:
    """The OpenAPI document."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self.document = yaml.load(stream, Loader=yaml.CSafeLoader)

    @cached_property
    def operations(self) -> list[tuple[re.Pattern[str], str, str, dict[str, Any]]]:
        """Pattern, template, method and description of each operation."""
        found = []
        for template, path in self.document["paths"].items():
            pattern = _pattern(template)
            methods = {"get", "put", "post", "patch", "delete"} & set(path)
            found.extend((pattern, template, name, path[name]) for name in methods)
        found.sort(key=lambda one: one[1].count("{"))
        return found

    def operation(self, method: str, url: str) -> tuple[str, dict[str, Any]] | None:
        path = unquote(urlsplit(url).path).removeprefix("/v1.0")
        for pattern, template, verb, operation in self.operations:
            if verb == method.lower() and pattern.fullmatch(path):
                return template, operation
        return None

    def faults(self, response: requests.Response) -> list[str]:
        """What is wrong with an answer; nothing if the description does not know it."""
        found = self.operation(response.request.method or "", response.url)
        if found is None:
            return []
        template, operation = found
        status = str(response.status_code)
        described = operation["responses"].get(status) or operation["responses"].get(
            f"{status[0]}XX"
        )
        if described is None:
            return [f"{template}: no answer {status} is described"]
        described = self._resolved(described)
        content = described.get("content", {}).get("application/json")
        if content is None:
            return [f"{template}: {status} has a body"] if response.content else []
        body = response.json()
        errors = self._validator(content["schema"]).iter_errors(body)
        faults = [
            f"{template}: {error.json_path}: {error.message}"
            for error in errors
            # Microsoft's own error dates have no time zone.
            if error.json_path != "$.error.innerError.date"
        ]
        return faults + list(self._undeclared(content["schema"], body, template))

    def _validator(self, schema: dict[str, Any]) -> OAS30Validator:
        return OAS30Validator(
            _absolute(schema),
            registry=self._registry,
            format_checker=OAS30Validator.FORMAT_CHECKER,
        )

    @cached_property
    def _registry(self) -> Any:
        resource = Resource.from_contents(self.document, DRAFT4)
        return Registry().with_resource(_BASE, resource)

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _undeclared(self, schema: dict[str, Any], value: Any, where: str) -> Any:
        """Properties that Microsoft's types do not have."""
        schema = self._resolved(schema)
        if isinstance(value, list):
            for one in value:
                yield from self._undeclared(schema.get("items", {}), one, f"{where}[]")
        if isinstance(value, dict):
            yield from self._undeclared_members(schema, value, where)

    def _undeclared_members(
        self, schema: dict[str, Any], value: dict[str, Any], where: str
    ) -> Any:
        known = dict(self._properties(schema))
        is_open = not known or schema.get("title") in OPEN
        for name, one in value.items():
            if name in known:
                for part in self._parts(known[name]):
                    yield from self._undeclared(part, one, f"{where}.{name}")
            elif not is_open and not name.startswith("@"):
                yield f"{where}: {name} is not declared"

    def _parts(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """The type itself, or the one of which a property may also be null."""
        schema = self._resolved(schema)
        return [self._resolved(one) for one in schema.get("anyOf", ())][:1] or [schema]

    def _properties(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        yield from schema.get("properties", {}).items()
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
            yield from self._properties(part)


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"{_BASE}{one}" if key == "$ref" else _absolute(one)
            for key, one in schema.items()
        }
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema


def _pattern(template: str) -> re.Pattern[str]:
    expression = re.escape(template)
    expression = expression.replace(r"\{item\-path\}", r"[^:]+")
    return re.compile(re.sub(r"\\\{[^}]+\\\}", r"[^/:]+", expression))
