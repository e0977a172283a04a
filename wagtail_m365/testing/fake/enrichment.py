"""What SharePoint and OneDrive for Business do to Office files on arrival.

They write the library's properties into the document: items under ``customXml/`` and
``docProps/custom.xml`` with the content type. The answer to the upload already tells the
size and hash of the rewritten file (onedrive-api-docs#935).
"""

from __future__ import annotations

import posixpath
import tempfile
import uuid
import zipfile
from xml.etree import ElementTree as ET

from .blobs import Blob, BlobStore
from .ooxml import replace_parts

OFFICE = {".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".pptx", ".pptm", ".ppsx"}
#: The content type "Document" of a library, as SharePoint counts them.
CONTENT_TYPE = "0x010100"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN_RELS = {"w": "word/_rels/document.xml.rels", "x": "xl/_rels/workbook.xml.rels"}
_MAIN_RELS |= {"p": "ppt/_rels/presentation.xml.rels"}


def enrich(blob: Blob, name: str, blobs: BlobStore) -> Blob:
    """The content as the library keeps it; other files come back as they are."""
    if posixpath.splitext(name)[1].casefold() not in OFFICE or not blob.size:
        return blob
    try:
        return _rewritten(blob, blobs)
    except (zipfile.BadZipFile, KeyError, ET.ParseError):
        return blob


def _rewritten(blob: Blob, blobs: BlobStore) -> Blob:
    with blob.open() as source, zipfile.ZipFile(source) as package:
        names = set(package.namelist())
        if _is_enriched(package, names):
            return blob
        parts = _new_parts(package, names)
        with tempfile.TemporaryFile() as target:
            replace_parts(source, target, parts)
            target.seek(0)
            return blobs.store(target)


def _is_enriched(package: zipfile.ZipFile, names: set[str]) -> bool:
    custom = "docProps/custom.xml"
    return custom in names and b"ContentTypeId" in package.read(custom)


def _new_parts(package: zipfile.ZipFile, names: set[str]) -> dict[str, bytes]:
    """The added parts, and the three lists that must name them."""
    first = 1
    while any(f"customXml/item{first + i}.xml" in names for i in range(3)):
        first += 1
    parts: dict[str, bytes] = {}
    for number, text in enumerate(_items(), first):
        parts |= _custom_xml(number, text)
    parts["docProps/custom.xml"] = _custom_properties(package, names)
    types = _content_types(package.read("[Content_Types].xml"), range(first, first + 3))
    parts["[Content_Types].xml"] = types
    parts["_rels/.rels"] = _with_custom_properties(package.read("_rels/.rels"))
    main = next((name for name in _MAIN_RELS.values() if name in names), None)
    if main:
        parts[main] = _with_items(package.read(main), range(first, first + 3))
    return parts


def _items() -> tuple[str, str, str]:
    """Properties, form templates and the schema: about 6 KB, as observed."""
    columns = "".join(
        f'<xsd:element name="Column{n}" minOccurs="0" nillable="true" '
        f'type="xsd:string" ma:displayName="Column {n}" ma:internalName="Column{n}"/>'
        for n in range(36)
    )
    schema = (
        '<ct:contentTypeSchema xmlns:ct="http://schemas.microsoft.com/office/2006/metadata/contentType" '
        'xmlns:ma="http://schemas.microsoft.com/office/2006/metadata/properties/metaAttributes" '
        f'ma:contentTypeName="Document" ma:contentTypeID="{CONTENT_TYPE}">'
        '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"{columns}</xsd:schema></ct:contentTypeSchema>"
    )
    forms = (
        '<FormTemplates xmlns="http://schemas.microsoft.com/sharepoint/v3/contenttype/forms">'
        "<Display>DocumentLibraryForm</Display><Edit>DocumentLibraryForm</Edit>"
        "<New>DocumentLibraryForm</New></FormTemplates>"
    )
    properties = (
        '<p:properties xmlns:p="http://schemas.microsoft.com/office/2006/metadata/properties">'
        "<documentManagement/></p:properties>"
    )
    return schema, forms, properties


def _custom_xml(number: int, text: str) -> dict[str, bytes]:
    item_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{number}{text}")).upper()
    properties = (
        f'<ds:datastoreItem ds:itemID="{{{item_id}}}" xmlns:ds="{_OFFICE}/customXml">'
        "<ds:schemaRefs/></ds:datastoreItem>"
    )
    relation = (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/relationships/customXmlProps" '
        f'Target="itemProps{number}.xml"/></Relationships>'
    )
    return {
        f"customXml/item{number}.xml": (_XML + text).encode(),
        f"customXml/itemProps{number}.xml": (_XML + properties).encode(),
        f"customXml/_rels/item{number}.xml.rels": (_XML + relation).encode(),
    }


def _custom_properties(package: zipfile.ZipFile, names: set[str]) -> bytes:
    space = f"{_OFFICE}/custom-properties"
    variant = f"{_OFFICE}/docPropsVTypes"
    ET.register_namespace("", space)
    ET.register_namespace("vt", variant)
    if "docProps/custom.xml" in names:
        root = ET.fromstring(package.read("docProps/custom.xml"))  # noqa: S314 - a test kit on loopback
    else:
        root = ET.Element(f"{{{space}}}Properties")
    used = [int(one.get("pid", "1")) for one in root]
    entry = ET.SubElement(root, f"{{{space}}}property")
    entry.set("fmtid", "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}")
    entry.set("pid", str(max(used, default=1) + 1))
    entry.set("name", "ContentTypeId")
    ET.SubElement(entry, f"{{{variant}}}lpwstr").text = CONTENT_TYPE
    return _serialised(root)


def _content_types(data: bytes, numbers: range) -> bytes:
    space = f"{_PACKAGE}/content-types"
    ET.register_namespace("", space)
    root = ET.fromstring(data)  # noqa: S314 - a test kit on loopback
    overrides = {
        f"/customXml/itemProps{n}.xml": "application/"
        "vnd.openxmlformats-officedocument.customXmlProperties+xml"
        for n in numbers
    }
    overrides["/docProps/custom.xml"] = (
        "application/vnd.openxmlformats-officedocument.custom-properties+xml"
    )
    known = {one.get("PartName") for one in root}
    for part, content_type in overrides.items():
        if part not in known:
            attributes = {"PartName": part, "ContentType": content_type}
            ET.SubElement(root, f"{{{space}}}Override", attributes)
    if not any(one.get("Extension") == "xml" for one in root):
        attributes = {"Extension": "xml", "ContentType": "application/xml"}
        root.insert(0, ET.Element(f"{{{space}}}Default", attributes))
    return _serialised(root)


def _with_custom_properties(data: bytes) -> bytes:
    kind = f"{_OFFICE}/relationships/custom-properties"
    return _related(data, {kind: ["docProps/custom.xml"]})


def _with_items(data: bytes, numbers: range) -> bytes:
    kind = f"{_OFFICE}/relationships/customXml"
    return _related(data, {kind: [f"../customXml/item{n}.xml" for n in numbers]})


def _related(data: bytes, targets: dict[str, list[str]]) -> bytes:
    space = f"{_PACKAGE}/relationships"
    ET.register_namespace("", space)
    root = ET.fromstring(data)  # noqa: S314 - a test kit on loopback
    known = {(one.get("Type"), (one.get("Target") or "").lstrip("/")) for one in root}
    for kind, paths in targets.items():
        for path in paths:
            if (kind, path) not in known:
                attributes = {"Id": f"rIdSp{len(root)}", "Type": kind, "Target": path}
                ET.SubElement(root, f"{{{space}}}Relationship", attributes)
    return _serialised(root)


def _serialised(root: ET.Element) -> bytes:
    text: bytes = ET.tostring(root, encoding="utf-8")
    return _XML.encode() + text
