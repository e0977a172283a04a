"""What the guided tour tells: who one can be, and what is worth trying."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from example_site.home.microsoft import shared_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to try, by whom, and where it begins."""

    title: str
    text: str
    login: str
    link: str
    address: str


def steps() -> list[Step]:
    """The tour, in an order that tells a story."""
    documents = reverse("wagtaildocs:index")
    return [
        Step(
            title="Edit a document in Word",
            text="Choose Open in Microsoft 365 in the row menu of the press release. Sign in once, change the first "
            "sentence, save. Back on the document's page, bring it back – and look at its earlier version.",
            login="press",
            link="Documents",
            address=documents,
        ),
        Step(
            title="Meet a colleague",
            text="Leave the press release open and log in as somebody else in another browser: who has it, since when, "
            "is told before you overwrite anything.",
            login="events",
            link="Documents",
            address=documents,
        ),
        Step(
            title="Change both sides",
            text="While the document is open, upload another file for it on the site. Bring the edited one back: both are "
            "shown with what differs, and the one you do not take is kept.",
            login="press",
            link="Documents",
            address=documents,
        ),
        Step(
            title="Save a copy where colleagues work",
            text="Save to OneDrive asks for one right more than editing, when it is first needed, and lets you choose the folder.",
            login="press",
            link="Documents",
            address=documents,
        ),
        Step(
            title="Take what was shared by a link",
            text="A colleague has shared a folder. In Add from OneDrive open All places, then Open a link, and paste this: "
            f"{shared_link()}",
            login="events",
            link="Documents",
            address=documents,
        ),
        Step(
            title="Take a policy by its document",
            text="Snippets that carry documents have the same actions. This editor sees one collection only – and only "
            "that one's documents can travel.",
            login="policies",
            link="Policies",
            address=reverse("wagtailsnippets_home_policy:list"),
        ),
        Step(
            title="See what a plugin can do",
            text="The dashboard lists the newest files of your OneDrive. It is made by a small sample plugin that uses the public API alone.",
            login="press",
            link="Dashboard",
            address=reverse("wagtailadmin_home"),
        ),
        Step(
            title="Look after it",
            text="Press Test connection. Then make a mistake – another client id, a wrong secret – and test again: it says what is wrong and who must act.",
            login="admin",
            link="Settings",
            address=reverse(
                "wagtailsettings:edit", args=["wagtail_m365", "m365settings"]
            ),
        ),
    ]
