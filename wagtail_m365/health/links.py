"""Where more is written about a code: Microsoft's, Django's or OWASP's own pages."""

from __future__ import annotations

import re

_DJANGO = "https://docs.djangoproject.com/en/stable/"
_LEARN = "https://learn.microsoft.com/entra/identity-platform/"
_SETTINGS = f"{_DJANGO}ref/settings/#"
_CREDENTIALS = f"{_LEARN}how-to-add-credentials"

_LINKS = {
    "forwarded_proto_ignored": f"{_SETTINGS}secure-proxy-ssl-header",
    "proxy_tells_no_scheme": f"{_SETTINGS}secure-proxy-ssl-header",
    "forwarded_host_ignored": f"{_SETTINGS}use-x-forwarded-host",
    "redirect_uri_insecure": f"{_LEARN}reply-url",
    "session_cookie_strict": f"{_SETTINGS}session-cookie-samesite",
    "session_cookie_insecure": f"{_SETTINGS}session-cookie-secure",
    "session_not_shared": f"{_DJANGO}topics/http/sessions/#configuring-sessions",
    "migrations_missing": f"{_DJANGO}topics/migrations/",
    "no_worker": f"{_DJANGO}topics/tasks/",
    "tasks_thrown_away": f"{_DJANGO}topics/tasks/",
    "secret_is_an_id": _CREDENTIALS,
    "credential_ended": _CREDENTIALS,
    "credential_ends_soon": _CREDENTIALS,
    "not_configured": f"{_LEARN}quickstart-register-app",
    "admin_consent_required": "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
    "consent_waiting": "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
}
_AADSTS = re.compile(r"aadsts(\d+)")


def link_of(code: str) -> str:
    """The page about this code; empty where there is none."""
    if number := _AADSTS.fullmatch(code):
        # Microsoft's own look-up of error codes.
        return f"https://login.microsoftonline.com/error?code={number[1]}"
    return _LINKS.get(code, "")
