from __future__ import annotations

import pytest

from wagtail_m365.errors import Misconfigured
from wagtail_m365.identity.clouds import CLOUDS, Cloud, resolve

LOOPBACK = {"authority": "http://127.0.0.1:8400", "graph": "http://127.0.0.1:8400/v1.0"}


@pytest.mark.parametrize("name", ["global", "us_gov", "us_dod", "china"])
def test_each_preset_is_found_by_its_name(name: str) -> None:
    cloud = resolve(name)
    assert cloud is CLOUDS[name]
    assert cloud.authority.startswith("https://login.")
    assert cloud.graph.endswith("/v1.0")


def test_gcc_high_and_dod_share_the_sign_in_but_not_graph() -> None:
    assert CLOUDS["us_gov"].authority == CLOUDS["us_dod"].authority
    assert CLOUDS["us_gov"].graph != CLOUDS["us_dod"].graph


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match="us_gov") as caught:
        resolve("german")
    assert caught.value.code == "unknown_cloud"


def test_a_custom_cloud_is_two_addresses() -> None:
    cloud = resolve(
        {"authority": "https://login.example/", "graph": "https://graph.example/beta/"}
    )
    assert cloud == Cloud(
        name="custom",
        authority="https://login.example",
        graph="https://graph.example/beta",
    )


def test_plain_http_is_taken_for_loopback_where_it_is_allowed() -> None:
    cloud = resolve(LOOPBACK, allow_insecure_loopback=True)
    assert cloud.authority == "http://127.0.0.1:8400"
    assert cloud.graph == "http://127.0.0.1:8400/v1.0"


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("host", ["login.example", "10.0.0.1", "localhost.example"])
def test_plain_http_to_elsewhere_is_never_taken(host: str, allowed: bool) -> None:
    value = {"authority": f"http://{host}", "graph": "https://graph.example/v1.0"}
    with pytest.raises(Misconfigured) as caught:
        resolve(value, allow_insecure_loopback=allowed)
    assert caught.value.code == "insecure_cloud"


def test_plain_http_to_loopback_has_to_be_allowed() -> None:
    with pytest.raises(Misconfigured, match="ALLOW_INSECURE_LOOPBACK"):
        resolve(LOOPBACK)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"authority": "https://login.example"},
        {**LOOPBACK, "tenant": "contoso"},
        {**LOOPBACK, "graph": "http://127.0.0.1:8400"},
        {**LOOPBACK, "graph": "http://127.0.0.1:8400/"},
        {**LOOPBACK, "authority": "http://127.0.0.1:8400/contoso"},
        {**LOOPBACK, "authority": "127.0.0.1:8400"},
        {**LOOPBACK, "authority": ""},
        {**LOOPBACK, "authority": None},
        {**LOOPBACK, "authority": 8400},
        {**LOOPBACK, "authority": "ftp://127.0.0.1"},
        {**LOOPBACK, "authority": "http://user@127.0.0.1"},
        {**LOOPBACK, "authority": "http://127.0.0.1:port"},
        {**LOOPBACK, "authority": "http://[::1"},
        {**LOOPBACK, "graph": "http://127.0.0.1:8400/v1.0?x=1"},
        {**LOOPBACK, "graph": "http://127.0.0.1:8400/v1.0#x"},
    ],
    ids=range(16),
)
def test_what_is_no_usable_address_is_refused_with_its_reason(value: object) -> None:
    with pytest.raises(Misconfigured) as caught:
        resolve(value, allow_insecure_loopback=True)  # type: ignore[arg-type]
    assert caught.value.code == "cloud_address"
