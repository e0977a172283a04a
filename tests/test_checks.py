from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.checks import run_checks
from django.test import override_settings
from django.urls import include, path
from wagtail import hooks
from wagtail.admin import urls as wagtailadmin_urls

from tests.urls import urlpatterns as urls_of_tests
from wagtail_m365 import checks
from wagtail_m365.hooks import Purpose
from wagtail_m365.models import Connection


@pytest.fixture
def configure(settings):
    def configure(**values):
        settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["a key"], **values}

    return configure


def numbers(*, deploy=False, **more) -> set[str]:
    found = run_checks(tags=["wagtail_m365"], include_deployment_checks=deploy, **more)
    ours = (message.id or "" for message in found)
    return {number.removeprefix("wagtail_m365.") for number in ours}


def test_a_good_site_has_nothing_to_be_told(configure):
    configure(CLIENT_ID="app", CLIENT_SECRET="secret", CLOUD="global")
    assert numbers() - {"W005"} == set()


def test_a_misspelt_setting_is_an_error_that_names_the_right_one(configure):
    configure(CLIENTID="app")
    message = checks.check_names()[0]
    assert message.id == "wagtail_m365.E001"
    assert "CLIENT_ID" in message.hint


@pytest.mark.parametrize("value", ["a text", 3])
def test_settings_that_are_no_dictionary_are_an_error(settings, value):
    settings.WAGTAIL_M365 = value
    assert "E002" in numbers()


def test_a_wrong_type_is_an_error(configure):
    configure(TIMEOUT="long")
    assert "E002" in numbers()


@pytest.mark.parametrize(
    "cloud",
    [
        "mars",
        {"authority": "https://login.example"},
        {"authority": "http://login.example", "graph": "https://graph.example/v1.0"},
        {"authority": "https://login.example", "graph": "https://graph.example"},
    ],
)
def test_a_cloud_that_cannot_be_used_is_an_error(configure, cloud):
    configure(CLOUD=cloud)
    assert numbers() & {"E003"} == {"E003"}


@pytest.mark.parametrize("keys", [[""], ["same", "same"], ["good", " "]])
def test_a_key_that_cannot_be_used_is_an_error(configure, keys):
    configure(ENCRYPTION_KEYS=keys)
    assert "E004" in numbers()


def test_without_a_key_of_its_own_a_site_is_warned(configure):
    configure(ENCRYPTION_KEYS=[])
    assert "W001" in numbers()


def test_without_the_settings_app_there_is_an_error():
    found = checks.check_apps(is_installed=lambda name: False)
    assert [message.id for message in found] == ["wagtail_m365.E005"]
    assert not checks.check_apps()


@pytest.mark.parametrize(
    "values",
    [
        {"CLIENT_ID": "not an id"},
        {"CLIENT_ID": "app", "TENANT": "a/b"},
        {
            "CLIENT_ID": "app",
            "CLIENT_CERTIFICATE": {"private_key": "/nowhere", "certificate": "/no"},
        },
    ],
)
def test_an_app_registration_that_cannot_be_used_is_an_error(configure, values):
    configure(**values)
    assert "E006" in numbers()


GOOD = Purpose(name="a", title="A", reason="Because.", scopes=("User.Read",))


@pytest.mark.parametrize(
    "declared",
    [
        [GOOD, GOOD],
        [Purpose(name="b", title="B", reason="Because.", scopes=())],
        ["press_kit"],
    ],
)
def test_a_purpose_that_is_declared_wrongly_is_an_error(configure, declared):
    configure()
    with hooks.register_temporarily("register_m365_purposes", lambda: declared):
        assert "E007" in numbers()


def test_plain_http_is_warned_of_before_deployment(configure):
    configure(ALLOW_INSECURE_LOOPBACK=True)
    assert "W002" in numbers(deploy=True)
    assert "W002" not in numbers()


def test_a_strict_session_cookie_is_warned_of(configure, settings):
    configure()
    settings.SESSION_COOKIE_SAMESITE = "Strict"
    assert "W003" in numbers()


class ReadsACopy:
    """A router that reads what this extension keeps from a replica."""

    def db_for_read(self, model, **hints):
        return "replica" if model._meta.app_label == "wagtail_m365" else None


def test_reading_from_a_copy_that_may_lag_behind_is_warned_of(configure, settings):
    configure()
    assert "W011" not in numbers()
    settings.DATABASE_ROUTERS = [f"{__name__}.ReadsACopy"]
    assert "W011" in numbers()


class Revisions:
    """As the middleware of django-reversion."""

    atomic = True

    def request_creates_revision(self, request):
        raise NotImplementedError


class FreeRevisions(Revisions):
    atomic = False


def test_a_transaction_around_every_request_is_warned_of(configure, settings):
    configure()
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.FreeRevisions"]
    assert "W012" not in numbers()
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Revisions"]
    assert "W012" in numbers()


def test_a_middleware_that_is_not_there_is_not_ours_to_tell(configure, settings):
    configure()
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "not_installed.Middleware"]
    assert "W012" not in numbers()


def test_an_unencrypted_session_cookie_is_warned_of_before_deployment(
    configure, settings
):
    configure()
    settings.SESSION_COOKIE_SECURE = False
    assert "W006" in numbers(deploy=True)
    settings.SESSION_COOKIE_SECURE = True
    assert "W006" not in numbers(deploy=True)


def another_view(request, **kwargs):
    raise NotImplementedError


class UrlsInFront:
    """A site that answers at our addresses itself."""

    urlpatterns = [
        path("admin/m365/<path:rest>", another_view),
        path("admin/documents/", another_view),
        path("admin/", include(wagtailadmin_urls)),
    ]


class UrlsWithoutAdmin:
    urlpatterns = urls_of_tests[1:]


