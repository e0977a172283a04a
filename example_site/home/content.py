"""Makes the example site's content: people, collections, documents, snippets."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from wagtail.documents import get_document_model
from wagtail.models import Collection, GroupCollectionPermission, Page, Site

from example_site.home.album import in_full_resolution
from example_site.home.models import (
    DownloadsPage,
    HomePage,
    Policy,
    PressRelease,
    TeamMember,
    TourPage,
)
from example_site.home.samples import DOCUMENTS, LOGINS, SAMPLES, Login, Sample

INTRO = (
    "<p>News, rules and pictures from the quays. What the harbour office publishes is "
    "written in Word, Excel and PowerPoint – and lives here.</p>"
)


def load() -> None:
    """Make everything that is not there yet; what editors changed stays."""
    collections = {
        name: _collection(name) for name in sorted({d.collection for d in DOCUMENTS})
    }
    _group("Editors", Collection.get_first_root_node())
    _group("Policy editors", collections["Policies"])
    for login in LOGINS:
        _user(login)
    for sample in DOCUMENTS:
        _document(sample, collections[sample.collection])
    _snippets()
    _team()
    _home_page()
    _more_pages()


def _collection(name: str) -> Collection:
    existing = Collection.objects.filter(name=name).first()
    return existing or Collection.get_first_root_node().add_child(name=name)


def _group(name: str, collection: Collection) -> None:
    group, _ = Group.objects.get_or_create(name=name)
    wanted = [
        ("wagtailadmin", "access_admin"),
        ("wagtail_m365", "use_microsoft365"),
        ("wagtail_m365", "manage_watched_folders"),
        *(
            ("home", f"{verb}_{model}")
            for verb in ("add", "change", "view")
            for model in ("policy", "pressrelease", "teammember")
        ),
    ]
    for app_label, codename in wanted:
        group.permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )
    for codename in ("add_document", "change_document", "choose_document"):
        GroupCollectionPermission.objects.get_or_create(
            group=group,
            collection=collection,
            permission=Permission.objects.get(
                content_type__app_label="wagtaildocs", codename=codename
            ),
        )


def _user(login: Login) -> None:
    users = get_user_model().objects
    names = {"first_name": login.first_name, "last_name": login.last_name}
    known = users.filter(username=login.name)
    if known.exists():
        # Demos of earlier days had people without names.
        known.filter(first_name="", last_name="").update(**names)
        return
    email = f"{login.name}@harbour.example"
    if not login.group:
        users.create_superuser(login.name, email, login.name, **names)
        return
    user = users.create_user(login.name, email, login.name, **names)
    user.groups.add(Group.objects.get(name=login.group))


def _document(sample: Sample, collection: Collection) -> None:
    model = get_document_model()
    if model.objects.filter(title=sample.title).exists():
        return
    document = model(title=sample.title, collection=collection)
    source = SAMPLES / sample.file
    content = in_full_resolution(source) if sample.large else source.read_bytes()
    if sample.stored_as:
        document.file.name = _store_as(sample.stored_as, content)
    else:
        document.file.save(sample.file, ContentFile(content), save=False)
    document._set_document_file_metadata()
    document.save()


def _store_as(name: str, content: bytes) -> str:
    # Past Django's cleaning of names: files that other systems brought in look so.
    path = Path(default_storage.path("documents")) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"documents/{name}"


def _snippets() -> None:
    documents = get_document_model().objects
    Policy.objects.get_or_create(
        name="Visitors",
        defaults={
            "summary": "What holds on our quays, piers and bridges.",
            "document": documents.filter(title="Rules for visitors").first(),
        },
    )
    if PressRelease.objects.exists():
        return
    release = PressRelease(headline="Harbour festival opens on 6 June")
    for title in ("Press release: harbour festival", "Festival budget"):
        release.attachments.append(("document", documents.get(title=title)))
    release.save()


TEAM = (
    ("Press desk", "Writes what the harbour has to say. ", "A tour of the harbour"),
    ("Events desk", "Plans the festival, and pays for it. ", "Festival budget"),
    ("Quay wardens", "See that everybody keeps the rules. ", "Rules for visitors"),
)


def _team() -> None:
    documents = get_document_model().objects
    for number, (role, about, title) in enumerate(TEAM):
        TeamMember.objects.get_or_create(
            role=role,
            defaults={
                "about": about,
                "profile": documents.filter(title=title).first(),
                "sort_order": number,
            },
        )


def _more_pages() -> None:
    home = HomePage.objects.get()
    if not DownloadsPage.objects.exists():
        words = "<p>What we publish, as we wrote it. Every link stays the same when a file is edited.</p>"
        home.add_child(
            instance=DownloadsPage(
                title="Downloads", slug="downloads", intro=words, show_in_menus=True
            )
        )
    if not TourPage.objects.exists():
        home.refresh_from_db()
        home.add_child(
            instance=TourPage(
                title="Guided tour", slug="guided-tour", show_in_menus=True
            )
        )


def _home_page() -> None:
    if HomePage.objects.exists():
        return
    root = Page.get_first_root_node()
    for page in root.get_children():
        page.delete()
    root.refresh_from_db()
    home = root.add_child(
        instance=HomePage(title="The harbour is open", slug="home", intro=INTRO)
    )
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": "localhost",
            "root_page": home,
            "site_name": "Harbour office",
        },
    )
