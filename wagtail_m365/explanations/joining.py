"""Words for a document that several people edit: by a link, or in a library."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, rows, site_admin

WORDS = rows(
    (
        "checked_out_by_other",
        editor(
            _("Somebody else has the file checked out in the library."),
            _("Ask that person to check it in, then try again."),
            _("It is checked out by %(who)s."),
        ),
    ),
    (
        "library_not_reachable",
        editor(
            _("Your Microsoft account does not reach the library of this file."),
            _("Ask the owners of that SharePoint site to make you a member."),
            _("The account is %(account)s."),
        ),
    ),
    (
        "joining_forbidden",
        site_admin(
            _("This site does not let people join by a link."),
            _("Ask for the document to be brought back, or allow JOIN_BY_LINK."),
        ),
    ),
    (
        "link_refused",
        editor(
            _("Microsoft gives no link with which your organisation could join."),
            _(
                "Ask for the document to be brought back, or the administrators of "
                "Microsoft 365 to allow links for people in the organisation."
            ),
        ),
    ),
    (
        "owner_unreachable",
        editor(
            _(
                "The account that holds the copy is not connected to this site any more."
            ),
            _("Ask that person to connect it again, then join."),
        ),
    ),
    (
        "already_yours",
        editor(
            _("You have this document open yourself."),
            _("Go on with “Keep editing” on the document's page."),
        ),
    ),
)
