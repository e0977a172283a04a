"""Words for a sign-in that came to nothing."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, rows, site_admin

WORDS = rows(
    (
        "sign_in_failed",
        editor(
            _("The sign-in to Microsoft did not work."),
            _("Start it again from your account page here."),
        ),
    ),
    (
        "sign_in_expired",
        editor(
            _("This sign-in is no longer valid: it was used already or took too long."),
            _("Start it again, and finish it in the same browser."),
        ),
    ),
    (
        "sign_in_unknown",
        editor(
            _(
                "This sign-in began in another browser, before you logged in anew, or at "
                "another address of this site."
            ),
            _("Start it again here, and finish it in the same browser."),
            _("This address is %(host)s."),
        ),
    ),
    (
        "no_session_cookie",
        editor(
            _(
                "Your browser brought no session back from Microsoft: you have logged "
                "out, or you began at another address of this site."
            ),
            _("Log in at this address and connect once more."),
            _("This address is %(host)s."),
        ),
    ),
    (
        "opened_elsewhere",
        editor(
            _(
                "You opened this site at another address than the one to which Microsoft "
                "sends you back."
            ),
            _(
                "Go on at the other address, and log in if you are asked to. If it is "
                "wrong, an administrator of this site corrects REDIRECT_URI."
            ),
            _("You are at %(here)s; Microsoft sends you back to %(there)s."),
        ),
    ),
    (
        "sign_in_refused",
        editor(
            _("Microsoft did not complete the sign-in, or you cancelled it."),
            _("Start it again if you want to connect your account."),
        ),
    ),
    (
        "scopes_refused",
        site_admin(
            _("The link to connect asks for rights that do not exist."),
            _("Tell the authors of the page or plugin that shows this link."),
        ),
    ),
    (
        "tenant_not_allowed",
        editor(
            _("Accounts of this organisation cannot be connected to this site."),
            _("Sign in with an account of an organisation that this site allows."),
            _("You signed in as %(actual)s."),
        ),
    ),
    (
        "no_refresh_token",
        site_admin(
            _("Microsoft gave access for an hour only, so no connection was made."),
            _("Allow offline_access for the app registration, then connect again."),
        ),
    ),
    (
        "other_account",
        editor(
            _("You signed in with another account than the one connected here."),
            _(
                "Sign in with the connected account, or connect the other one by itself."
            ),
            _("Connected is %(expected)s, you signed in as %(actual)s."),
        ),
    ),
    (
        (
            "id_token_rejected id_token_missing id_token_audience id_token_issuer "
            "id_token_subject id_token_nonce id_token_account"
        ),
        site_admin(
            _("What came back from the sign-in was not made for this site."),
            _(
                "Start the sign-in again; if it stays, check tenant, cloud and "
                "application ID of the app registration."
            ),
        ),
    ),
    (
        "id_token_expired id_token_not_yet_valid",
        site_admin(
            _("The sign-in is dated in the past or the future."),
            _("Check that the clock of this server is right, then sign in again."),
        ),
    ),
)
