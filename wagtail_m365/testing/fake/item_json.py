"""Drive items, drives and versions as Graph's JSON."""

from __future__ import annotations

import mimetypes
import posixpath
from base64 import urlsafe_b64encode
from datetime import datetime
from urllib.parse import quote

from werkzeug.wrappers import Request

from .items import SPECIAL, Author, Item, Version
from .odata import Json, selected
from .tree import Drive

_OPENXML = "application/vnd.openxmlformats-officedocument."
_MIME_TYPES = {
    ".docx": f"{_OPENXML}wordprocessingml.document",
    ".xlsx": f"{_OPENXML}spreadsheetml.sheet",
    ".pptx": f"{_OPENXML}presentationml.presentation",
    ".docm": "application/vnd.ms-word.document.macroEnabled.12",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
    ".pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
    ".md": "text/markdown",
}
DOWNLOAD_URL = "@microsoft.graph.downloadUrl"
#: Properties of a drive item that are only answered when they are selected.
ON_REQUEST = {"publication", "sharepointIds", "webDavUrl"}
ITEM_PROPERTIES = frozenset(
    [
        "audio",
        "bundle",
        "children",
        "content",
        "createdBy",
        "createdDateTime",
        "cTag",
        "deleted",
        "description",
        "eTag",
        "file",
        "fileSystemInfo",
        "folder",
        "id",
        "image",
        "lastModifiedBy",
        "lastModifiedDateTime",
        "location",
        "malware",
        "name",
        "package",
        "parentReference",
        "pendingOperations",
        "permissions",
        "photo",
        "publication",
        "remoteItem",
        "root",
        "searchResult",
        "shared",
        "sharepointIds",
        "size",
        "specialFolder",
        "subscriptions",
        "thumbnails",
        "versions",
        "video",
        "webDavUrl",
        "webUrl",
        "content.downloadUrl",
    ]
) | {DOWNLOAD_URL, "@microsoft.graph.conflictBehavior"}


def select(request: Request) -> set[str]:
    """The properties that ``$select`` names.

    Raises:
        GraphError: 400 for one that drive items do not have.
    """
    names = selected(request, ITEM_PROPERTIES, "driveItem")
    return names | ({DOWNLOAD_URL} if "content.downloadUrl" in names else set())


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, as Graph writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def mime_type(name: str) -> str:
    """The media type of a file of this name."""
    extension = posixpath.splitext(name)[1].casefold()
    guessed = mimetypes.types_map.get(extension, "application/octet-stream")
    return _MIME_TYPES.get(extension, guessed)


def identity_set(author: Author) -> Json:
    """Who did it."""
    result: Json = {}
    if author.application_id:
        result["application"] = {
            "id": author.application_id,
            "displayName": author.application_name,
        }
    if author.id:
        result["user"] = {
            "email": author.email,
            "id": author.id,
            "displayName": author.name,
        }
    return result


def etag(drive: Drive, item: Item) -> str:
    """The tag of the item; on business drives quotation marks belong to it."""
    if drive.is_personal:
        return _opaque(f"{item.id}.{item.etag_number}")
    return f'"{{{str(item.guid).upper()}}},{item.etag_number}"'


def is_tag(drive: Drive, item: Item, given: str) -> bool:
    """Whether a condition's tag is the item's eTag or cTag, or any (``*``)."""
    current = {etag(drive, item), ctag(drive, item), "*"}
    # Personal drives tell their tags without quotes and take them with (RFC 9110 §8.8.3).
    return given.strip('"') in {tag.strip('"') for tag in current}


def ctag(drive: Drive, item: Item) -> str:
    """The tag of the item's content."""
    if drive.is_personal:
        return _opaque(f"c:{item.id}.{item.ctag_number}")
    return f'"c:{{{str(item.guid).upper()}}},{item.ctag_number}"'


def _opaque(text: str) -> str:
    return "a" + urlsafe_b64encode(text.encode()).decode().rstrip("=")


def web_url(origin: str, drive: Drive, item: Item) -> str:
    """The page on which a person opens the item: the fake's own."""
    drive_id = quote(drive.id, safe="!")
    if item.is_folder:
        return f"{origin}/word/drives/{drive_id}/{item.id}"
    return f"{origin}/word/edit/{drive_id}/{item.id}"


