"""Which names OneDrive and SharePoint refuse.

Source: Microsoft support, "Restrictions and limitations in OneDrive and SharePoint".
"""

from __future__ import annotations

import re

from .graph_errors import GraphError, invalid_request

#: Characters of a whole decoded path.
LONGEST_PATH = 400
LONGEST_NAME = 255

_FORBIDDEN = re.compile(r'["*:<>?/\\|\x00-\x1f\x7f]')
_RESERVED = {".lock", "con", "prn", "aux", "nul", "desktop.ini"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}


def check_name(name: str, *, in_root_of_library: bool = False) -> None:
    """Refuse what cannot be a name of a file or folder.

    Raises:
        GraphError: 400 ``invalidRequest``, with the reason in the message.
    """
    reason = _fault(name, in_root_of_library=in_root_of_library)
    if reason:
        raise invalid_request(f"The name is not valid: {reason}", "invalidResourceName")


def check_path(path: str) -> None:
    """Refuse a path that is too long.

    Raises:
        GraphError: 400 ``invalidRequest`` with inner code ``pathIsTooLong``.
    """
    if len(path) > LONGEST_PATH:
        raise path_too_long()


def path_too_long() -> GraphError:
    """The refusal of a path of more than 400 characters."""
    return invalid_request(
        f"The path is longer than {LONGEST_PATH} characters", "pathIsTooLong"
    )


def _fault(name: str, *, in_root_of_library: bool) -> str:
    lowered = name.casefold()
    faults = {
        "it is empty": not name.strip(),
        "it has a character that is not allowed": _FORBIDDEN.search(name),
        "it begins or ends with a space": name != name.strip(" "),
        "it ends with a dot": name.endswith("."),
        "it begins with ~$": name.startswith("~$"),
        "it is reserved": lowered in _RESERVED,
        "_vti_ is reserved": "_vti_" in lowered,
        "forms is reserved here": in_root_of_library and lowered == "forms",
        "it is too long": len(name) > LONGEST_NAME,
    }
    return next((reason for reason, found in faults.items() if found), "")
