"""The pages on which a person plays Word."""

from __future__ import annotations

from werkzeug.routing import Rule

RULES: list[Rule] = []
