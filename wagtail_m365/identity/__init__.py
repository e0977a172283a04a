"""Microsoft's identity platform: sign-in, tokens, and what it says when it says no.

Knows no Django. MSAL lives here and nowhere else, and is loaded on first use.
"""

from __future__ import annotations
