"""Who and what the example site begins with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Where the sample documents lie.
SAMPLES = Path(__file__).resolve().parent.parent / "documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One log-in of the example site; the name is the password, too."""

    name: str
    #: Wagtail's account page is not saved without a first and a last name.
    first_name: str
    last_name: str
    group: str
    what: str
    account: str = ""


LOGINS = (
    Login(
        name="admin",
        first_name="Ada",
        last_name="Admin",
        group="",
        what="site admin: may do everything",
    ),
    Login(
        name="press",
        first_name="Petra",
        last_name="Press",
        account="press@harbour.example",
        group="Editors",
        what="editor, all documents",
    ),
    Login(
        name="events",
        first_name="Emil",
        last_name="Events",
        account="events@harbour.example",
        group="Editors",
        what="editor, all documents",
    ),
    Login(
        name="policies",
        first_name="Paula",
        last_name="Policies",
        account="policies@harbour.example",
        group="Policy editors",
        what='editor with rights on the collection "Policies" only',
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample document: its file here and what the site calls it.

    Attributes:
        stored_as: Another name of the file on the site, as it stands.
        large: Whether it is an album to bring to full resolution first.
    """

    file: str
    title: str
    collection: str
    stored_as: str = ""
    large: bool = False


DOCUMENTS = (
    Sample(
        file="harbour-festival-press-release.docx",
        title="Press release: harbour festival",
        collection="Press",
    ),
    Sample(file="festival-budget.xlsx", title="Festival budget", collection="Press"),
    Sample(file="harbour-tour.pptx", title="A tour of the harbour", collection="Press"),
    Sample(
        file="photo-album.pptx",
        title="Album of the festival (large)",
        collection="Press",
        stored_as="photo-album-large.pptx",
        large=True,
    ),
    Sample(
        file="quarterly-report.docx",
        title='Q3 #1 – "final" 100%',
        collection="Press",
        stored_as='Q3 #1 – "final" 100%.docx',
    ),
    Sample(
        file="letter-1998.doc", title="Letter to the neighbours", collection="Press"
    ),
    Sample(file="opening-hours.csv", title="Opening hours", collection="Press"),
    Sample(
        file="visitor-rules.docx", title="Rules for visitors", collection="Policies"
    ),
    Sample(
        file="visitor-rules.pdf",
        title="Rules for visitors (to print)",
        collection="Policies",
    ),
)
