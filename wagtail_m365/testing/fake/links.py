"""How the fake writes the address of a sharing link."""

from __future__ import annotations

from .items import Grant


def link_address(origin: str, grant: Grant) -> str:
    """The address of a sharing link; ``origin`` is that of the fake."""
    return f"{origin}/word/s/{grant.token}"
