"""What a link leads to: one that was shared, or the address of an item in the browser.

A sharing link may itself give access, so it is a secret: it goes to Graph and to nobody
else, and neither it nor what it is encoded to stands in a log or in an error.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit, urlunsplit

from wagtail_m365.errors import InvalidRequest
from wagtail_m365.http import origin
from wagtail_m365.redaction import Secret, without_frames

from .listings import item_of
from .rest import Rest
from .types import ITEM_FIELDS, DriveItem

# "Access shared items": the same as following the link in the browser. The access stays,
# so that the item can be reached by its id afterwards; to peek is not enough.
_ACCEPT = {"Prefer": "redeemSharingLink"}
#: Characters of a link; SharePoint's own limit for a path is 400.
LONGEST = 4000
_PRIVATE = ("onedrive.live.com", "1drv.ms", "my.microsoftpersonalcontent.com")
# Graph's host → where links of its cloud lead; with a dot: any host below it.
_HOSTS = {
    "graph.microsoft.com": (".sharepoint.com", *_PRIVATE),
    "graph.microsoft.us": (".sharepoint.us",),
    "dod-graph.microsoft.us": (".sharepoint-mil.us",),
    "microsoftgraph.chinacloudapi.cn": (".sharepoint.cn",),
}
_EVERYWHERE = tuple(host for hosts in _HOSTS.values() for host in hosts)
# What a person may catch with the link: spaces, and marks of quotation.
_AROUND = " \t\r\n<>\"'“”„«»"
_NEVER = re.compile(r"[\\\x00-\x1f\x7f]")
_LIBRARY_PAGE = re.compile(r"(?P<library>/.+)/Forms/[^/]+\.aspx", re.IGNORECASE)


def open_link(rest: Rest, link: Secret) -> DriveItem:
    """The item behind a link; the account keeps the access that the link gives.

    Args:
        rest: The client.
        link: As a person pasted it: a sharing link, an item's web address, or that of
            the page which shows it in SharePoint or OneDrive.

    Raises:
        InvalidRequest: It is no link (code ``link_unreadable``), not protected by TLS
            (``link_not_https``) or one of another service (``link_elsewhere``); nothing
            was sent.
        GraphError: As :meth:`GraphTransport.graph`.
    """
    try:
        # No variable holds the address: error reports show those.
        answer = rest.get(
            f"/shares/{_encoded(item_address(link, rest.transport.base_url))}/driveItem",
            params={"$select": ITEM_FIELDS},
            headers=_ACCEPT,
        )
    except Exception as error:  # noqa: BLE001  # whatever broke goes on, without the link
        raise without_frames(error)  # noqa: B904  # the same error, as it was
    return item_of(answer)


def is_private(link: Secret) -> bool | None:
    """Does it lead to a private OneDrive? ``None``: nobody can tell."""
    try:
        host = _parts(link).hostname or ""
    except InvalidRequest:
        return None
    if host in _PRIVATE:
        return True
    return False if _is_one_of(host, _EVERYWHERE) else None


def item_address(link: Secret, base_url: str) -> Secret:
    """The address as Graph takes it, once it is sure whose it is.

    Raises:
        InvalidRequest: As :func:`open_link`.
    """
    parts = _parts(link)
    own = urlsplit(base_url)
    is_own = origin(link_of(parts).reveal()) == origin(base_url)
    if parts.scheme != "https" and not is_own:
        raise InvalidRequest("The link is not https.", code="link_not_https")
    known = _HOSTS.get(own.hostname or "", _EVERYWHERE)
    if not is_own and not _is_one_of(parts.hostname or "", known):
        raise InvalidRequest("The link is none of Microsoft's.", code="link_elsewhere")
    return link_of(parts if is_own else _item_shown(parts))


def link_of(parts: SplitResult) -> Secret:
    """The whole address, without what a browser keeps to itself."""
    return Secret(urlunsplit(parts._replace(fragment="")))


def _encoded(address: Secret) -> str:
    """As "Access shared items" says: ``u!`` and base64url without its padding."""
    text = urlsafe_b64encode(address.reveal().encode()).decode()
    return f"u!{text.rstrip('=')}"


def _parts(link: Secret) -> SplitResult:
    try:
        parts = urlsplit(_readable(link).reveal())
        _ = parts.port
    except ValueError:
        _refuse()
    usable = parts.scheme in {"http", "https"} and parts.hostname
    if not usable or "@" in parts.netloc:
        _refuse()
    return parts


def _refuse() -> NoReturn:
    raise InvalidRequest("This is no link.", code="link_unreadable") from None


def _readable(link: Secret) -> Secret:
    text = link.reveal().strip(_AROUND)
    if len(text) > LONGEST or _NEVER.search(text):
        _refuse()
    # Some browsers show and copy spaces and letters that no address holds.
    return Secret(re.sub(r"[^\x21-\x7e]", lambda found: quote(found[0]), text))


def _is_one_of(host: str, known: tuple[str, ...]) -> bool:
    return any(host == one or (one[0] == "." and host.endswith(one)) for one in known)


def _item_shown(parts: SplitResult) -> SplitResult:
    """The item's own address, where the link is that of a page which shows it.

    SharePoint's and OneDrive's pages for a library name the folder in their query, from
    the server's root on; Graph knows the item, not the page.
    """
    if parts.hostname in _PRIVATE or parts.path.startswith("/:"):
        return parts
    query = {name.lower(): value for name, value in parse_qsl(parts.query)}
    shown = query.get("id") or query.get("rootfolder") or ""
    if shown.startswith("/") and not shown.startswith("//"):
        return parts._replace(path=quote(shown), query="")
    page = _LIBRARY_PAGE.fullmatch(parts.path)
    return parts._replace(path=page["library"], query="") if page else parts
