"""One site and one Microsoft in which a history takes place, made new cheaply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from taggit.models import Tag, TaggedItem
from wagtail.documents import get_document_model
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    ModelLogEntry,
    ReferenceIndex,
)

from wagtail_m365.models import (
    CachedAccessToken,
    Connection,
    DocumentVersion,
    EditSession,
    FollowedDrive,
    JoinedEditor,
    Proposal,
    TokenUse,
)
from wagtail_m365.models.configuration import registration
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret
from wagtail_m365.testing.fake.directory import Account
from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.server import FakeMicrosoft
from wagtail_m365.tokens.bundles import EDIT, SAVE
from wagtail_m365.tokens.servers import remember_servers

from .steps import SteppingStorage

SCOPES = {"User.Read", *EDIT, *SAVE}
#: For copies in a library.
LIBRARY_SCOPES = {*SCOPES, "Files.ReadWrite.All"}
PEOPLE = ("ada", "ben")
#: Who may publish where editors' files wait for approval.
CHIEF = "ben"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What kind of account and of file a history is about, and how the site works."""

    name: str
    make_file: Callable[[str], bytes]
    personal: bool = False
    #: Copies lie in a library that all share, and that demands to be checked out of.
    library: bool = False
    #: What editors bring back waits until somebody approves it.
    moderated: bool = False

    @property
    def scopes(self) -> set[str]:
        """What the accounts have granted."""
        return LIBRARY_SCOPES if self.library else SCOPES


class Site:
    """The site's people, who stay, and its documents, which go after each history."""

    def __init__(self, microsoft: FakeMicrosoft, settings: Any) -> None:
        self.microsoft = microsoft
        self._settings = settings
        root = Collection.get_first_root_node()
        self.collection = root.add_child(name="Press")
        self.people = {name: self._editor(name) for name in PEOPLE}
        #: Looks at everything, and asks for no rights in many queries.
        self.visitor = get_user_model().objects.create_superuser("visitor")
        self.browsers = {name: _browser(user) for name, user in self.people.items()}
        ContentType.objects.clear_cache()

    def clear(self) -> None:
        """Everything that a history has made is gone."""
        SteppingStorage.files.clear()
        with transaction.atomic():
            for model in (
                *(JoinedEditor, FollowedDrive, Proposal),
                *(DocumentVersion, EditSession, CachedAccessToken, TokenUse),
                *(Connection, TaggedItem, Tag, get_document_model()),
                *(ModelLogEntry, ReferenceIndex),
            ):
                rows = model._default_manager.all()
                rows._raw_delete(rows.db)

    def begin(self, scene: Scene) -> list[DriveSeam]:
        """The site is set up for a scene; the drives in which copies may lie."""
        self.scene = scene
        self._settings.WAGTAIL_M365 = self.microsoft.settings(
            MODERATION=scene.moderated
        )
        self.connections = {
            name: self.connect(user) for name, user in self.people.items()
        }
        accounts = [each.account for each in self.connections.values()]
        drives = [self.microsoft.drive(account) for account in accounts]
        if scene.library:
            drives.append(self._choose_library(accounts[0]))
        return drives

    def _choose_library(self, owner: Account) -> DriveSeam:
        library = self.microsoft.add_library("Press", owner, requires_check_out=True)
        place = {"library": library.drive.id, "folder": library.folder("Website").id}
        self._settings.WAGTAIL_M365 |= {"EDIT_LOCATION": place}
        return library

    def new_document(self, content: bytes, name: str) -> Any:
        document = get_document_model()(title="Report", collection=self.collection)
        document.file.save(name, ContentFile(content), save=False)
        document._set_document_file_metadata()
        document.save()
        return document

    def connect(self, user: Any) -> Connection:
        """The rows as a sign-in leaves them, which has tests of its own."""
        name = user.get_username()
        account = self.microsoft.add_account(
            f"{name}@contoso.onmicrosoft.com",
            name.title(),
            personal=self.scene.personal,
        )
        connection = Connection(
            user=user,
            default_for=user,
            client_id=self.microsoft.app.client_id,
            authority_tenant=self.microsoft.tenant.id,
            tenant_id=account.tenant_id,
            object_id=account.object_id,
            home_account_id=f"{account.object_id}.{account.tenant_id}",
            username=account.username,
            granted_scopes=" ".join(sorted(self.scene.scopes)),
        )
        remember_servers(connection, registration().cloud)
        connection.account = account
        self.sign_in(connection, account)
        return connection

    def sign_in(self, connection: Connection, account: Account) -> None:
        """Fresh tokens for an account, whatever happened to the old ones."""
        world, app = self.microsoft.world, self.microsoft.app
        world.consent(account, app, self.scene.scopes)
        refresh = world.issue_refresh_token(account, app)
        connection.set_refresh_token(Secret(refresh.text))
        connection.state = Connection.State.ACTIVE
        connection.save()
        token = world.issue_access_token(account, app, self.scene.scopes)
        context = access_token_context(connection.pk, "graph")
        # In one transaction: somebody else may refresh in the middle of a sign-in.
        CachedAccessToken.objects.update_or_create(
            connection=connection,
            audience="graph",
            defaults={
                "scopes": connection.granted_scopes,
                "token_sealed": vault().seal(Secret(token), *context),
                "expires_on": int(self.microsoft.clock.time() + 3600),
                "version": connection.version,
                "not_before": 0,
            },
        )

    def _editor(self, name: str) -> Any:
        user = get_user_model().objects.create_user(name, f"{name}@example.org", "x")
        group = Group.objects.create(name=f"Rights of {name}")
        user.groups.add(group)
        names = ["access_admin", "use_microsoft365"]
        names += ["publish_brought_back"] if name == CHIEF else []
        group.permissions.add(*Permission.objects.filter(codename__in=names))
        for codename in ("add_document", "change_document"):
            GroupCollectionPermission.objects.create(
                group=group,
                collection=self.collection,
                permission=Permission.objects.get(
                    codename=codename, content_type__app_label="wagtaildocs"
                ),
            )
        return user


def _browser(user: Any) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser
