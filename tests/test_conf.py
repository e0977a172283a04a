from __future__ import annotations

import pytest

from wagtail_m365 import conf


@pytest.fixture
def configure(settings):
    def configure(**values):
        settings.WAGTAIL_M365 = values

    return configure


def test_a_value_of_the_site_wins_over_the_default(configure):
    configure(TENANT="contoso.example")
    assert conf.settings.TENANT == "contoso.example"


def test_a_name_that_is_not_set_has_its_default(configure):
    configure()
    assert conf.settings.TIMEOUT == (3.05, 10.0)
    assert not conf.is_set("TENANT")


def test_a_site_without_any_settings_has_the_defaults(settings):
    del settings.WAGTAIL_M365
    assert conf.settings.ENABLED is None


def test_a_misspelt_name_is_told_with_the_nearest_one(configure):
    configure(CLIENTID="x", client_secret="y", WHATEVER=1)
    assert conf.unknown_names() == {
        "CLIENTID": "CLIENT_ID",
        "client_secret": "CLIENT_SECRET",
        "WHATEVER": "",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENABLED", "yes"),
        ("CLOUD", 1),
        ("CLOUD", {"authority": 1}),
        ("CLOUD", {1: "x"}),
        ("TENANT", b"contoso"),
        ("ENCRYPTION_KEYS", "one key"),
        ("ENCRYPTION_KEYS", [b"one key"]),
        ("ALLOWED_TENANTS", "contoso"),
        ("TIMEOUT", 5),
        ("TIMEOUT", (1, "2")),
        ("TIMEOUT", (1, 2, 3)),
        ("USE_LOG_DAYS", True),
        ("USE_LOG_DAYS", "7"),
        ("PROXIES", ["http://proxy"]),
    ],
)
def test_a_wrong_type_is_told_with_what_is_expected(configure, name, value):
    configure(**{name: value})
    assert list(conf.wrong_types()) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENABLED", None),
        ("ENABLED", False),
        ("CLOUD", "global"),
        ("CLOUD", {"authority": "https://a", "graph": "https://g/v1.0"}),
        ("ENCRYPTION_KEYS", ("new", "old")),
        ("TIMEOUT", [3, 10.5]),
        ("PROXIES", {"https": "http://proxy"}),
        ("USE_LOG_DAYS", 30),
    ],
)
def test_a_right_type_is_accepted(configure, name, value):
    configure(**{name: value})
    assert conf.wrong_types() == {}


def test_what_is_expected_is_said_in_plain_words(configure):
    configure(TIMEOUT=5, ENABLED="x")
    assert conf.wrong_types() == {
        "TIMEOUT": "tuple[float, float]",
        "ENABLED": "bool | None",
    }


def test_every_name_is_documented():
    source = conf.__spec__.loader.get_source(conf.__name__).split("class Settings")[1]
    for name in conf.names():
        before = source.split(f"\n    {name}: ")[0].rstrip().splitlines()[-1]
        assert before.strip().startswith("#:"), name
