"""Words for AADSTS numbers that concern the app registration.

Source: Microsoft, "Microsoft Entra authentication and authorization error codes".
Some of these Microsoft shows itself, without sending the person back; they are here
all the same, for whoever looks a number up.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import entra_admin, rows, site_admin

WORDS = rows(
    (
        "aadsts50011 aadsts500113 aadsts900971 aadsts500112",
        site_admin(
            _("The address to which Microsoft sends people back is not registered."),
            _(
                "Copy the redirect URI from Settings → Microsoft 365 into the app "
                "registration, platform Web: case, slashes and https must be the same."
            ),
        ),
    ),
    (
        "aadsts700016 aadsts700011",
        site_admin(
            _("The organisation does not know this site's application."),
            _(
                "Check the application ID and the tenant: both come from one overview page."
            ),
        ),
    ),
    (
        "aadsts90002",
        site_admin(
            _("There is no organisation (tenant) of that name in this cloud."),
            _("Check the tenant and the cloud of the app registration."),
        ),
    ),
    (
        "aadsts90038 aadsts900382 aadsts900432",
        site_admin(
            _("Your organisation lives in another national Microsoft cloud."),
            _("Choose that cloud in the app registration, and register the app there."),
        ),
    ),
    (
        "aadsts50194",
        site_admin(
            _("The application is for one organisation, but the tenant says: any."),
            _(
                "Set the tenant to your organisation's id, or make the application "
                "multi-tenant in the Microsoft Entra admin center."
            ),
        ),
    ),
    (
        "aadsts9001023 aadsts90124 aadsts90130 aadsts9002332 aadsts90027",
        site_admin(
            _("This application cannot be used with the tenant that is set."),
            _(
                "Set the tenant to your organisation's id; for personal accounts, "
                "register the app for them, too."
            ),
        ),
    ),
    (
        "aadsts7000215 aadsts70002",
        site_admin(
            _("The client secret is wrong."),
            _(
                "Enter the secret's value, not its ID; if it is not known any more, "
                "make a new one."
            ),
        ),
    ),
    (
        "aadsts7000222",
        site_admin(
            _("The client secret has expired."),
            _(
                "Make a new secret or certificate in the Microsoft Entra admin center "
                "and enter it in the app registration."
            ),
        ),
    ),
    (
        "aadsts7000218",
        site_admin(
            _("Microsoft wants a client secret, and this site sends none."),
            _(
                "Add a secret or a certificate; without one, the redirect URI must be "
                "of the platform Mobile and desktop applications."
            ),
        ),
    ),
    (
        "aadsts700025",
        site_admin(
            _("A secret was sent for a redirect URI that is registered without one."),
            _("Register the redirect URI for the platform Web."),
        ),
    ),
    (
        "aadsts700027 aadsts700030 aadsts50012 aadsts50013 aadsts50027 aadsts50048",
        site_admin(
            _("Microsoft does not accept this site's certificate or assertion."),
            _(
                "Check that this very certificate is uploaded to the app registration "
                "and valid, and that this server's clock is right."
            ),
        ),
    ),
    (
        "aadsts7000112 aadsts70001 aadsts1000031",
        entra_admin(
            _("The site's application is switched off in your organisation."),
            _("Enable sign-in for it under Enterprise applications → Properties."),
        ),
    ),
    (
        "aadsts650052",
        entra_admin(
            _("Your organisation has no subscription for the service that is needed."),
            _("Add a licence with that service, then grant the permissions again."),
        ),
    ),
    (
        "aadsts650056 aadsts650057 aadsts65005 aadsts500011 aadsts50001",
        site_admin(
            _("The app registration does not name the permission that is asked for."),
            _("Add the permission under API permissions of the app registration."),
        ),
    ),
    (
        "aadsts70011 aadsts28002 aadsts28003 aadsts700022 aadsts700023",
        site_admin(
            _("Rights were asked for that do not exist or do not go together."),
            _("Check the scopes that the plugin or the settings ask for."),
        ),
    ),
    (
        "aadsts9002313 aadsts90014 aadsts900144 aadsts90023 aadsts90100",
        site_admin(
            _("Microsoft could not read what this site asked."),
            _(
                "Connect the account again; if it stays, report it with the reference "
                "below."
            ),
        ),
    ),
    (
        "aadsts700005",
        site_admin(
            _("The sign-in was begun at one tenant and ended at another."),
            _("Start the sign-in again: the settings changed while it ran."),
        ),
    ),
    (
        "aadsts700084 aadsts9002325 aadsts9002327",
        site_admin(
            _(
                "The redirect URI is registered for the platform Single-page "
                "application; this site needs the platform Web."
            ),
            _(
                "Move it from Single-page application to Web under Authentication in "
                "the app registration; then everybody connects once more."
            ),
        ),
    ),
    (
        "aadsts9002326",
        site_admin(
            _("The redirect URI is registered for another platform than Web."),
            _("Register it for the platform Web under Authentication."),
        ),
    ),
    (
        "aadsts700024",
        site_admin(
            _("The clock of this server and Microsoft's clock differ too much."),
            _("Set this server's clock, and let it be kept right (NTP)."),
        ),
    ),
    (
        "aadsts650053 aadsts28000 aadsts1002012",
        site_admin(
            _("A right was asked for that Microsoft does not know."),
            _("Check the scopes that the plugin or the settings ask for."),
        ),
    ),
    (
        "aadsts700051",
        site_admin(
            _("The app registration does not allow this way of signing in."),
            _("Register the redirect URI for the platform Web."),
        ),
    ),
    (
        "aadsts700211 aadsts700212 aadsts700213",
        site_admin(
            _("No federated credential of the application fits this site's assertion."),
            _(
                "Compare issuer, subject and audience under Certificates & secrets → "
                "Federated credentials."
            ),
        ),
    ),
    (
        "aadsts7000216",
        site_admin(
            _("Microsoft wants a client secret, and this site sends none."),
            _("Add a secret or a certificate to the app registration."),
        ),
    ),
    (
        "aadsts500200",
        site_admin(
            _("A personal account was used, and the application is for organisations."),
            _(
                "Sign in with a work or school account; or register the application "
                "for personal accounts, too, and set the tenant to common."
            ),
        ),
    ),
)
