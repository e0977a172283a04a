"""What happens in the folder that the site watches."""

from __future__ import annotations

from typing import Any


def commands(microsoft: Any, person: Any) -> dict[str, Any]:
    def fill(count: int, taken: int) -> dict[str, str]:
        """So many files in the folder “Watched”, of which so many are PDF."""
        drive = microsoft.drive(person)
        for number in range(count):
            kind = "pdf" if number < taken else "txt"
            path = f"Watched/{number % 100}/{number}.{kind}"
            drive.put(path, b"%d" % number)
        return {"drive": drive.drive.id, "folder": drive.item("Watched").id}

    def change(count: int) -> None:
        """A colleague saves so many of them."""
        drive = microsoft.drive(person)
        for number in range(count):
            drive.edit(f"Watched/{number % 100}/{number}.pdf", b"new %d" % number)

    def graph_requests() -> int:
        """How many were made since they were last counted."""
        made = [one for one in microsoft.requests if "/token" not in one.path]
        microsoft.clear_requests()
        return len(made)

    return {"fill": fill, "change": change, "graph_requests": graph_requests}
