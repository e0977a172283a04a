from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from wagtail_m365 import health
from wagtail_m365.health.endings import ending_of_site
from wagtail_m365.health.warning import warn_of_expiry
from wagtail_m365.models import AppRegistration, M365Settings
from wagtail_m365.redaction import Secret
from wagtail_m365.views.certificate_making import make_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture
def registration(settings):
    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["only tests"]}
    row = AppRegistration(name="Press", client_id="press")
    row.set_client_secret(Secret("a secret"))
    row.save()
    M365Settings.objects.update_or_create(defaults={"registration": row})
    return row


@pytest.fixture
def ends_in(registration):
    def ends_in(days):
        registration.credential_expires_on = timezone.localdate() + timedelta(days=days)
        registration.save()

    return ends_in


@pytest.mark.parametrize(
    ("days", "threshold"),
    [(61, None), (60, 60), (31, 60), (30, 30), (7, 7), (2, 7), (1, 1), (-3, 1)],
)
def test_the_nearest_threshold_counts(ends_in, days, threshold):
    ends_in(days)

    assert ending_of_site().threshold == threshold


def test_the_health_report_tells_the_day_as_people_write_it(ends_in, registration):
    ends_in(12)
    found = health.look(health.assumed_visit()).findings
    told = next(one for one in found if one.probe == "end").explanation
    assert date_format(registration.credential_expires_on) in told.what


@pytest.mark.parametrize(
    ("secret", "advice"),
    [
        ({}, "in the app registration"),
        ({"CLIENT_SECRET": "x"}, "CLIENT_SECRET_ENDS_ON"),
    ],
    ids=["in the admin", "in Django's settings"],
)
def test_an_end_that_is_not_known_is_entered_where_the_secret_is(
    registration, settings, secret, advice
):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, **secret}

    found = health.look(health.assumed_visit()).findings

    assert advice in next(one for one in found if one.probe == "end").detail


def test_nobody_is_asked_for_the_end_of_a_secret_that_there_is_not(
    registration, settings, tmp_path
):
    assertion = str(tmp_path / "assertion")
    named = {"CLIENT_ASSERTION_FILE": assertion}
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, **named}

    found = health.look(health.assumed_visit()).findings

    told = next(one for one in found if one.probe == "end").detail
    assert told == "There is no secret or certificate that ends."


def test_each_threshold_is_mailed_once(ends_in, admin_user):
    ends_in(30)

    assert warn_of_expiry() == [admin_user.email]
    assert warn_of_expiry() == []
    ends_in(7)
    assert warn_of_expiry() == [admin_user.email]

    assert len(mail.outbox) == 2
    assert "Press" in mail.outbox[0].body


def test_a_new_secret_begins_anew(ends_in, admin_user):
    ends_in(7)
    warn_of_expiry()
    ends_in(400)

    assert warn_of_expiry() == []
    assert len(mail.outbox) == 1


def test_those_who_cannot_act_get_no_mail(ends_in, django_user_model):
    django_user_model.objects.create_user("editor", email="editor@example.com")
    ends_in(7)

    assert warn_of_expiry() == []


def test_the_addresses_of_the_settings_come_first(ends_in, admin_user, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "ADMIN_EMAILS": ["ops@x.example"]}
    ends_in(7)

    assert warn_of_expiry() == ["ops@x.example"]


def test_a_mail_that_could_not_be_sent_is_tried_again(ends_in, admin_user, settings):
    ends_in(7)
    settings.EMAIL_BACKEND = "tests.health.broken_mail.EmailBackend"
    with pytest.raises(ConnectionRefusedError):
        warn_of_expiry()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert warn_of_expiry() == [admin_user.email]


def test_a_certificate_tells_its_own_end(registration):
    make_certificate(registration)
    registration.credential_expires_on = timezone.localdate() + timedelta(days=9999)
    registration.save()

    assert 363 <= ending_of_site().days_left <= 366


def test_a_certificate_in_the_settings_is_read(registration, settings):
    make_certificate(registration)
    bundle = registration.certificate()
    settings.WAGTAIL_M365 = {
        "CLIENT_CERTIFICATE": {
            "private_key": bundle["private_key"].reveal(),
            "certificate": bundle["certificate"].reveal(),
        }
    }

    assert ending_of_site().what == "CLIENT_CERTIFICATE"


def test_the_secret_of_the_settings_has_its_day_there(settings):
    day = timezone.localdate() + timedelta(days=3)
    settings.WAGTAIL_M365 = {
        "CLIENT_SECRET": "x",
        "CLIENT_SECRET_ENDS_ON": day.isoformat(),
    }

    assert ending_of_site().days_left == 3


def test_the_dashboard_tells_those_who_can_act(ends_in, admin_client):
    ends_in(7)

    seen = admin_client.get(reverse("wagtailadmin_home")).content.decode()

    assert "7 days are left" in seen
    assert reverse("wagtail_m365:set_up_step", args=["credential"]) in seen


def test_the_dashboard_is_silent_to_everybody_else(ends_in, client, editor):
    ends_in(7)
    client.force_login(editor)

    seen = client.get(reverse("wagtailadmin_home")).content.decode()

    assert "days are left" not in seen


def test_the_command_says_what_it_did(ends_in, admin_user, capsys):
    ends_in(7)

    call_command("m365_warn_of_expiry")

    assert "1 mails were sent" in capsys.readouterr().out
