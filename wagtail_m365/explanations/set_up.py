"""Words for what is wrong with the site's set-up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, rows, site_admin

WORDS = rows(
    (
        "misconfigured",
        site_admin(
            _("This site's connection to Microsoft 365 is not set up correctly."),
            _("Test the connection under Settings → Microsoft 365."),
        ),
    ),
    (
        "not_enabled",
        site_admin(
            _("Microsoft 365 is switched off on this site."),
            _("Switch it on under Settings → Microsoft 365."),
        ),
    ),
    (
        "not_configured",
        site_admin(
            _("Microsoft 365 is not set up on this site yet."),
            _(
                "Choose an app registration, with its secret, under Settings → Microsoft 365."
            ),
        ),
    ),
    (
        "own_registration_refused",
        site_admin(
            _("This site does not let editors use an app registration of their own."),
            _("Connect the account again, with the site's own app registration."),
        ),
    ),
    (
        "own_registration_elsewhere",
        editor(
            _(
                "Your own app registration was entered for another server than the site "
                "uses now."
            ),
            _(
                "Enter it again under Account → Microsoft 365, if you know why the site "
                "changed; if not, ask an administrator of the site first."
            ),
        ),
    ),
    (
        "secret_unreadable",
        site_admin(
            _("The stored client secret cannot be opened: the site's keys changed."),
            _(
                "Enter the secret again in the app registration, or bring back the old key."
            ),
        ),
    ),
    (
        "certificate_unreadable",
        site_admin(
            _("A certificate file that the settings name cannot be read."),
            _("Check the path and the rights of the files in CLIENT_CERTIFICATE."),
        ),
    ),
    (
        "certificate_unusable",
        site_admin(
            _("The certificate cannot be used to sign in to Microsoft."),
            _(
                "Give a certificate together with its own RSA key, and the right "
                "passphrase."
            ),
        ),
    ),
    (
        "assertion_unreadable",
        site_admin(
            _("The file with the site's federated assertion cannot be read."),
            _("Check that workload identity writes the file that the settings name."),
        ),
    ),
    (
        "credential_needed",
        site_admin(
            _("This needs an app registration that has a secret or a certificate."),
            _("Add a client secret or a certificate to the app registration."),
        ),
    ),
    (
        "tenant_needed",
        site_admin(
            _(
                "The site itself can sign in to one organisation only, and none is named."
            ),
            _("Set the tenant of the app registration to your organisation's id."),
        ),
    ),
    (
        "invalid_tenant",
        site_admin(
            _("The tenant of the app registration is not written like one."),
            _(
                "Enter the directory (tenant) ID, a domain, or common, organizations "
                "or consumers."
            ),
        ),
    ),
    (
        "invalid_client_id",
        site_admin(
            _("The application ID of the app registration is not written like one."),
            _(
                "Copy the Application (client) ID from the Microsoft Entra admin center."
            ),
        ),
    ),
    (
        "unknown_cloud",
        site_admin(
            _("The settings name a Microsoft cloud that does not exist."),
            _("Choose global, us_gov, us_dod or china, or give both addresses."),
        ),
    ),
    (
        "cloud_address",
        site_admin(
            _("An address of the Microsoft cloud is not usable."),
            _(
                "Give the authority as https://host and Graph as https://host/v1.0, "
                "and nothing else."
            ),
        ),
    ),
    (
        "insecure_cloud",
        site_admin(
            _("An address of the Microsoft cloud is not encrypted."),
            _(
                "Use https; plain http is for development on this machine only, with "
                "ALLOW_INSECURE_LOOPBACK."
            ),
        ),
    ),
    (
        "foreign_discovery",
        site_admin(
            _(
                "Your organisation lives in another Microsoft cloud than the one set here."
            ),
            _(
                "Choose the right cloud in the app registration, and register the app there."
            ),
        ),
    ),
    (
        "insecure_discovery unusable_discovery",
        site_admin(
            _("The sign-in server's description of itself cannot be trusted or read."),
            _(
                "Check the cloud's addresses, and what stands between this site and Microsoft."
            ),
        ),
    ),
    (
        "invalid_sign_in_request",
        site_admin(
            _("A sign-in was asked for with rights that cannot be asked for."),
            _("Check the scopes that the plugin or the settings ask for."),
        ),
    ),
    (
        "unknown_purpose purpose_exceeded",
        site_admin(
            _("A plugin asks for Microsoft 365 in a way that it has not declared."),
            _("Tell the plugin's authors: its purpose must name all rights it uses."),
            _("The purpose is “%(purpose)s”."),
        ),
    ),
    (
        "invalid_name",
        site_admin(
            _("A service connection cannot have this name."),
            _("Use letters, digits, hyphens and underscores."),
        ),
    ),
)
