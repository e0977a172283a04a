"""``python3 -m wagtail_m365.testing``: the fake Microsoft alone, in its own process."""

from __future__ import annotations

import argparse
import pprint
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .fake.seeding import SEEDS
from .server import FakeMicrosoft

CALLBACK = "http://localhost/admin/m365/oauth/callback/"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    microsoft = FakeMicrosoft(port=options.port, seed=options.seed)
    if options.state:
        microsoft.load(options.state)
    for uri in options.redirect_uri or [CALLBACK]:
        microsoft.app.add_redirect_uri(uri)
    try:
        with microsoft:
            sys.stdout.write(welcome(microsoft))
            sys.stdout.flush()
            stopped.wait()
    except OSError as error:
        sys.stderr.write(f"Port {options.port} cannot be used: {error}\n")
        return 1
    if options.state:
        microsoft.save(options.state)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m wagtail_m365.testing",
        description="A fake Microsoft 365 for tests and demos, on this machine only.",
    )
    parser.add_argument("--port", type=int, default=8400, help="0: any free port")
    parser.add_argument(
        "--seed", choices=sorted(SEEDS), default="demo", help="with what it begins"
    )
    parser.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        metavar="URL",
        help=f"address of the site's callback, may be repeated (default: {CALLBACK}; "
        "on localhost, the port does not matter)",
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="go on from here, and keep it here"
    )
    return parser


def welcome(microsoft: FakeMicrosoft) -> str:
    """What a person needs to know to use it."""
    accounts = "\n".join(
        f"  {one.username:<36} {one.name:<20} password: {one.password}"
        for one in microsoft.world.accounts.values()
    )
    settings = pprint.pformat(microsoft.settings(), sort_dicts=False)
    return (
        f"A fake Microsoft 365 listens at {microsoft.authority}/ – Ctrl-C ends it.\n\n"
        f"Point a site to it:\n\nWAGTAIL_M365 = {settings}\n\n"
        f"Accounts:\n{accounts or '  none yet'}\n\n"
        f"Word, for people:  {microsoft.authority}/word/\n"
        f"Control API:       {microsoft.authority}/_control/\n"
    )


if __name__ == "__main__":
    sys.exit(main())
