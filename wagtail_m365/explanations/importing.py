"""Words for files that become documents: import, update, watched folders."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, nobody, rows, site_admin

WORDS = rows(
    (
        "format_not_taken",
        editor(
            _("This site takes no files of this format."),
            _(
                "Save the file in a format that the site takes, or ask an administrator."
            ),
            _("The format is .%(extension)s."),
        ),
    ),
    (
        "larger_than_allowed",
        editor(
            _("The file is larger than this site allows."),
            _("Make it smaller, for example by compressing its pictures."),
        ),
    ),
    (
        "empty_remote_file",
        editor(
            _("The file is empty."),
            _("Choose a file with content; this one may still be on its way."),
        ),
    ),
    (
        "import_refused",
        editor(
            _("The site's own rules for documents do not accept this file."),
            _("Change what is named, or upload the file by hand with what is missing."),
            _("The site says: %(reason)s"),
        ),
    ),
    (
        "import_failed",
        site_admin(
            _("The site could not store the file; there is no document of it."),
            _("Check the site's file storage: free space, rights, reachability."),
        ),
    ),
    (
        "file_gone",
        editor(
            _("The file is not in Microsoft 365 any more, or was moved."),
            _("Go back and choose it where it is now."),
            _("Its name was “%(name)s”."),
        ),
    ),
    (
        "no_file",
        editor(
            _("This is a notebook or something like it, and no file."),
            _("Export it as a file, for example as a PDF, and import that."),
        ),
    ),
    (
        "already_there",
        editor(
            _("The site has a document with the same content, so it was left out."),
            _("Choose the file again and allow files that this site has already."),
            _("The document is “%(title)s”."),
        ),
    ),
    (
        "not_imported",
        editor(
            _("This document has no file in Microsoft 365 that it was imported from."),
            _("Upload a new file here, or import the file as a new document."),
        ),
    ),
    (
        "source_out_of_reach",
        editor(
            _("The account that imported this document is not yours."),
            _("Connect your own account; it needs the right to read the file."),
        ),
    ),
    (
        "watch_folder_gone",
        editor(
            _(
                "The watched folder is not in Microsoft 365 any more, or its account "
                "cannot see it."
            ),
            _(
                "Restore it there or share it again, then let it run; or stop watching "
                "it. Its documents stay."
            ),
        ),
    ),
    (
        "watch_connection_gone",
        site_admin(
            _(
                "The Microsoft account of this watched folder is not connected any more."
            ),
            _("Choose an account that is connected, then let the folder run again."),
        ),
    ),
    (
        "watch_owner_gone",
        site_admin(
            _("Whoever set up this watched folder may not work on this site any more."),
            _("Somebody else takes it over by saving its settings."),
        ),
    ),
    (
        "watch_collection_gone",
        site_admin(
            _("The collection of this watched folder was deleted."),
            _("Choose another collection, then let the folder run again."),
        ),
    ),
    (
        "watch_not_allowed",
        site_admin(
            _("Whoever set up this watched folder may not add documents there."),
            _("Give that person the permission, or choose another collection."),
        ),
    ),
    (
        "watch_busy",
        nobody(
            _("A run is working on this folder already."),
            _("Wait until it is finished; its progress is shown here."),
        ),
    ),
    (
        "deleted_but_edited",
        editor(
            _("The file was deleted in Microsoft 365, but edited here: it was kept."),
            _("Delete the document here if it is not needed any more."),
        ),
    ),
    (
        "deleted_but_used",
        editor(
            _("The file was deleted in Microsoft 365, but pages use it: it was kept."),
            _("Take it out of the pages that use it, then delete it here."),
        ),
    ),
    (
        "may_not_delete",
        site_admin(
            _("Whoever set up this watched folder may not delete this document."),
            _("Give that person the permission, or choose to keep documents."),
        ),
    ),
)
