"""``python3 -m wagtail_m365.testing``: the fake Microsoft alone, in its own process."""

from __future__ import annotations

import argparse
import pprint
import sys
import threading
from collections.abc import Sequence

from .server import FakeMicrosoft

ACCOUNTS = ("editor@contoso.onmicrosoft.com", "colleague@contoso.onmicrosoft.com")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python3 -m wagtail_m365.testing", description=__doc__
    )
    parser.add_argument("--port", type=int, default=8400, help="0: any free port")
    parser.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        help="address of the site's callback; may be given more than once",
    )
    options = parser.parse_args(arguments)
    microsoft = FakeMicrosoft(port=options.port)
    for username in ACCOUNTS:
        microsoft.add_account(username, password="password")
    for uri in options.redirect_uri or ["http://localhost/admin/m365/oauth/callback/"]:
        microsoft.app.add_redirect_uri(uri)
    with microsoft:
        sys.stdout.write(_welcome(microsoft))
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


def _welcome(microsoft: FakeMicrosoft) -> str:
    accounts = "\n".join(f"    {name}   password: password" for name in ACCOUNTS)
    return (
        f"Fake Microsoft 365 at {microsoft.authority}/  (Ctrl-C ends it)\n\n"
        f"WAGTAIL_M365 = {pprint.pformat(microsoft.settings())}\n\n"
        f"Accounts:\n{accounts}\n\nControl API: {microsoft.authority}/_control/faults\n"
    )


if __name__ == "__main__":
    sys.exit(main())
