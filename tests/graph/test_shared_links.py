from __future__ import annotations

import base64
import logging

import pytest

from wagtail_m365 import errors
from wagtail_m365.graph.shared_links import is_private, item_address, open_link
from wagtail_m365.redaction import Secret

from .wire import HangUp, Reply

GRAPH = "https://graph.microsoft.com/v1.0"
SITE = "https://contoso.sharepoint.com"
LINK = Secret(f"{SITE}/:f:/s/x/very-secret-token")


@pytest.fixture
def ben(microsoft):
    return microsoft.add_account("ben@contoso.onmicrosoft.com", "Ben")


@pytest.fixture
def link(microsoft, drive):
    """Ada's folder, shared with her organisation."""
    drive.put("Harbour/plan.pdf", b"plan")
    return Secret(microsoft.authority + drive.share("Harbour"))


def test_a_link_gives_the_folder_and_access_that_stays(desk, ben, drive, link):
    client = desk.client(ben)

    item = open_link(client, link)

    assert (item.name, item.is_folder) == ("Harbour", True)
    assert item.drive_id == drive.drive.id
    listed = client.drives.children(item.drive_id, item.id)
    assert [each.name for each in listed] == ["plan.pdf"]


def test_the_address_of_an_item_in_the_browser_leads_to_it(client, drive):
    drive.put("Harbour/plan.pdf", b"plan")
    address = client.drives.item(drive.drive.id, drive.item("Harbour").id).web_url

    assert open_link(client, Secret(address)).name == "Harbour"


def test_it_is_encoded_as_microsoft_says(wired, wire):
    found = {"id": "1", "name": "x", "folder": {}}
    wire.on("GET", "/shares/", Reply(200, found))
    text = f"{SITE}/:f:/s/x/Eab?e=~~~>>>1"

    open_link(wired, Secret(text))

    (asked,) = wire.asked
    share = asked.path.split("/shares/")[1].partition("/driveItem")[0]
    assert share.startswith("u!")
    assert "=" not in share
    padded = share[2:] + "=" * (-len(share[2:]) % 4)
    assert base64.urlsafe_b64decode(padded).decode() == text
    assert asked.headers["Prefer"] == "redeemSharingLink"
    assert "$select=id" in asked.path


PASTED = {
    f"  <{SITE}/:f:/s/team/Eab?e=1> \n": f"{SITE}/:f:/s/team/Eab?e=1",
    f"“{SITE}/sites/t/Shared Documents/Größe”": (
        f"{SITE}/sites/t/Shared%20Documents/Gr%C3%B6%C3%9Fe"
    ),
    f"{SITE}/sites/t/Docs/Forms/AllItems.aspx": f"{SITE}/sites/t/Docs",
    f"{SITE}/sites/t/Docs/Forms/AllItems.aspx?id=%2Fsites%2Ft%2FDocs%2FA%20%26%20B%2FC%25&viewid=7": (
        f"{SITE}/sites/t/Docs/A%20%26%20B/C%25"
    ),
    f"{SITE}/sites/t/Docs/Forms/All.aspx?RootFolder=%2Fsites%2Ft%2FDocs%2FA": (
        f"{SITE}/sites/t/Docs/A"
    ),
    "https://contoso-my.sharepoint.com/personal/ada/_layouts/15/onedrive.aspx?id=%2Fpersonal%2Fada%2FDocuments%2FA": (
        "https://contoso-my.sharepoint.com/personal/ada/Documents/A"
    ),
    "https://contoso-my.sharepoint.com/my?id=%2Fpersonal%2Fada%2FDocuments%2FA": (
        "https://contoso-my.sharepoint.com/personal/ada/Documents/A"
    ),
    f"{SITE}/:w:/r/sites/t/_layouts/15/Doc.aspx?sourcedoc=%7B1%7D&id=/x#top": (
        f"{SITE}/:w:/r/sites/t/_layouts/15/Doc.aspx?sourcedoc=%7B1%7D&id=/x"
    ),
    f"{SITE}/sites/t/_layouts/15/Doc.aspx?sourcedoc=%7B1%7D": (
        f"{SITE}/sites/t/_layouts/15/Doc.aspx?sourcedoc=%7B1%7D"
    ),
    "https://onedrive.live.com/?id=A%211&cid=A": "https://onedrive.live.com/?id=A%211&cid=A",
    "https://1drv.ms/f/s!Abc": "https://1drv.ms/f/s!Abc",
}