def item_json(origin: str, drive: Drive, item: Item, download_url: str = "") -> Json:
    """A drive item with everything the fake knows of it.

    ``origin`` is scheme, host and port of the fake.
    """
    result: Json = {DOWNLOAD_URL: download_url} if download_url else {}
    result |= {
        "createdDateTime": timestamp(item.created_at),
        "eTag": etag(drive, item),
        "id": item.id,
        "lastModifiedDateTime": timestamp(item.modified_at),
        "name": item.name,
        "webUrl": web_url(origin, drive, item),
        "cTag": ctag(drive, item),
        "size": item.size,
        "createdBy": identity_set(item.created_by),
        "lastModifiedBy": identity_set(item.modified_by),
        "parentReference": parent_reference(drive, item),
        "fileSystemInfo": _file_system_info(item),
    }
    return result | _facets(drive, item) | _requested(origin, drive, item)


def parent_reference(drive: Drive, item: Item) -> Json:
    """Where the item is; the path is percent-encoded."""
    result: Json = {"driveType": drive.kind, "driveId": drive.id}
    if drive.site_id:
        result["siteId"] = drive.site_id
    if item.parent is not None:
        path = quote(item.parent.path, safe="/")
        root = f"/drives/{drive.id}/root:"
        result |= {
            "id": item.parent.id,
            "name": item.parent.name,
            "path": f"{root}/{path}" if path else root,
        }
    return result


def deleted_json(drive: Drive, item: Item) -> Json:
    """A deleted item as delta tells it: little more than the id.

    Source: driveItem: delta, "properties omitted".
    """
    reference = {"driveType": drive.kind, "driveId": drive.id}
    if item.parent is not None:
        reference["id"] = item.parent.id
    result: Json = {
        "id": item.id,
        "deleted": {"state": "deleted"},
        "parentReference": reference,
    }
    if drive.is_personal:
        result["name"] = item.name
    else:
        result["size"] = 0
    return result | ({"folder": {}} if item.is_folder else {"file": {}})


def version_json(version: Version, *, is_current: bool, download_url: str) -> Json:
    """A version of a file."""
    result: Json = {
        "id": f"{version.number}.0",
        "lastModifiedDateTime": timestamp(version.modified_at),
        "lastModifiedBy": identity_set(version.modified_by),
        "size": version.blob.size,
        "publication": {"level": "published", "versionId": f"{version.number}.0"},
    }
    return result if is_current else {DOWNLOAD_URL: download_url} | result


def _file_system_info(item: Item) -> Json:
    created = item.client_created_at or item.created_at
    modified = item.client_modified_at or item.modified_at
    return {
        "createdDateTime": timestamp(created),
        "lastModifiedDateTime": timestamp(modified),
    }


def _facets(drive: Drive, item: Item) -> Json:
    result: Json = {}
    if item.parent is None:
        result["root"] = {}
    if item.children is not None:
        result["folder"] = {"childCount": len(item.children)}
    else:
        hashes = {"quickXorHash": item.blob.quick_xor}
        if drive.is_personal:
            hashes["sha256Hash"] = item.blob.sha256
        result["file"] = {"mimeType": mime_type(item.name), "hashes": hashes}
    if special := _special(drive, item):
        result["specialFolder"] = {"name": special}
    if item.grants:
        scopes = {grant.scope or "users" for grant in item.grants}
        widest = ("anonymous", "organization", "users")
        result["shared"] = {"scope": next(scope for scope in widest if scope in scopes)}
    if item.description:
        result["description"] = item.description
    return result


def _special(drive: Drive, item: Item) -> str:
    """The name of the special folder that this is; empty for none."""
    if item.app_folder_of:
        return "approot"
    at_top = item.parent is drive.root and item.is_folder
    if drive.kind == "documentLibrary" or not at_top:
        return ""
    return next((k for k, title in SPECIAL.items() if title == item.name), "")


def _requested(origin: str, drive: Drive, item: Item) -> Json:
    if drive.is_personal:
        return {}
    result: Json = {
        "sharepointIds": {
            "listItemUniqueId": str(item.guid),
            "siteUrl": f"{origin}/word/drives/{drive.id}",
        },
        "webDavUrl": f"{origin}/dav/{quote(drive.id)}/{quote(item.path)}",
    }
    if not item.is_folder:
        level = "checkout" if item.checked_out_by else "published"
        publication: Json = {
            "level": level,
            "versionId": f"{item.versions[-1].number}.0",
        }
        if item.checked_out_by:
            publication["checkedOutBy"] = identity_set(item.checked_out_by)
        result["publication"] = publication
    return result
