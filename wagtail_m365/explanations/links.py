"""Words for links that people paste into the browser of folders and files."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, rows

_COPY = _(
    "In OneDrive, SharePoint or Teams choose “Copy link” for the folder or file, and "
    "paste the whole of it."
)

WORDS = rows(
    ("link_unreadable", editor(_("This is no link."), _COPY)),
    (
        "link_not_https",
        editor(
            _("The link does not begin with https, so it was not followed."),
            _COPY,
        ),
    ),
    (
        "link_elsewhere",
        editor(
            _("The link leads to another service than OneDrive or SharePoint."),
            _COPY,
        ),
    ),
    (
        "link_not_followed",
        editor(_("Microsoft 365 knows no folder or file by this link."), _COPY),
    ),
    (
        "link_gone",
        editor(
            _("The link has expired, was taken back, or was never right."),
            _("Ask whoever shared it for a new link, made for your account."),
        ),
    ),
    (
        "link_closed",
        editor(
            _("Your Microsoft account may not open this link."),
            _(
                "Ask whoever shared it to share it with this account, or use another "
                "account."
            ),
        ),
    ),
    (
        "link_of_other_kind",
        editor(
            _("The link and your Microsoft account are of different kinds."),
            _(
                "Open links of an organisation with a work or school account, and "
                "those of a private OneDrive with a private one."
            ),
        ),
    ),
    (
        "link_is_file",
        editor(
            _("The link leads to a file, and a folder is wanted here."),
            _("Paste the link of the folder in which the file lies."),
            _("The file is “%(name)s”."),
        ),
    ),
    (
        "link_to_no_file",
        editor(
            _("The link leads to a notebook or something like it, not to a file."),
            _("Paste the link of a folder or of a file."),
        ),
    ),
)
