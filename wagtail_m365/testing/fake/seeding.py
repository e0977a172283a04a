"""With what a new world begins."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from .directory import ClientSecret
from .state import World

DOMAIN = "contoso.onmicrosoft.com"
#: Of the demo's ids: they are the same each time, so that a site stays connected.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "fake-microsoft.invalid")
DEMO_PASSWORD = "password"
#: User name, name, and what else is special of the demo's accounts.
DEMO_ACCOUNTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (f"editor@{DOMAIN}", "Edith Editor", {}),
    (f"colleague@{DOMAIN}", "Carl Colleague", {}),
    (f"careful@{DOMAIN}", "Mona Multifactor", {"requires_mfa": True}),
    (f"admin@{DOMAIN}", "Anna Admin", {"is_admin": True}),
    ("private@outlook.example", "Petra Private", {"personal": True}),
)


def plain(world: World) -> None:
    """One organisation and one app registration with a secret; nobody in it."""
    tenant = world.add_tenant(DOMAIN, "Contoso")
    world.add_app("Wagtail", tenant).add_secret()


def demo(world: World) -> None:
    """The same each time, with people to sign in as."""
    tenant = world.add_tenant(DOMAIN, "Contoso", id=_fixed("tenant"))
    app = world.add_app("Wagtail", tenant, client_id=_fixed("app"))
    secret = _fixed("secret").replace("-", "")
    app.secrets.append(ClientSecret(value=secret, id=_fixed("secret id")))
    for username, name, special in DEMO_ACCOUNTS:
        world.add_account(
            username,
            name,
            password=DEMO_PASSWORD,
            object_id=_fixed(username),
            **special,
        )


def _fixed(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


SEEDS: Mapping[str, Callable[[World], None]] = {"plain": plain, "demo": demo}
