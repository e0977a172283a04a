"""Words for tokens: connecting, consent, reconnecting, waiting."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, entra_admin, nobody, rows, site_admin

#: Instead of the editor's next step, where the account belongs to the site.
SERVICE_STEP = _(
    "Open “%(service)s” under Settings → Service connections and connect it again there."
)

WORDS = rows(
    (
        "error",
        site_admin(
            _("Something about Microsoft 365 did not work."),
            _("Look into the site's log for the time at which it happened."),
        ),
    ),
    (
        "token_error",
        editor(
            _("Microsoft gave no access for your account."),
            _("Try again; if that does not help, connect your account once more."),
        ),
    ),
    (
        "not_connected",
        editor(
            _("Your account here is not connected to Microsoft 365 yet."),
            _("Connect your Microsoft account; you come back to where you were."),
        ),
    ),
    (
        "not_permitted",
        site_admin(
            _("You may not use Microsoft 365 on this site."),
            _("Give the person's group the permission to use Microsoft 365."),
        ),
    ),
    (
        "account_gone",
        editor(
            _("The Microsoft account that holds the copy is not connected any more."),
            _("Connect that account again, or discard the editing and start anew."),
            _("The account is %(account)s."),
        ),
    ),
    (
        "service_not_connected",
        site_admin(
            _("The site has no service connection of that name."),
            _("Make the service connection in the Microsoft 365 settings."),
            _("The name that was asked for is “%(service)s”."),
        ),
    ),
    (
        "consent_required",
        editor(
            _("This site does not have the rights yet that this needs."),
            _("Sign in to Microsoft and agree to the rights it asks for."),
            _("What is missing: %(scopes)s."),
        ),
    ),
    (
        "admin_consent_required",
        entra_admin(
            _("Only an administrator of your organisation can grant what this needs."),
            _(
                "Grant the permissions to this site's application in the Microsoft "
                "Entra admin center, under Enterprise applications → Permissions."
            ),
            _("What is missing: %(scopes)s."),
        ),
    ),
    (
        "interaction_required",
        editor(
            _("Microsoft wants to see you sign in once more."),
            _("Sign in to Microsoft and follow what it asks."),
        ),
    ),
    (
        "reconnect_required",
        editor(
            _("The connection to your Microsoft account has ended."),
            _("Connect your account again; nothing else is lost."),
        ),
    ),
    (
        "revoked",
        editor(
            _("An administrator of this site has ended this connection."),
            _(
                "Connect your account again if you still need it; ask the administrator "
                "if you do not know why it was ended."
            ),
            _("The reason given: %(reason)s"),
        ),
    ),
    (
        "other_registration",
        editor(
            _("The connection was made before the site changed its set-up."),
            _("Connect your account again; nothing else is lost."),
        ),
    ),
    (
        "other_authority",
        editor(
            _("The connection was made through another server than the site uses now."),
            _(
                "Connect your account again, if you know why the site changed; if not, "
                "ask an administrator of the site first. Nothing else is lost."
            ),
        ),
    ),
    (
        "undecryptable",
        editor(
            _("The stored connection can no longer be read: the site's keys changed."),
            _("Connect your account again; nothing else is lost."),
        ),
    ),
    (
        "access_denied",
        entra_admin(
            _("A policy of your organisation refuses access."),
            _(
                "Look up this sign-in in the sign-in log of the Microsoft Entra admin "
                "center: it names the policy."
            ),
        ),
    ),
    (
        "purpose_refused",
        site_admin(
            _(
                "An administrator of this site does not allow this use of Microsoft 365."
            ),
            _("Allow it in the Microsoft 365 settings if it is wanted."),
            _("The purpose is “%(purpose)s”."),
        ),
    ),
    (
        "temporarily_unavailable outage",
        nobody(
            _("Microsoft cannot answer at the moment."),
            _("Wait a little and try again; nothing was changed."),
        ),
    ),
    (
        "throttled",
        nobody(
            _("Microsoft asks this site to slow down."),
            _("Wait a few minutes and try again; nothing was changed."),
        ),
    ),
    (
        "unreachable",
        nobody(
            _("Microsoft could not be reached from this site."),
            _(
                "Wait a little and try again; if it stays, an administrator of this "
                "site checks its network, proxy and firewall."
            ),
        ),
    ),
    (
        "unreadable_answer",
        site_admin(
            _("An answer came that is not Microsoft's, or cannot be read."),
            _(
                "Try again; if it stays, check what stands between this site and "
                "Microsoft: a proxy, a firewall, a log-in page of the network."
            ),
        ),
    ),
    (
        "refresh_stuck",
        nobody(
            _("The access is being renewed at the moment, and that takes long."),
            _("Wait a little and try again."),
        ),
    ),
)
