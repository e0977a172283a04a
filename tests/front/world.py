"""A site in which every page of ours has something to show."""

from __future__ import annotations

import io
from typing import Any

import docx
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection

from tests.front.addresses import SERVICE
from tests.testapp.models import Policy
from wagtail_m365.models import AppRegistration, Connection, DocumentVersion
from wagtail_m365.models.proposals import Proposal
from wagtail_m365.models.subscriptions import FollowedDrive, Subscription
from wagtail_m365.models.transfers import Transfer
from wagtail_m365.models.watched_folders import WatchedFolder
from wagtail_m365.tokens import bundles

AWKWARD = (
    'Q3 #1 – "final" 100% and a name that goes on and on until no line can hold it'
)


def word(*paragraphs: str) -> bytes:
    document, target = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(target)
    return target.getvalue()


class World:
    """The admin and an editor, their accounts, and documents in different states."""

    def __init__(self, microsoft: Any, connect_account: Any) -> None:
        self.microsoft = microsoft
        ContentType.objects.clear_cache()  # a database that was emptied made new ones
        root = Collection.get_first_root_node()
        self.collection = root
        self._connect = connect_account
        self.admin = self._person("admin")
        self.events = self._person("events")
        self._documents()
        AppRegistration.objects.create(
            name="Website documents", client_id="d1b0b0a8", tenant="organizations"
        )

        Connection.objects.create(
            service_name=SERVICE,
            client_id="d1b0b0a8",
            tenant_id=microsoft.tenant.id,
            object_id="newsletter",
            username="newsletter@harbour.example",
            granted_scopes="Mail.Send",
        )

    def _person(self, name: str) -> Any:
        user = get_user_model().objects.create_superuser(
            name, f"{name}@harbour.example", name
        )
        account = self.microsoft.add_account(
            f"{name}@{self.microsoft.tenant.domain}", name.title()
        )
        scopes = (*bundles.PROFILE, *bundles.EDIT, *bundles.SAVE, *bundles.SHARED)
        self._connect(user, account, *scopes)
        user.m365_drive = self.microsoft.drive(account)
        return user

    def _document(self, title: str, filename: str, content: bytes) -> Any:
        return get_document_model().objects.create(
            title=title,
            file=ContentFile(content, filename),
            collection=self.collection,
            uploaded_by_user=self.admin,
        )

    def _documents(self) -> None:
        rules = word("Rules for visitors", "Open from nine to five.")
        self._document("A tour of the harbour", "tour.pptx", b"slides")
        changed = self._document("Press release", "release.docx", rules)
        conflict = self._document("Visitor rules", "rules.docx", rules)
        others = self._document("Budget", "budget.docx", rules)
        self._document(AWKWARD, "report.docx", rules)
        self._versions(changed)
        self._long_work(changed)
        self._open(self.admin, changed, word("Rules for visitors", "Open until six."))
        self._open(self.admin, conflict, word("Rules for visitors", "Closed."))
        self._replace(conflict, word("Rules for visitors", "Open all night."))
        self._post(self.admin, "bring_back", conflict)
        self._open(self.events, others, None)
        Policy.objects.create(name="Visitors", document=changed)

    def _long_work(self, document: Any) -> None:
        """A watched folder, a transfer, what waits for approval, and who will call."""
        connection = self.admin.m365_connections.first()
        drive = FollowedDrive.objects.create(connection=connection, drive_id="drive")
        Subscription.objects.create(drive=drive, subscription_id="promise")
        known = {"owner": self.admin, "connection": connection}
        WatchedFolder.objects.create(
            **known,
            collection=self.collection,
            place="onedrive",
            drive_id="drive",
            item_id="item",
            name="Press kits",
            path="Documents/Press kits",
        )
        Transfer.objects.create(
            **known,
            kind=Transfer.Kind.values[0],
            document=document,
            title=document.title,
            size=2_000_000,
        )
        Proposal.objects.create(
            document=document,
            version=DocumentVersion.objects.filter(document=document).first(),
            author=self.events,
            comment="Please look at the second paragraph.",
        )

    def _versions(self, document: Any) -> None:
        for number, content in enumerate((word("Rules"), b"not a Word file"), 1):
            DocumentVersion.objects.create(
                document=document,
                file=ContentFile(content, f"release-{number}.docx"),
                filename=f"release-{number}.docx",
                size=len(content),
                stage=DocumentVersion.Stage.KEPT,
                source=DocumentVersion.Source.BROUGHT_BACK,
                saved_by=self.events,
                comment="New opening hours",
            )

    def _post(self, user: Any, name: str, document: Any) -> None:
        client = Client()
        client.force_login(user)
        answer = client.post(reverse(f"wagtail_m365:{name}", args=[document.pk]))
        assert answer.status_code < 400, (name, answer.status_code)

    def _open(self, user: Any, document: Any, edited: bytes | None) -> None:
        before = set(user.m365_drive.paths())
        self._post(user, "open", document)
        (path,) = set(user.m365_drive.paths()) - before
        if edited is not None:
            user.m365_drive.edit(path, edited)

    def _replace(self, document: Any, content: bytes) -> None:
        document.file.save("rules.docx", ContentFile(content), save=False)
        document.file_hash, document.file_size = "", None
        document._set_document_file_metadata()
        document.save()
        document.file.close()
