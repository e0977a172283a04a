from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_m365.identity.clouds import CLOUDS
from wagtail_m365.identity.scopes import RESERVED, as_sent, missing, normalise

GRAPH = CLOUDS["global"].graph
GATEWAY = "https://graph.gateway.example/v1.0"
SHORT = st.sampled_from(["Files.Read", "Mail.Send", "User.Read", ".default", "X.Y"])


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_scopes_are_short_with_or_without_this_clouds_graph(cloud: object) -> None:
    graph = cloud.graph  # type: ignore[attr-defined]  # a Cloud
    root = graph.removesuffix("/v1.0")
    written = [f"{root}/Files.Read", "Mail.Send", f"{root.upper()}/user.read", "openid"]
    assert normalise(written, graph) == {"Files.Read", "Mail.Send", "User.Read"}


def test_another_clouds_graph_is_another_resource() -> None:
    foreign = "https://graph.microsoft.us/Files.Read"
    assert normalise([foreign], GRAPH) == {foreign}


def test_graph_may_be_named_by_its_application_id() -> None:
    scope = "00000003-0000-0000-c000-000000000000/Files.Read"
    assert normalise([scope], GRAPH) == {"Files.Read"}


def test_a_scope_is_kept_once_whatever_its_case() -> None:
    assert normalise(["files.read", "Files.Read", "FILES.READ"], GRAPH) == {
        "Files.Read"
    }
    assert len(normalise(["Custom.Scope", "custom.scope"], GRAPH)) == 1


def test_rights_of_openid_connect_are_no_rights() -> None:
    assert normalise(RESERVED, GRAPH) == frozenset()


@given(st.sets(SHORT), st.sampled_from([GRAPH, GATEWAY]))
def test_what_is_sent_reads_the_same_when_it_comes_back(
    scopes: set[str], graph: str
) -> None:
    assert normalise(as_sent(scopes, graph), graph) == normalise(scopes, graph)


def test_what_is_sent_names_this_clouds_graph() -> None:
    sent = as_sent(["Files.Read", "openid"], CLOUDS["china"].graph)
    assert sent == ["https://microsoftgraph.chinacloudapi.cn/Files.Read"]


def test_another_server_is_not_told_what_it_calls_graph() -> None:
    sent = as_sent(["Files.Read", "https://graph.gateway.example/User.Read"], GATEWAY)
    assert sent == ["Files.Read", "User.Read"]


def test_all_that_was_granted_names_a_resource_whatever_the_server() -> None:
    told = "https://graph.microsoft.com"
    assert as_sent([".default"], GATEWAY, resource=told) == [f"{told}/.default"]
    assert as_sent([".default"], GATEWAY) == ["https://graph.gateway.example/.default"]


def test_another_server_may_call_graph_as_microsoft_does() -> None:
    told = ["https://graph.microsoft.com/Files.Read", "User.Read"]
    assert normalise(told, GATEWAY) == {"Files.Read", "User.Read"}


def test_scopes_of_other_resources_are_sent_as_they_are() -> None:
    scope = "https://contoso.sharepoint.com/AllSites.Read"
    assert as_sent([scope], GRAPH) == [scope]


@pytest.mark.parametrize(
    ("wanted", "granted"),
    [
        ("Files.ReadWrite", "Files.ReadWrite"),
        ("files.readwrite", "https://graph.microsoft.com/Files.ReadWrite"),
        ("Files.ReadWrite", "Files.ReadWrite.All"),
        ("Files.Read", "Files.ReadWrite.All"),
        ("Files.ReadWrite.AppFolder", "Files.ReadWrite"),
        ("Files.Read", "Files.Read.All"),
        ("Sites.Read.All", "Sites.FullControl.All"),
        ("User.Read", "User.ReadWrite"),
        ("Mail.ReadBasic", "Mail.ReadWrite"),
        ("openid offline_access", "User.Read"),
        (".default", "User.Read"),
        ("https://x.example/.default", "https://x.example/Some.Right"),
    ],
)
def test_nothing_is_missing_that_is_granted_or_covered(
    wanted: str, granted: str
) -> None:
    assert missing(wanted.split(), granted.split(), GRAPH) == frozenset()


@pytest.mark.parametrize(
    ("wanted", "granted"),
    [
        ("Files.ReadWrite.All", "Files.ReadWrite"),
        ("Files.ReadWrite", "Files.Read.All"),
        ("Files.Read", "Files.ReadWrite.AppFolder"),
        ("Mail.Send", "Mail.ReadWrite"),
        ("Files.Read", "Sites.Read.All"),
        (".default", ""),
        ("https://x.example/.default", "User.Read"),
        ("https://graph.microsoft.us/Files.Read", "Files.Read"),
    ],
)
def test_what_is_less_or_elsewhere_is_missing(wanted: str, granted: str) -> None:
    assert missing([wanted], granted.split(), GRAPH) == {wanted}
