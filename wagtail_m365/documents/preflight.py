"""What can be known before anything is sent: one reason for each refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from wagtail.documents.models import AbstractDocument
from wagtail.models import Collection

from wagtail_m365.conf import settings
from wagtail_m365.errors import (
    DocumentError,
    FileMissing,
    FormatNotEditable,
    M365Error,
    NameRefused,
    NotAllowed,
)
from wagtail_m365.graph.names import check_name, safe_name

from . import formats
from .content import size_of
from .permissions import may_edit

#: Why a document cannot be opened: an error that was not raised yet.
Refusal: TypeAlias = M365Error


def preflight(document: AbstractDocument, user: Any) -> list[Refusal]:
    """Every reason why this document cannot be opened; none when it can.

    Asks the database and the site's storage, not Microsoft.
    """
    if not may_edit(document, user):
        # Whoever may not edit it learns nothing else about it.
        return [NotAllowed("This person may not change this document.")]
    return list(_refusals(document))


def is_private(document: AbstractDocument) -> bool:
    """Does the site show this document to some people only?"""
    return bool(document.collection.get_view_restrictions().exists())


def private_paths() -> tuple[str, ...]:
    """Where collections begin that the site shows to some people only.

    What is above a collection holds for it, too, and every path begins with that of the
    collection above it: one query tells it of all collections.
    """
    restricted = Collection.objects.filter(view_restrictions__isnull=False)
    return tuple(restricted.distinct().values_list("path", flat=True))


def private_among(documents: Iterable[AbstractDocument]) -> list[AbstractDocument]:
    """Those that the site shows to some people only."""
    paths = private_paths()
    return [each for each in documents if each.collection.path.startswith(paths)]


def leaves_protection(document: AbstractDocument) -> bool:
    """Should the editor be warned that a private document leaves the site?"""
    return settings.PRIVATE_COLLECTIONS == "warn" and is_private(document)


def is_held_back(document: AbstractDocument) -> bool:
    """Must this document not leave the site?"""
    return settings.PRIVATE_COLLECTIONS == "forbid" and is_private(document)


def refuse_private(document: AbstractDocument) -> None:
    """Hold back what the site wants to hold back.

    Raises:
        NotAllowed: The document is private and must not leave the site.
    """
    if is_held_back(document):
        raise NotAllowed(
            "Documents of private collections do not leave this site.",
            code="private_collection",
        )


def _refusals(document: AbstractDocument) -> Iterator[Refusal]:
    yield from _refusals_of_format(document.filename)
    yield from _refusals_of_file(document)
    try:
        check_name(safe_name(document.filename))
    except NameRefused as refusal:
        yield refusal
    try:
        refuse_private(document)
    except NotAllowed as refusal:
        yield refusal


def _refusals_of_format(filename: str) -> Iterator[Refusal]:
    if formats.editable(filename):
        return
    successor = formats.legacy_successor(filename)
    extension = formats.extension_of(filename)
    yield FormatNotEditable(
        f"Office for the web does not edit .{extension} files.",
        code="legacy_format" if successor else None,
        extension=extension,
        successor=successor,
    )


def _refusals_of_file(document: AbstractDocument) -> Iterator[Refusal]:
    try:
        size = size_of(document)
    except FileMissing as missing:
        yield missing
        return
    if not size:
        yield DocumentError("The file is empty.", code="empty_file")
    kind = formats.editable(document.filename)
    if kind and size > kind.browser_limit:
        yield DocumentError(
            f"{kind.app} for the web edits files up to {kind.browser_limit} bytes.",
            code="too_large",
            size=size,
            limit=kind.browser_limit,
            app=str(kind.app),
        )
