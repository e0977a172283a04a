from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.models import Collection, GroupCollectionPermission

from tests.selecting import _only_what_is_read  # noqa: F401  # a fixture
from wagtail_m365.models import CachedAccessToken, Connection, WatchedFolder
from wagtail_m365.models.configuration import registration
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret
from wagtail_m365.testing.server import FakeMicrosoft
from wagtail_m365.tokens.bundles import EDIT, SAVE
from wagtail_m365.tokens.servers import remember_servers

from .storages import FragileStorage, Saboteur, StreamingStorage
from .watch import Watch

SAMPLES = Path(__file__).parents[2] / "example_site" / "documents"


@pytest.fixture(autouse=True)
def _media_of_its_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def collection(db) -> Collection:
    root = Collection.get_first_root_node()
    return root.add_child(name="Press")


@pytest.fixture
def make_editor(collection) -> Callable[..., Any]:
    """People whose rights are on one collection, as in real life."""

    def make(name: str, *codenames: str) -> Any:
        user = get_user_model().objects.create_user(name, f"{name}@example.org", "x")
        group = Group.objects.create(name=f"Rights of {name}")
        user.groups.add(group)
        names = ["access_admin", "use_microsoft365"]
        group.permissions.add(*Permission.objects.filter(codename__in=names))
        for codename in codenames or ("add_document", "change_document"):
            GroupCollectionPermission.objects.create(
                group=group,
                collection=collection,
                permission=Permission.objects.get(
                    codename=codename, content_type__app_label="wagtaildocs"
                ),
            )
        return user

    return make


@pytest.fixture
def ada(make_editor) -> Any:
    return make_editor("ada")


@pytest.fixture
def ben(make_editor) -> Any:
    return make_editor("ben")


@pytest.fixture
def make_document(collection) -> Callable[..., Any]:
    def make(
        content: bytes = b"first", name: str = "report.docx", **columns: Any
    ) -> Any:
        document = get_document_model()(
            title=columns.pop("title", "Report"), collection=collection, **columns
        )
        document.file.save(name, ContentFile(content), save=False)
        document._set_document_file_metadata()
        document.file.close()
        document.save()
        document.tags.add("press")
        return document

    return make


@pytest.fixture
def document(make_document) -> Any:
    return make_document()


@pytest.fixture
def read() -> Callable[[Any], bytes]:
    """What the site serves now, read anew."""

    def content_of(row: Any) -> bytes:
        fresh = type(row).objects.get(pk=row.pk)
        with fresh.file.storage.open(fresh.file.name) as file:
            return file.read()

    return content_of


@pytest.fixture
def saboteur(settings) -> Iterator[Saboteur]:
    """All files of the site are in a storage that can fail at each step."""
    backend = f"{FragileStorage.__module__}.{FragileStorage.__qualname__}"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend}}
    FragileStorage.saboteur.disarm()
    yield FragileStorage.saboteur
    FragileStorage.saboteur.disarm()


@pytest.fixture
def streaming(settings) -> None:
    """From now on, the storage of the site gives streams."""
    backend = f"{StreamingStorage.__module__}.{StreamingStorage.__qualname__}"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend}}


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture(scope="session")
def _server() -> Iterator[FakeMicrosoft]:
    with FakeMicrosoft() as microsoft:
        yield microsoft


@pytest.fixture
def microsoft(_server, settings) -> FakeMicrosoft:
    """A world of its own for each test, in which the site's application is known."""
    _server.reset()
    settings.WAGTAIL_M365 = _server.settings()
    return _server


@pytest.fixture
def connect(microsoft) -> Callable[..., Any]:
    """Connect somebody: the rows as a sign-in leaves them; ``account`` is Microsoft's.

    The sign-in itself has its own tests; here it would only take time.
    """

    def connect(user: Any, **options: Any) -> Connection:
        name = user.get_username()
        scopes = {"User.Read", *EDIT, *SAVE, *options.pop("scopes", ())}
        account = microsoft.add_account(
            f"{name}@contoso.onmicrosoft.com", name.title(), **options
        )
        microsoft.world.consent(account, microsoft.app, scopes)
        connection = Connection(
            user=user,
            default_for=user,
            client_id=microsoft.app.client_id,
            authority_tenant=microsoft.tenant.id,
            tenant_id=account.tenant_id,
            object_id=account.object_id,
            home_account_id=f"{account.object_id}.{account.tenant_id}",
            username=account.username,
            granted_scopes=" ".join(sorted(scopes)),
        )
        remember_servers(connection, registration().cloud)
        refresh = microsoft.world.issue_refresh_token(account, microsoft.app)
        connection.set_refresh_token(Secret(refresh.text))
        connection.save()
        token = microsoft.world.issue_access_token(account, microsoft.app, scopes)
        context = access_token_context(connection.pk, "graph")
        CachedAccessToken.objects.create(
            connection=connection,
            audience="graph",
            scopes=connection.granted_scopes,
            token_sealed=vault().seal(Secret(token), *context),
            expires_on=int(microsoft.clock.time() + 3600),
            version=connection.version,
        )
        connection.account = account
        return connection

    return connect


@pytest.fixture
def onedrive(microsoft) -> Callable[[Any], OneDrive]:
    return lambda connection: OneDrive(microsoft.drive(connection.account))


class OneDrive:
    """Somebody's drive with one edited file in it."""

    def __init__(self, seam: Any) -> None:
        self.seam = seam

    @property
    def paths(self) -> list[str]:
        return self.seam.paths()

    @property
    def path(self) -> str:
        (only,) = self.paths
        return only

    @property
    def content(self) -> bytes:
        return self.seam.file(self.path)

    def edit(self, content: bytes, **options: Any) -> None:
        self.seam.edit(self.path, content, **options)


@pytest.fixture
def watch(ada, connect, microsoft, collection) -> Watch:
    """The folder “Press” of Ada's OneDrive, watched into her collection."""
    connection = connect(ada)
    drive = microsoft.drive(connection.account)
    folder = WatchedFolder.objects.create(
        owner=ada,
        connection=connection,
        collection=collection,
        place="mine",
        drive_id=drive.drive.id,
        item_id=drive.folder("Press").id,
        name="Press",
    )
    return Watch(drive=drive, microsoft=microsoft, folder=folder)
