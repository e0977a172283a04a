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

from .storages import FragileStorage, Saboteur

SAMPLES = Path(__file__).parents[2] / "example_site" / "documents"


@pytest.fixture(autouse=True)
def _media_of_its_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def collection(db) -> Collection:
    root = Collection.get_first_root_node() or Collection.add_root(name="Root")
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
def sample() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()
