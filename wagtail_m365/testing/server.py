"""The fake Microsoft as a server: started, stopped, steered and looked at."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Self

from .browser import Person
from .fake import drives, keeping
from .fake.app import Application
from .fake.clock import Clock
from .fake.faults import WHERE, Fault
from .fake.seeding import SEEDS
from .fake.state import (
    Account,
    AppRegistration,
    Options,
    RecordedRequest,
    Tenant,
    World,
)
from .serving import Server

_LOOPBACK = {"127.0.0.1", "localhost"}


class FakeMicrosoft:
    """A Microsoft of one's own: sign-in and Graph over real HTTP on this machine.

    Use it as a context manager, or call :meth:`start` and :meth:`stop`. It begins with
    one tenant and one app registration, and, unless seeded, nobody in it.

    Args:
        port: 0 takes any free port.
        host: Must be a loopback address: this server believes everybody.
        seed: With what it begins: ``plain`` or ``demo`` (see ``fake/seeding.py``).

    Raises:
        ValueError: The host is none.

    Attributes:
        world: Everything this Microsoft knows.
    """

    def __init__(
        self, port: int = 0, host: str = "127.0.0.1", seed: str = "plain"
    ) -> None:
        if host not in _LOOPBACK:
            raise ValueError(f"Only a loopback host may be served, not {host!r}.")
        self._host, self._port = host, port
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self.world = World(SEEDS[seed])

    def start(self) -> Self:
        """Begin to listen; where it listens already, nothing changes.

        Raises:
            OSError: The port is taken.
        """
        if self._server is None:
            self._server = Server(self._host, self._port, Application(self.world))
            self._port = self._server.server_port
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.02},
                name="fake-microsoft",
                daemon=True,
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening; the state stays, and `start` listens on the same port again."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.hang_up()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *args: object) -> None:
        self.stop()

    def reset(self) -> None:
        """A new world with a fresh tenant and app registration."""
        self.world.reset()

    def save(self, path: Path) -> None:
        """Keep the world in a file."""
        keeping.save(self.world, path)

    def load(self, path: Path) -> bool:
        """Go on with the world that was kept in a file.

        Returns:
            False where there is none that can be used; the world stays as it is then.
        """
        return keeping.load(self.world, path)

    @property
    def tenant(self) -> Tenant:
        """The organisation with which it began."""
        return next(iter(self.world.tenants.values()))

    @property
    def app(self) -> AppRegistration:
        """The app registration with which it began."""
        return next(iter(self.world.apps.values()))

    @property
    def port(self) -> int:
        """Where it listens; 0 before it ever did, unless one was chosen."""
        return self._port

    @property
    def authority(self) -> str:
        """Address of the identity platform, as for ``CLOUD``."""
        return f"http://{self._host}:{self._port}"

    @property
    def graph(self) -> str:
        """Address of Graph with its version, as for ``CLOUD``."""
        return f"{self.authority}/v1.0"

    @property
    def secret(self) -> str:
        """The newest client secret of the app registration."""
        return self.app.secrets[-1].value

    def settings(self, **more: Any) -> dict[str, Any]:
        """A ``WAGTAIL_M365`` that points to this server.

        Args:
            more: Names to add or to replace.
        """
        return {
            "ENABLED": True,
            "CLOUD": {"authority": self.authority, "graph": self.graph},
            "TENANT": self.tenant.id,
            "CLIENT_ID": self.app.client_id,
            "CLIENT_SECRET": self.secret,
            "ENCRYPTION_KEYS": ["a key that only tests use"],
            "ALLOW_INSECURE_LOOPBACK": True,
            **more,
        }

    @property
    def clock(self) -> Clock:
        """This world's time."""
        return self.world.clock

    @property
    def options(self) -> Options:
        """How it behaves where Microsoft may behave in several ways."""
        return self.world.options

    @property
    def requests(self) -> list[RecordedRequest]:
        """What was asked so far, oldest first, without secrets."""
        return list(self.world.requests)

    def clear_requests(self) -> None:
        """Forget what was asked so far."""
        self.world.requests.clear()

    def add_account(
        self,
        username: str,
        name: str = "",
        password: str = "",
        personal: bool = False,
        **more: Any,
    ) -> Account:
        """Somebody who can sign in.

        Args:
            username: In the form of an email address; any domain will do.
            name: For people; empty: made of the user name.
            password: Empty: a random one.
            personal: A personal Microsoft account, of no organisation.
            more: ``tenant`` and further fields of the account, such as ``is_admin``.

        Raises:
            ValueError: There is such an account already.
        """
        more.setdefault("tenant", self.tenant)
        return self.world.add_account(
            username, name, password=password, personal=personal, **more
        )

    def drive(self, account: Account) -> drives.DriveSeam:
        """The account's OneDrive, to look at and to change without HTTP."""
        return drives.seam(self.world, account)

    def add_library(
        self,
        name: str,
        owner: Account,
        *,
        requires_check_out: bool = False,
        members: set[str] | None = None,
    ) -> drives.DriveSeam:
        """A document library of a new SharePoint site, to look at and to change.

        Args:
            name: Of the site and of its library.
            owner: Who has made it.
            requires_check_out: As a library's setting *Require Check Out*.
            members: Object ids of the accounts that reach it; None: the whole tenant.
        """
        return drives.library(
            self.world,
            name,
            owner,
            requires_check_out=requires_check_out,
            members=members,
        )

    def fail(self, name: str, times: int = 1, **how: Any) -> Fault:
        """Order a fault by name (see ``fake/faults.py``).

        Args:
            name: What shall happen.
            times: How often.
            how: Which requests are meant: ``service`` (``identity``, ``graph``,
                ``storage``), ``method``, ``path`` (prefix), ``account`` (or its user
                name), ``after`` so many that went well. Everything else is for the
                fault, such as ``retry_after``.

        Raises:
            ValueError: No fault has this name.
        """
        where = {key: how.pop(key) for key in WHERE if key in how}
        where |= how.pop("where", {})
        if "account" in where:
            where["account"] = self._object_id(where["account"])
        return self.world.faults.add(name, times, where=where, **how)

    def _object_id(self, account: Account | str) -> str:
        if isinstance(account, Account):
            return account.object_id
        found = self.world.find_account(account)
        if found is None:
            raise ValueError(f"There is no account {account!r}.")
        return found.object_id

    def sign_in(
        self,
        url: str,
        account: Account,
        *,
        consent: bool = True,
        approve: bool = True,
        for_organization: bool = False,
    ) -> str:
        """Play the person in a browser of their own, from the first page to the last.

        Args:
            url: The authorization address to which the site has sent the person.
            account: Who signs in.
            consent: Press *Accept* when asked; otherwise *Cancel*.
            approve: Approve the second factor, where one is asked for.
            for_organization: As an administrator, consent for everybody.

        Returns:
            The address with ``code`` and ``state`` (or ``error``) to which Microsoft
            sends the browser back; it is not fetched.

        Raises:
            SignInRefused: Microsoft shows an error itself and sends nobody back.
        """
        with Person(
            account=account,
            consent=consent,
            approve=approve,
            for_organization=for_organization,
        ) as person:
            return person.sign_in(url)
