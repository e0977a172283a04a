"""Journeys of documents: to Microsoft 365, back to the site, and into OneDrive.

==================  ==========================================================
``opening``         a document is sent to Microsoft 365: an edit session begins
``bringing_back``   the three-way check; the edited file becomes the document's
``taking``          what was edited is taken, or proposed
``proposing``       a file is stored that waits for approval
``moderation``      what waits is approved, rejected or withdrawn
``resolving``       both sides changed: take theirs, keep ours, keep both
``closing``         an edit session ends: discarded, handed over, lost
``saving``          a copy is saved to OneDrive
``writing_back``    the one place where a document's file is replaced
``mending``         a replacement that was cut short is undone
``versions``        files that a document had before: list, download, restore
``sweeping``        what was left open is finished, expired or reported
==================  ==========================================================
"""

from __future__ import annotations
