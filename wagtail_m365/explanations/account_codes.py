"""Words for AADSTS numbers that concern an account, a policy, or pass by themselves.

Source: Microsoft, "Microsoft Entra authentication and authorization error codes".
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, entra_admin, nobody, rows

_ACCOUNT = rows(
    (
        (
            "aadsts50020 aadsts16000 aadsts16003 aadsts50034 aadsts51004 aadsts50014 "
            "aadsts90072"
        ),
        editor(
            _("This account does not belong to the organisation that this site uses."),
            _(
                "Sign in with an account of that organisation, or have yours invited to it."
            ),
        ),
    ),
    (
        "aadsts500208 aadsts50128 aadsts50059",
        editor(
            _("Accounts of this kind cannot sign in here."),
            _("Sign in with your work or school account instead of a personal one."),
        ),
    ),
    (
        "aadsts65004",
        editor(
            _("You did not agree to the rights that the site asked for."),
            _(
                "Sign in again and agree if you want to use Microsoft 365 here. If "
                "Microsoft said that approval is needed, only an administrator can give "
                "it: ask your Microsoft 365 administrator."
            ),
        ),
    ),
    (
        "aadsts65001 aadsts90008 aadsts700020",
        editor(
            _("You have not agreed yet to the rights that this needs."),
            _("Sign in to Microsoft and agree to the rights it asks for."),
        ),
    ),
    (
        "aadsts90093 aadsts90094",
        entra_admin(
            _("In your organisation only an administrator can agree to these rights."),
            _(
                "Grant admin consent to the application under Enterprise applications "
                "→ Permissions."
            ),
        ),
    ),
    (
        "aadsts90095",
        entra_admin(
            _("An administrator has been asked to agree to these rights."),
            _(
                "Decide on the request under Enterprise applications → Admin consent requests."
            ),
        ),
    ),
    (
        "aadsts50076 aadsts50074 aadsts50158",
        editor(
            _("Microsoft wants a second proof that it is you."),
            _("Sign in to Microsoft and confirm with your phone or key."),
        ),
    ),
    (
        "aadsts50078",
        editor(
            _("Your last confirmation with a second proof is too old."),
            _("Sign in to Microsoft and confirm with your phone or key."),
        ),
    ),
    (
        "aadsts50079 aadsts50072 aadsts53004 aadsts53010",
        editor(
            _("Your organisation wants you to set up a second proof for signing in."),
            _("Sign in to Microsoft and follow the steps that it shows."),
        ),
    ),
    (
        "aadsts50058 aadsts160021 aadsts16002",
        editor(
            _("You are not signed in to Microsoft in this browser."),
            _("Sign in to Microsoft."),
        ),
    ),
    (
        "aadsts50055 aadsts50144",
        editor(
            _("The password of your Microsoft account has expired."),
            _("Change it at Microsoft, then connect your account again."),
        ),
    ),
    (
        "aadsts50126 aadsts50056",
        editor(
            _("User name or password was wrong."),
            _("Connect your account again with the right password."),
        ),
    ),
    (
        "aadsts50173 aadsts50132 aadsts50133 aadsts50089",
        editor(
            _(
                "The connection ended because your password or your sign-ins were reset."
            ),
            _("Connect your account again; nothing else is lost."),
        ),
    ),
    (
        "aadsts70008 aadsts700082",
        editor(
            _("The connection ended because it was not used for a long time."),
            _("Connect your account again; nothing else is lost."),
        ),
    ),
    (
        "aadsts70043",
        editor(
            _("Your organisation wants you to sign in again from time to time."),
            _("Connect your account again; nothing else is lost."),
        ),
    ),
    (
        "aadsts70000",
        editor(
            _("Microsoft does not accept the stored connection any more."),
            _("Connect your account again; nothing else is lost."),
        ),
    ),
    (
        "aadsts54005",
        editor(
            _("This sign-in was already completed, perhaps in a second tab."),
            _("Look at your account page: if you are not connected, start it again."),
        ),
    ),
    (
        "aadsts501481 aadsts50147 aadsts501491",
        editor(
            _("This sign-in was begun in another browser or session."),
            _("Start it again, and finish it in the same browser."),
        ),
    ),
    (
        "aadsts900561",
        editor(
            _("The sign-in page was called up with the browser's Back button."),
            _("Start the sign-in again from your account page here."),
        ),
    ),
)

_POLICY = rows(
    (
        "aadsts500021 aadsts500022 aadsts500212 aadsts500213",
        entra_admin(
            _("Your organisation does not let its people use this other organisation."),
            _("Allow it under External identities → Cross-tenant access settings."),
        ),
    ),
    (
        "aadsts50105",
        entra_admin(
            _("You have not been assigned to this site's application."),
            _(
                "Assign the person or their group under Enterprise applications → "
                "Users and groups."
            ),
        ),
    ),
    (
        "aadsts53003 aadsts530032 aadsts50131",
        entra_admin(
            _("A Conditional Access policy of your organisation refuses the sign-in."),
            _(
                "Look up this sign-in in the sign-in log, and exempt the application in "
                "the policy it names."
            ),
        ),
    ),
    (
        "aadsts530035",
        entra_admin(
            _("The security defaults of your organisation refuse the sign-in."),
            _(
                "Look up this sign-in in the sign-in log of the Microsoft Entra admin center."
            ),
        ),
    ),
    (
        (
            "aadsts53000 aadsts53001 aadsts53002 aadsts530003 aadsts50097 aadsts50129 "
            "aadsts50155 aadsts50187 aadsts135011"
        ),
        entra_admin(
            _("Your organisation asks for a managed device, and a web server is none."),
            _(
                "Exempt the application from the policy that asks for a device: access "
                "is renewed by this site's server."
            ),
        ),
    ),
    (
        "aadsts700003",
        entra_admin(
            _("Your device is not known to your organisation any more."),
            _("Register the device again, then connect the account again."),
        ),
    ),
    (
        "aadsts50057",
        entra_admin(
            _("Your Microsoft account is switched off."),
            _(
                "Enable the account in the Microsoft Entra admin center if that was wrong."
            ),
        ),
    ),
    (
        "aadsts50053 aadsts53011",
        entra_admin(
            _("Your Microsoft account is locked, because a sign-in looked dangerous."),
            _("Check the risky sign-ins, unlock the account, and reset its password."),
        ),
    ),
)

_PASSING = rows(
    (
        "aadsts50196",
        nobody(
            _("Microsoft saw the same request too often and pauses this connection."),
            _(
                "Wait some minutes; if it comes back, report it with the reference below."
            ),
        ),
    ),
    (
        (
            "aadsts90055 aadsts90006 aadsts90012 aadsts90024 aadsts90033 aadsts90090 "
            "aadsts50033 aadsts50087 aadsts50088 aadsts50166 aadsts70012 aadsts80002"
        ),
        nobody(
            _("Microsoft's sign-in is overloaded or out of order at the moment."),
            _("Wait a little and try again; nothing was changed."),
        ),
    ),
)

WORDS = _ACCOUNT | _POLICY | _PASSING
