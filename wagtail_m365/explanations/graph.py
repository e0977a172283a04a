"""Words for what Microsoft Graph refuses.

Codes of Graph: Microsoft, "Error codes" (onedrive/developer, graph/errors).
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, entra_admin, nobody, rows, site_admin

WORDS = rows(
    (
        "graph_error",
        nobody(
            _("Microsoft 365 reported an error of its own."),
            _("Wait a little and try again; nothing was changed here."),
        ),
    ),
    (
        "invalid_request",
        site_admin(
            _("Microsoft 365 did not accept what this site asked for."),
            _("Report it with the reference below: it is a mistake of the software."),
        ),
    ),
    (
        "forbidden",
        editor(
            _("Your Microsoft account may not do that with this file or folder."),
            _("Ask the owner of the file or folder for the right to edit it."),
        ),
    ),
    (
        "graph.accessrestricted graph.sharingdisabled",
        entra_admin(
            _("Your organisation or the owner of the place does not allow this."),
            _("Allow it in the SharePoint admin center, or choose another place."),
        ),
    ),
    (
        "graph.authorization_requestdenied",
        entra_admin(
            _("The site's application lacks a permission in your organisation."),
            _(
                "Grant the permission to the application in the Microsoft Entra admin center."
            ),
        ),
    ),
    (
        "graph.mailboxnotenabledforrestapi graph.mailboxnotsupportedforrestapi",
        entra_admin(
            _("Your Microsoft account has no mailbox in Microsoft 365."),
            _(
                "Give the account a licence with Exchange Online, or use another account."
            ),
        ),
    ),
    (
        "graph.notprovisioned graph.mysitenotfound graph.resourcebeingprovisioned",
        editor(
            _("Your OneDrive has not been set up yet."),
            _(
                "Open OneDrive once in the browser and wait some minutes; if there is "
                "none, your account needs a licence."
            ),
        ),
    ),
    (
        "graph.malwaredetected graph.virussuspicious graph.virusinfected",
        editor(
            _("Microsoft 365 takes this file for harmful and keeps it locked."),
            _("Do not open it; tell the people who look after security."),
        ),
    ),
    (
        "graph.activitylimitreached graph.throttledrequest",
        nobody(
            _("Microsoft 365 asks this site to slow down."),
            _("Wait a few minutes and try again; nothing was changed."),
        ),
    ),
    (
        "graph.pathistoolong graph.pathtoodeep",
        editor(
            _("The path in OneDrive would become too long."),
            _("Choose a folder higher up, or a shorter name."),
        ),
    ),
    (
        "graph.itemcheckedout graph.resourcecheckedout",
        editor(
            _("The file is checked out by somebody in Microsoft 365."),
            _("Ask that person to check it in, then try again."),
        ),
    ),
    (
        "item_not_found",
        editor(
            _("The file or folder is not in Microsoft 365 any more, or was moved."),
            _("Look into OneDrive's recycle bin, or open the document again."),
            _("Its name is “%(name)s”."),
        ),
    ),
    (
        "folder_gone",
        editor(
            _("This folder is not in Microsoft 365 any more, or was moved."),
            _("Choose another folder; nothing was changed."),
        ),
    ),
    (
        "unknown_folder",
        editor(
            _("This address does not lead to a folder."),
            _("Go to all places and choose the folder there."),
        ),
    ),
    (
        "upload_unconfirmed",
        editor(
            _("The line was cut before Microsoft said whether the copy has arrived."),
            _("Look into the folder first: if you save again, there may be two."),
        ),
    ),
    (
        "name_taken",
        editor(
            _("There is something of that name in this folder already."),
            _("Choose another name, or choose to keep both or to replace."),
            _("The name is “%(name)s”."),
        ),
    ),
    (
        "precondition_failed",
        editor(
            _("The file changed in Microsoft 365 in the meantime; it was not touched."),
            _("Look at the newer state, then try again."),
        ),
    ),
    (
        "item_locked",
        editor(
            _("The file is locked, probably because it is open in Office."),
            _("Close it everywhere, wait a few minutes and try again."),
        ),
    ),
    (
        "quota_exceeded",
        editor(
            _("There is not enough room in this OneDrive or library."),
            _("Delete what is not needed there, and empty its recycle bin."),
        ),
    ),
    (
        "resync_required",
        nobody(
            _("Microsoft wants the folder to be read from the beginning."),
            _("Nothing needs to be done: the next run does that."),
        ),
    ),
    (
        "upload_session_lost",
        editor(
            _("Microsoft has given up this upload; nothing was stored."),
            _("Start the upload again."),
        ),
    ),
    (
        "foreign_address",
        site_admin(
            _(
                "An answer pointed to a server that is not part of the configured cloud."
            ),
            _(
                "Check the cloud's addresses; if they are right, report it with the "
                "reference below."
            ),
        ),
    ),
)