def test_a_view_of_the_site_in_front_of_ours_is_warned_of(configure):
    configure()
    with override_settings(ROOT_URLCONF=UrlsInFront):
        assert {"W004", "W005"} <= numbers()


def test_a_site_that_extends_its_own_document_views_is_not_warned(configure):
    configure(EXTEND_DOCUMENT_VIEWS=False)
    with override_settings(ROOT_URLCONF=UrlsInFront):
        assert "W005" not in numbers()


def test_a_site_without_the_admin_is_not_warned_of_addresses(configure):
    configure()
    with override_settings(ROOT_URLCONF=UrlsWithoutAdmin):
        assert not checks.check_addresses()


@pytest.mark.django_db
def test_values_on_an_old_key_are_warned_of(configure):
    configure()
    Connection.objects.create(service_name="x", refresh_token_sealed="m1.00000000.AA")
    found = checks.check_sealed_values(databases=["default"])
    assert [message.id for message in found] == ["wagtail_m365.W007"]
    assert "1 sealed" in found[0].msg


@pytest.mark.django_db
def test_the_database_is_only_looked_at_when_asked_for(configure):
    configure()
    Connection.objects.create(service_name="x", refresh_token_sealed="m1.00000000.AA")
    assert not checks.check_sealed_values(databases=None)


@pytest.mark.django_db
def test_values_on_the_newest_key_are_no_concern(configure):
    configure()
    assert not checks.check_sealed_values(databases=["default"])


def test_every_number_is_documented_and_used_once():
    files = sorted(Path(checks.__file__).parent.glob("*.py"))
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    documented = re.findall(r"``wagtail_m365\.(\w\d{3})``", source)
    used = set(re.findall(r'"(?:wagtail_m365\.)?([EW]\d{3})"', source))
    assert len(documented) == len(set(documented))
    assert set(documented) == used


@pytest.mark.parametrize(
    ("base", "good"),
    [("https://site.example", True), ("http://site.example", False), ("", False)],
)
def test_webhooks_need_an_https_address(configure, settings, base, good):
    settings.WAGTAILADMIN_BASE_URL = base
    configure(WEBHOOKS=True)
    assert ("E008" in numbers()) is not good


class UrlsWithoutWebhooks:
    urlpatterns = [path("admin/", include(wagtailadmin_urls))]


def test_webhooks_need_a_view_that_is_mounted(configure, settings):
    settings.ROOT_URLCONF = UrlsWithoutWebhooks
    settings.WAGTAILADMIN_BASE_URL = "https://site.example"
    configure(WEBHOOKS=True)
    (message,) = checks.check_webhooks()
    assert "urls_public" in message.msg
    configure(WEBHOOKS=True, WEBHOOK_URL="https://hooks.example/m365/")
    assert checks.check_webhooks() == []


def test_a_proxy_that_is_half_believed_is_warned_of_before_deployment(
    configure, settings
):
    configure()
    settings.USE_X_FORWARDED_HOST = True
    assert "W008" in numbers(deploy=True)
    assert "W008" not in numbers()
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert "W008" not in numbers(deploy=True)


def test_a_fixed_redirect_uri_needs_nothing_of_a_proxy(configure, settings):
    settings.USE_X_FORWARDED_HOST = True
    configure(REDIRECT_URI="https://site.example/admin/m365/oauth/callback/")
    assert "W008" not in numbers(deploy=True)


@pytest.mark.parametrize(
    ("uri", "problems"),
    [
        ("https://site.example/admin/m365/oauth/callback/", []),
        ("https://site.example/cms/admin/m365/oauth/callback/", []),
        ("http://localhost:8000/admin/m365/oauth/callback/", []),
        ("http://site.example/admin/m365/oauth/callback/", ["not https"]),
        ("https://site.example/admin/m365/oauth/callback", ["does not end with"]),
        ("http://site.example/", ["not https", "does not end with"]),
    ],
)
def test_a_redirect_uri_that_cannot_work_is_warned_of(
    configure, settings, uri, problems
):
    settings.WAGTAILADMIN_BASE_URL = ""
    configure(REDIRECT_URI=uri)
    messages = checks.check_redirect_uri()
    assert [m.id for m in messages] == ["wagtail_m365.W009"] * len(problems)
    for message, problem in zip(messages, problems, strict=True):
        assert problem in message.msg


class InEveryLanguage:
    urlpatterns = i18n_patterns(path("admin/", include(wagtailadmin_urls)))


def test_the_address_of_one_language_is_as_good_as_another(configure, settings):
    settings.ROOT_URLCONF = InEveryLanguage
    settings.WAGTAILADMIN_BASE_URL = ""
    for language in ("en", "de"):
        uri = f"https://site.example/{language}/admin/m365/oauth/callback/"
        configure(REDIRECT_URI=uri)
        assert checks.check_redirect_uri() == []
    configure(REDIRECT_URI="https://site.example/admin/m365/oauth/callback/")
    assert [each.id for each in checks.check_redirect_uri()] == ["wagtail_m365.W009"]


def test_mails_that_lead_to_another_host_than_sign_ins_are_warned_of(
    configure, settings
):
    configure(REDIRECT_URI="https://www.site.example/admin/m365/oauth/callback/")
    settings.WAGTAILADMIN_BASE_URL = "https://cms.site.example"
    (message,) = checks.check_redirect_uri()
    assert message.id == "wagtail_m365.W009"
    assert "WAGTAILADMIN_BASE_URL" in message.msg
    settings.SESSION_COOKIE_DOMAIN = "site.example"
    assert checks.check_redirect_uri() == []


def test_sessions_that_one_process_has_alone_are_warned_of(configure, settings):
    configure()
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    }
    assert "W010" in numbers(deploy=True)
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    assert "W010" not in numbers(deploy=True)
