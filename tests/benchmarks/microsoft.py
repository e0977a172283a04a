"""The fake Microsoft in a process of its own."""

from __future__ import annotations

from typing import Any

from wagtail_m365.testing import FakeMicrosoft

from . import watched_drive
from .processes import serve

REDIRECT_URI = "http://localhost/admin/m365/oauth/callback/"


def main() -> None:
    with FakeMicrosoft() as microsoft:
        microsoft.app.add_redirect_uri(REDIRECT_URI)
        person = microsoft.add_account("ada@contoso.example", "Ada Lovelace")

        def sign_in(url: str) -> str:
            return microsoft.sign_in(url, person)

        def behave(*, latency: float, strict_rotation: bool) -> None:
            """From now on, each answer with a token takes so many real seconds."""
            microsoft.world.faults.clear()
            microsoft.options.strict_rotation = strict_rotation
            microsoft.fail(
                "slow",
                times=1_000_000,
                service="identity",
                method="POST",
                delay=latency,
            )

        def token_requests() -> int:
            """How many were made since they were last counted."""
            made = [one for one in microsoft.requests if one.path.endswith("/token")]
            microsoft.clear_requests()
            return len(made)

        commands: dict[str, Any] = {
            "settings": microsoft.settings,
            "sign_in": sign_in,
            "behave": behave,
            "token_requests": token_requests,
        }
        serve(commands | watched_drive.commands(microsoft, person))


if __name__ == "__main__":
    main()
