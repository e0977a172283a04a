"""Bundles of scopes with clear names: what to ask for, from least to most.

Names are Microsoft's delegated permissions ("Microsoft Graph permissions reference").
None of them needs an administrator's consent by default unless it says so; a tenant
may demand that for any of them.
"""

from __future__ import annotations

#: Who the account is: name, picture, address.
PROFILE = ("User.Read",)
#: Edit sessions: our own folder in the editor's OneDrive and nothing else of it.
EDIT = ("Files.ReadWrite.AppFolder",)
#: *Save to OneDrive* and the folder browser: all files of the editor's own drive.
SAVE = ("Files.ReadWrite",)
