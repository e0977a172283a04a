"""Which files Office for the web can edit, and which application does.

Microsoft: "File formats supported in Office for the web", "Office URI schemes".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath


class App(StrEnum):
    """An Office application; its value is what people call it."""

    WORD = "Word"
    EXCEL = "Excel"
    POWERPOINT = "PowerPoint"


#: Application → scheme that opens a file in the desktop application.
URI_SCHEMES = {
    App.WORD: "ms-word",
    App.EXCEL: "ms-excel",
    App.POWERPOINT: "ms-powerpoint",
}
_MEGABYTE = 1024 * 1024
# What Office for the web edits; larger ones can only be edited on the desktop.
_BROWSER_LIMITS = {
    App.WORD: 100 * _MEGABYTE,
    App.EXCEL: 100 * _MEGABYTE,
    App.POWERPOINT: 2048 * _MEGABYTE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of Office file."""

    #: Lower case, without a dot.
    extension: str
    app: App
    #: Kept inside a zip whose parts can be compared (Office Open XML).
    is_package: bool = True

    @property
    def browser_limit(self) -> int:
        """Bytes up to which Office for the web edits it."""
        return _BROWSER_LIMITS[self.app]

    def desktop_url(self, web_dav_url: str) -> str:
        """Opens the file for editing in the desktop application."""
        return f"{URI_SCHEMES[self.app]}:ofe|u|{web_dav_url}"


def _formats(app: App, *extensions: str) -> dict[str, Format]:
    return {each: Format(extension=each, app=app) for each in extensions}


_EDITABLE = (
    _formats(App.WORD, "docx", "docm")
    | _formats(App.EXCEL, "xlsx", "xlsm")
    | _formats(App.POWERPOINT, "pptx", "pptm", "ppsx", "ppsm")
    | {
        "xlsb": Format(extension="xlsb", app=App.EXCEL),
        "odt": Format(extension="odt", app=App.WORD),
        "ods": Format(extension="ods", app=App.EXCEL),
        "odp": Format(extension="odp", app=App.POWERPOINT),
    }
)
#: Formats of Office 97–2003, which Office for the web only shows → the one to save as.
_LEGACY = {
    "doc": "docx",
    "dot": "docx",
    "xls": "xlsx",
    "xlt": "xlsx",
    "ppt": "pptx",
    "pot": "pptx",
    "pps": "ppsx",
}


def extension_of(filename: str) -> str:
    """The extension in lower case, without its dot; ``""`` for none."""
    return PurePosixPath(filename).suffix[1:].lower()


def editable(filename: str) -> Format | None:
    """The format, if Office for the web edits it."""
    return _EDITABLE.get(extension_of(filename))


def legacy_successor(filename: str) -> str:
    """The extension that an old Office file should be saved as; ``""`` for others."""
    return _LEGACY.get(extension_of(filename), "")


def extensions() -> tuple[str, ...]:
    """Every extension that can be opened for editing, sorted."""
    return tuple(sorted(_EDITABLE))
