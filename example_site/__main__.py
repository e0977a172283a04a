"""``python3 -m example_site``: the demo, on a machine with nothing but Python."""

from __future__ import annotations

import os
import sys

from example_site import environment


def main() -> None:
    environment.ensure(
        (
            "wagtail",
            "django",
            "msal",
            "requests",
            "cryptography",
            "werkzeug",
            "jwt",
            "pytest",
        ),
        "testing",
        "example_site",
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_site.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["python3 -m example_site", "demo", *sys.argv[1:]])


if __name__ == "__main__":
    main()
