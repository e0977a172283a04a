"""Words for what the self-test finds at this site itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import entra_admin, rows, site_admin

WORDS = rows(
    (
        "redirect_uri_insecure",
        site_admin(
            _(
                "The site computes a redirect URI with plain http, which Microsoft refuses."
            ),
            _(
                "Open the admin over https. Behind a proxy, let it send "
                "X-Forwarded-Proto and set SECURE_PROXY_SSL_HEADER so that Django knows "
                "about it, or set REDIRECT_URI in WAGTAIL_M365."
            ),
            _("It is %(uri)s."),
        ),
    ),
    (
        "forwarded_proto_ignored",
        site_admin(
            _(
                "The proxy says “https”, and Django is not told to believe it: the "
                "redirect URI is computed with http."
            ),
            _(
                'Set SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") in the '
                "Django settings, if the proxy always sets or removes that header."
            ),
        ),
    ),
    (
        "proxy_tells_no_scheme",
        site_admin(
            _(
                "You are on https, but the proxy does not tell this server: the redirect "
                "URI is computed with http."
            ),
            _(
                "Let the proxy send X-Forwarded-Proto, and set SECURE_PROXY_SSL_HEADER in "
                "the Django settings; or set REDIRECT_URI in WAGTAIL_M365."
            ),
        ),
    ),
    (
        "forwarded_host_ignored",
        site_admin(
            _("The redirect URI names another host than the one people come to."),
            _(
                "Let the proxy pass the header Host on, set USE_X_FORWARDED_HOST = True in "
                "the Django settings, or set REDIRECT_URI in WAGTAIL_M365."
            ),
        ),
    ),
    (
        "redirect_uri_elsewhere",
        site_admin(
            _("Sign-ins come back to another address than the one you have opened."),
            _(
                "Let everybody open the site at the address that REDIRECT_URI names, or "
                "correct REDIRECT_URI in WAGTAIL_M365."
            ),
        ),
    ),
    (
        "session_cookie_strict",
        site_admin(
            _("The session cookie is not sent when Microsoft sends the editor back."),
            _("Set SESSION_COOKIE_SAMESITE to “Lax” in the Django settings."),
        ),
    ),
    (
        "session_cookie_insecure",
        site_admin(
            _("The session cookie, which ends a sign-in, also travels unencrypted."),
            _("Set SESSION_COOKIE_SECURE = True in the Django settings."),
        ),
    ),
    (
        "session_not_shared",
        site_admin(
            _("A sign-in that begins in one process cannot end in another."),
            _(
                "Use a cache that all processes share (Redis, Memcached, database), or "
                "keep sessions in the database."
            ),
        ),
    ),
    (
        "no_encryption_key",
        site_admin(
            _(
                "Tokens are sealed with a key made of SECRET_KEY: when that changes, every "
                "editor has to connect again."
            ),
            _(
                "Set ENCRYPTION_KEYS in WAGTAIL_M365 to a list with one long random text, "
                "then run manage.py m365_rotate_keys."
            ),
        ),
    ),
    (
        "old_keys_in_use",
        site_admin(
            _("Some values are not sealed with the newest encryption key."),
            _("Run manage.py m365_rotate_keys before the old key is removed."),
        ),
    ),
    (
        "migrations_missing",
        site_admin(
            _("The database is older than the code."),
            _("Run manage.py migrate."),
        ),
    ),
    (
        "no_worker",
        site_admin(
            _("Nobody runs this site's tasks: uploads and sweeps would wait for ever."),
            _(
                "Start the worker of the task backend in TASKS (for the database backend: "
                "manage.py db_worker), and let the server keep it running."
            ),
        ),
    ),
    (
        "tasks_thrown_away",
        site_admin(
            _("The task backend throws tasks away: nothing is ever run."),
            _("Choose another backend in TASKS in the Django settings."),
        ),
    ),
    (
        "clock_wrong",
        site_admin(
            _("The clock of this server and Microsoft's clock differ too much."),
            _("Set this server's clock, and let it be kept right (NTP)."),
        ),
    ),
    (
        "secret_is_an_id",
        site_admin(
            _("The client secret looks like the ID of a secret, not like its value."),
            _(
                "Copy the column “Value” instead. Entra shows it only once: if it is gone, "
                "make a new secret."
            ),
        ),
    ),
    (
        "credential_ended",
        site_admin(
            _("The secret or certificate has ended: nobody can connect or work."),
            _(
                "Make a new one in the Microsoft Entra admin center (Certificates & "
                "secrets) and enter it in the app registration."
            ),
            _("Its last day was %(day)s."),
        ),
    ),
    (
        "credential_ends_soon",
        site_admin(
            _("The secret or certificate ends soon; then nobody can connect or work."),
            _(
                "Make a new one in the Microsoft Entra admin center (Certificates & "
                "secrets) before that day, and enter it in the app registration. Both "
                "work side by side until then."
            ),
            _("Its last day is %(day)s."),
        ),
    ),
    (
        "system_check",
        site_admin(
            _("Django's system checks find something in the settings."),
            _("Do what the check says; manage.py check shows it, too."),
        ),
    ),
    (
        "consent_waiting",
        entra_admin(
            _("Rights are asked for that only an administrator can grant."),
            _(
                "Grant admin consent under API permissions of the app registration, or "
                "under Enterprise applications → Permissions."
            ),
        ),
    ),
    (
        "connections_broken",
        site_admin(
            _("Some connected accounts give no token any more."),
            _(
                "Their owners see what to do under Account → Microsoft 365; ask them to "
                "look there."
            ),
        ),
    ),
    (
        "connections_idle",
        site_admin(
            _(
                "Some accounts were not used for weeks; Microsoft ends them after 90 days."
            ),
            _("Run manage.py m365_keep_alive once a day."),
        ),
    ),
    (
        "subscriptions_ending",
        site_admin(
            _("Microsoft's promise to call when a drive changes ends soon."),
            _(
                "Run manage.py m365_renew_subscriptions once a day, or renew it under "
                "Reports → Followed drives."
            ),
        ),
    ),
    (
        "subscriptions_refused",
        site_admin(
            _("Microsoft does not promise to call when some drives change."),
            _(
                "Reports → Followed drives says why. What a call would have told is read "
                "with the next look for changes."
            ),
        ),
    ),
    (
        "drive_full",
        site_admin(
            _("The drive of the account with which this was tried is full."),
            _("Make room in OneDrive, or try with another account."),
        ),
    ),
)
