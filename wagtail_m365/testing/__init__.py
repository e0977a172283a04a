"""A fake Microsoft 365 for tests and demos; needs the extra ``wagtail-m365[testing]``.

The product itself never imports this package: only its configuration differs.
"""

from __future__ import annotations

from .browser import SignInRefused
from .server import FakeMicrosoft

__all__ = ["FakeMicrosoft", "SignInRefused"]
