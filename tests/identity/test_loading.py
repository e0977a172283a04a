from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = "('msal', 'requests', 'urllib3', 'cryptography', 'jwt', 'django')"


def _loaded_after(statement: str) -> str:
    code = f"{statement}; import sys; print([m for m in {_HEAVY} if m in sys.modules])"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    return shown.stdout.strip()


@pytest.mark.parametrize(
    "module",
    ["identity", "identity.client", "identity.memory", "crypto", "http", "errors"],
)
def test_loading_a_room_loads_nothing_heavy(module: str) -> None:
    assert _loaded_after(f"import wagtail_m365.{module}") == "[]"


def test_making_a_client_loads_nothing_heavy() -> None:
    made = (
        "from wagtail_m365.identity.client import IdentityClient;"
        "from wagtail_m365.identity.clouds import resolve;"
        "from wagtail_m365.identity.registration import Registration;"
        "IdentityClient(Registration(client_id='x', tenant='common',"
        " cloud=resolve('global'), credential=None))"
    )
    assert _loaded_after(made) == "[]"
