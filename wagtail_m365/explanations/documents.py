"""Words for a document's journey to Microsoft 365 and back."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .wording import editor, nobody, rows, site_admin

WORDS = rows(
    (
        "copy_not_cleared",
        nobody(
            _("The copy of an ended edit session could not be deleted."),
            _("The next sweep tries again; the document here is unchanged."),
        ),
    ),
    (
        "document_error",
        editor(
            _("The document could not be taken to Microsoft 365 or back."),
            _("Try again; the document here is unchanged."),
        ),
    ),
    (
        "not_allowed",
        site_admin(
            _("You do not have the permission to do that with this document."),
            _("Give the person's group that permission on the document's collection."),
        ),
    ),
    (
        "format_not_editable",
        editor(
            _("Office cannot edit files of this format in the browser."),
            _("Save a copy to OneDrive, convert it there, and upload the new file."),
        ),
    ),
    (
        "legacy_format",
        editor(
            _("Office for the web only shows files of this old format."),
            _("Open it in Office, save it as the new format, and upload that file."),
            _("The new format is .%(successor)s."),
        ),
    ),
    (
        "file_missing",
        site_admin(
            _("The document's file is missing in the site's storage."),
            _("Restore it from a backup, or upload the file again."),
        ),
    ),
    (
        "file_unreadable",
        nobody(
            _(
                "The site's storage did not give the document's file; nothing was changed."
            ),
            _("Try again in a moment; if it stays so, tell the site's administrator."),
        ),
    ),
    (
        "name_refused",
        editor(
            _("OneDrive does not accept this name."),
            _(
                'Choose another name: none of " * : < > ? / \\ | in it, no space or dot '
                "at its ends, and neither too long nor reserved, such as CON."
            ),
            _("The name is “%(name)s”."),
        ),
    ),
    (
        "content_mismatch",
        nobody(
            _("The file did not arrive as it was sent, so it was not used."),
            _("Try again; both files are as they were."),
        ),
    ),
    (
        "copy_not_as_sent",
        editor(
            _(
                "What Microsoft 365 keeps is not what was sent; the document here is as "
                "it was."
            ),
            _("Delete that copy in OneDrive if it is still there, and try again."),
            _("The copy is called “%(name)s”."),
        ),
    ),
    (
        "source_changed",
        editor(
            _("The document's file changed while it was being sent."),
            _("Try again once nobody uploads a new file for it."),
        ),
    ),
    (
        "nothing_open",
        editor(
            _("The document is not open in Microsoft 365."),
            _("Open it in Microsoft 365 first."),
        ),
    ),
    (
        "both_changed",
        editor(
            _(
                "The document changed both here and in Microsoft 365; nothing was touched."
            ),
            _("Compare the two and choose which one to keep."),
        ),
    ),
    (
        "given_up",
        editor(
            _("Somebody ended this replacement in the meantime; nothing was touched."),
            _("Look at the document as it is now, then try again."),
        ),
    ),
    (
        "wrong_state",
        editor(
            _("The document's editing is at a point where this is not possible."),
            _("Reload the document's page: it shows what is possible now."),
        ),
    ),
    (
        "write_refused",
        editor(
            _("The site did not accept the file that came back."),
            _(
                "Change the file in Microsoft 365 accordingly, then bring it back again."
            ),
            _("The site says: %(reason)s"),
        ),
    ),
    (
        "write_failed",
        site_admin(
            _("The site could not store the file; the document is as it was."),
            _("Check the site's file storage: free space, rights, reachability."),
        ),
    ),
    (
        "already_open",
        editor(
            _("Somebody else has this document open in Microsoft 365."),
            _("Ask that person to bring it back, or look at who it is on its page."),
        ),
    ),
    (
        "transfer_cancelled",
        editor(
            _("The transfer was cancelled."),
            _("Start it again if the file is still wanted."),
        ),
    ),
    (
        "refused_by_site",
        site_admin(
            _("A rule of this site keeps this document from being saved."),
            _("Ask your site administrator what that rule is."),
        ),
    ),
    (
        "transfer_interrupted",
        nobody(
            _("The transfer was cut short by something unexpected on this site."),
            _("Try again; if it happens again, tell your site administrator."),
        ),
    ),
    (
        "transfer_account_gone",
        editor(
            _("The Microsoft account of this transfer is not connected any more."),
            _("Connect the account again, then start anew."),
        ),
    ),
    (
        "changed_meanwhile",
        editor(
            _("Somebody changed this document in the meantime; nothing was touched."),
            _("Look at the document as it is now, then try again."),
        ),
    ),
    (
        "decided",
        editor(
            _("Somebody has decided on this file already."),
            _("Look at the document's versions: they say what became of it."),
        ),
    ),
    (
        "being_sent",
        editor(
            _("The document is just being sent to Microsoft 365."),
            _("Wait until that is finished, then try again."),
        ),
    ),
    (
        "document_deleted",
        editor(
            _("The document was deleted."),
            _("Upload the file as a new document if it is still needed."),
        ),
    ),
    (
        "empty_file",
        editor(
            _("The document's file is empty."),
            _("Upload a file with content first."),
        ),
    ),
    (
        "too_large",
        editor(
            _("The file is too large for Office in the browser."),
            _("Save a copy to OneDrive and open it with Office on your computer."),
        ),
    ),
    (
        "private_collection",
        site_admin(
            _("Documents of private collections do not leave this site."),
            _("Move it to a public collection, or change that rule in the settings."),
        ),
    ),
    (
        "file_protected",
        editor(
            _("The file that came back is protected by a label or a password."),
            _("Remove the protection in Office, then bring the document back again."),
        ),
    ),
    (
        "edit_location_unreadable",
        site_admin(
            _("The setting that says where copies lie cannot be understood."),
            _("Correct EDIT_LOCATION in the Django settings."),
        ),
    ),
    (
        "edit_folder_gone",
        site_admin(
            _("The library folder for copies is gone, or your account cannot see it."),
            _("Choose the folder again in the settings, or give access to its site."),
        ),
    ),
    (
        "edit_folder_forbidden",
        site_admin(
            _("Your Microsoft account may not write into the library for copies."),
            _("Ask the owners of that SharePoint site to make the person a member."),
        ),
    ),
    (
        "no_room",
        editor(
            _("There is no room for the file where it would go; nothing was sent."),
            _("Delete what is not needed there, and empty its recycle bin."),
            _("%(size)s bytes are needed, %(left)s are left."),
        ),
    ),
    (
        "no_preview",
        editor(
            _("Microsoft gives no preview of this file."),
            _("Open it in Microsoft 365 instead."),
        ),
    ),
)