@pytest.mark.parametrize(("pasted", "address"), PASTED.items())
def test_what_people_paste_becomes_the_items_address(pasted, address):
    assert item_address(Secret(pasted), GRAPH).reveal() == address


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("", "link_unreadable"),
        ("   ", "link_unreadable"),
        ("my folder", "link_unreadable"),
        ("/sites/t/Docs", "link_unreadable"),
        ("javascript:alert(1)", "link_unreadable"),
        ("file://contoso.sharepoint.com/a", "link_unreadable"),
        ("https://", "link_unreadable"),
        ("https://[1", "link_unreadable"),
        ("https://contoso.sharepoint.com:x/", "link_unreadable"),
        ("https://ada:pw@contoso.sharepoint.com/a", "link_unreadable"),
        ("https://evil.example\\@contoso.sharepoint.com/a", "link_unreadable"),
        ("https://contoso.sharepoint.com/a\x00b", "link_unreadable"),
        (f"{SITE}/{'a' * 4000}", "link_unreadable"),
        ("http://contoso.sharepoint.com/a", "link_not_https"),
        ("https://drive.google.com/drive/folders/1", "link_elsewhere"),
        ("https://contoso.sharepoint.com.evil.example/a", "link_elsewhere"),
        ("https://evilsharepoint.com/a", "link_elsewhere"),
        ("https://contoso.sharepoint.us/a", "link_elsewhere"),
        ("https://127.0.0.1/a", "link_elsewhere"),
    ],
)
def test_what_is_no_link_of_this_cloud_is_not_sent(wired, wire, pasted, code):
    with pytest.raises(errors.InvalidRequest) as refused:
        item_address(Secret(pasted), GRAPH)

    assert refused.value.code == code
    assert "contoso" not in str(refused.value)


def test_a_national_cloud_takes_its_own_links():
    link = Secret("https://contoso.sharepoint.cn/sites/t/Docs")

    base = "https://microsoftgraph.chinacloudapi.cn/v1.0"
    assert item_address(link, base) == link
    with pytest.raises(errors.InvalidRequest):
        item_address(Secret(f"{SITE}/a"), base)


@pytest.mark.parametrize(
    ("link", "private"),
    [
        ("https://1drv.ms/f/s!Abc", True),
        ("https://onedrive.live.com/?id=1", True),
        (f"{SITE}/a", False),
        ("http://127.0.0.1:1/word/s/1", None),
        ("nothing", None),
    ],
)
def test_whose_kind_of_onedrive_it_is_shows_in_its_host(link, private):
    assert is_private(Secret(link)) is private


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refused_link_stands_in_no_error_and_no_log(wired, wire, caplog, status):
    caplog.set_level(logging.DEBUG)
    wire.on("GET", "/shares/", Reply(status, {"error": {"code": "x"}}))

    with pytest.raises(errors.GraphError) as refused:
        open_link(wired, LINK)

    assert wire.asked
    assert_hidden(refused, caplog)


def test_a_line_that_breaks_shows_no_link(wired, wire, caplog):
    caplog.set_level(logging.DEBUG)
    wire.on("GET", "/shares/", HangUp)

    with pytest.raises(errors.TemporarilyUnavailable) as lost:
        open_link(wired, LINK)

    assert_hidden(lost, caplog)


def assert_hidden(caught, caplog):
    """Neither the link nor what it is encoded to is shown, with all variables."""
    encoded = base64.urlsafe_b64encode(LINK.reveal().encode()).decode()
    shown = caught.getrepr(showlocals=True, funcargs=True, chain=True)
    told = f"{shown}{caught.value!r}{vars(caught.value)}{caplog.text}"
    assert "very-secret-token" not in told
    assert encoded[:60] not in told
