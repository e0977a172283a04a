"""Counts what a person does at the site: screens, clicks, and fields that are filled in."""

from __future__ import annotations

from urllib.parse import urlsplit

from .story import Person

_LISTEN = """
addEventListener("click", (event) => {
  const on = event.target.closest("a, button, label, input");
  if (event.isTrusted && on) tally("click", location.origin, on.textContent.trim());
}, true);
addEventListener("change", (event) => {
  tally("field", location.origin, event.target.name);
}, true);
"""


class Tally:
    """What one person has done at the site, not at Microsoft, since it was made."""

    def __init__(self, person: Person) -> None:
        self.site = person.demo.site
        self.screens: list[str] = []
        self.clicks: list[str] = []
        self.fields: list[str] = []
        person.page.expose_function("tally", self._note)
        person.page.add_init_script(_LISTEN)
        person.page.on("framenavigated", self._arrive)

    def _note(self, kind: str, origin: str, name: str) -> None:
        if origin == self.site:
            (self.clicks if kind == "click" else self.fields).append(name)

    def _arrive(self, frame) -> None:
        path = urlsplit(frame.url).path
        ours = frame.parent_frame is None and frame.url.startswith(self.site)
        # A page that answers a form at its own address is the same screen.
        if ours and path not in self.screens[-1:]:
            self.screens.append(path)
