from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from wagtail_m365 import errors, health
from wagtail_m365.health import bundle, heartbeat
from wagtail_m365.health.findings import Failing, Skip
from wagtail_m365.models import Connection, Failure, Heartbeat
from wagtail_m365.tokens import bundles

pytestmark = pytest.mark.django_db

SECRETS = ("Zq~8Q.the-value-of-a-secret", "key-number-one", "user:password", "PRIVATE")


@pytest.fixture
def here(settings):
    settings.WAGTAILADMIN_BASE_URL = "http://localhost"


def outcome(report, probe):
    return next(each for each in report.findings if each.probe == probe)


@pytest.mark.usefixtures("here")
class TestExamining:
    def test_a_good_site_is_good(self, microsoft):
        report = health.examine(health.assumed_visit())

        assert report.status == 0

    def test_one_answer_serves_many_findings(self, microsoft, connected_editor):
        account = health.account_of(connected_editor)

        report = health.examine(health.assumed_visit(), account)

        assert outcome(report, "edit_folder").outcome == "passed"
        asked = [each.path for each in microsoft.requests]
        assert len(asked) <= 5
        assert asked.count("/v1.0/$batch") == 1

    def test_an_account_with_the_first_rights_alone_has_no_fault(
        self, microsoft, editor, editor_account, connect_account
    ):
        first = (*bundles.PROFILE, *bundles.EDIT)
        account = connect_account(editor, editor_account, *first)

        report = health.examine(health.assumed_visit(), account)

        assert report.status == 0
        assert outcome(report, "drive").outcome == "passed"
        assert "asked for when it is first needed" in outcome(report, "drive").detail

    def test_an_account_that_was_connected_to_open_a_document_has_no_fault(
        self, microsoft, editor, editor_account, connect_account
    ):
        account = connect_account(editor, editor_account, *bundles.EDIT)

        report = health.examine(health.assumed_visit(), account)

        assert report.status == 0
        assert "User.Read" in outcome(report, "rights").detail
        assert outcome(report, "edit_folder").outcome == "passed"

    @pytest.mark.parametrize(
        ("columns", "code"),
        [
            ({"last_refreshed_at": timezone.now() - timedelta(days=70)}, "idle"),
            ({"state": Connection.State.NEEDS_RECONNECT}, "broken"),
        ],
        ids=["idle", "broken"],
    )
    def test_connections_that_will_end_or_have_ended_are_named(
        self, microsoft, connected_editor, columns, code
    ):
        Connection.objects.update(**columns)

        found = outcome(health.examine(health.assumed_visit()), "connections")

        assert (found.outcome, found.code) == ("warned", f"connections_{code}")
        assert found.explanation.next_step

    def test_what_stands_on_something_broken_is_not_tried(self, microsoft, settings):
        settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "TENANT": "nowhere.example"}

        report = health.examine(health.assumed_visit())

        assert outcome(report, "sign_in_server").outcome == "failed"
        assert outcome(report, "redirect_uri").outcome == "skipped"
        assert "Sign-in server" in outcome(report, "redirect_uri").detail

    def test_a_secret_that_was_good_a_moment_ago_is_tried_again(self, microsoft):
        good = health.examine(health.assumed_visit())
        microsoft.fail("invalid_client")
        bad = health.examine(health.assumed_visit())

        assert outcome(good, "credential").outcome == "passed"
        assert outcome(bad, "credential").outcome == "failed"

    @pytest.mark.parametrize("ahead", [-1200, 1200])
    def test_a_wrong_clock_is_seen_in_microsofts_own_answer(self, microsoft, ahead):
        microsoft.clock.advance(ahead)

        report = health.examine(health.assumed_visit())

        assert outcome(report, "clock").code == "clock_wrong"

    @pytest.mark.parametrize(
        ("ahead", "words"), [(1, "differ by 1 second."), (2, "differ by 2 seconds.")]
    )
    def test_the_clocks_difference_is_told_in_the_right_number(
        self, microsoft, ahead, words
    ):
        with time_machine.travel("2026-11-21 12:00Z", tick=False):
            microsoft.clock.advance(ahead)
            report = health.examine(health.assumed_visit())

        assert words in outcome(report, "clock").detail

    def test_a_drive_that_is_refused_despite_its_right_is_a_fault(
        self, microsoft, editor, editor_account, connect_account
    ):
        first = (*bundles.PROFILE, *bundles.EDIT)
        account = connect_account(editor, editor_account, *first)
        # Microsoft once granted it, and refuses all the same: a policy, or no licence.
        account.granted_scopes += " Files.Read"
        account.save()

        report = health.examine(health.assumed_visit(), account)

        drive = outcome(report, "drive")
        assert (drive.outcome, drive.code) == ("failed", "forbidden")
        assert drive.explanation.next_step
        assert report.status == 2

    @pytest.mark.parametrize(
        "policy", [None, "same-origin", "same-origin-allow-popups", "unsafe-none"]
    )
    def test_no_policy_for_pop_ups_breaks_a_sign_in(self, microsoft, settings, policy):
        settings.SECURE_CROSS_ORIGIN_OPENER_POLICY = policy

        found = outcome(health.look(health.assumed_visit()), "opener_policy")

        assert found.outcome == "passed"
        assert (policy or "unsafe-none") in found.detail

    def test_a_proxy_that_is_not_there_is_told_from_microsoft(
        self, microsoft, settings
    ):
        settings.WAGTAIL_M365 = {
            **settings.WAGTAIL_M365,
            "CLOUD": "global",
            "PROXIES": {"https": "http://127.0.0.1:9"},
        }

        report = health.examine(health.assumed_visit())

        assert outcome(report, "sign_in_server").outcome == "failed"
        assert outcome(report, "way_out").detail.endswith("proxy 127.0.0.1:9.")
        assert not microsoft.requests

    def test_document_views_that_hide_ours_are_named(self, microsoft, settings):
        settings.ROOT_URLCONF = "tests.health.urls_in_front"

        found = outcome(health.look(health.assumed_visit()), "checks")

        assert found.outcome == "warned"
        assert "W005" in found.detail
        assert found.explanation.next_step

    def test_sessions_that_no_other_process_sees_are_named(self, microsoft, settings):
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"

        report = health.examine(health.assumed_visit())

        assert outcome(report, "sessions").code == "session_not_shared"

    def test_a_proxy_is_named_without_its_password(self, microsoft, settings):
        proxy = "http://user:password@127.0.0.1:9"
        settings.WAGTAIL_M365 = {
            **settings.WAGTAIL_M365,
            "CLOUD": "global",
            "PROXIES": {"https": proxy},
        }

        report = health.look(health.assumed_visit())

        assert outcome(report, "way_out").detail.endswith("127.0.0.1:9.")
        assert "password" not in str(report)

    def test_looking_writes_and_sends_nothing(self, microsoft):
        health.look(health.assumed_visit())

        assert not microsoft.requests
        assert not Heartbeat.objects.exists()


class TestTheHeartbeat:
    def test_tasks_that_run_at_once_are_told_apart(self):
        assert "tasks run at once" in heartbeat.ask_worker()

    def test_a_worker_that_ran_is_believed(self, settings):
        settings.TASKS = {"default": {"BACKEND": "tests.health.queues.UnattendedQueue"}}
        with pytest.raises(Skip):
            heartbeat.ask_worker()
        heartbeat.beat.call(str(Heartbeat.objects.get().pk))

        assert "A worker ran a task" in heartbeat.ask_worker()

    def test_what_another_queue_ran_says_nothing_of_this_one(self, settings):
        heartbeat.ask_worker()
        settings.TASKS = {"default": {"BACKEND": "tests.health.queues.UnattendedQueue"}}

        with pytest.raises(Skip):
            heartbeat.ask_worker()

    def test_a_lost_task_is_not_waited_for_for_ever(self, settings):
        settings.TASKS = {"default": {"BACKEND": "tests.health.queues.UnattendedQueue"}}
        with pytest.raises(Skip):
            heartbeat.ask_worker()
        with pytest.raises(Failing):
            heartbeat.ask_worker(timezone.now() + timedelta(minutes=10))
        with pytest.raises(Skip):
            heartbeat.ask_worker(timezone.now() + timedelta(hours=1))


@pytest.mark.usefixtures("here")
class TestTheCommand:
    def run(self, capsys, *args):
        try:
            call_command("m365_health", *args)
        except SystemExit as ended:
            return ended.code, capsys.readouterr().out
        return 0, capsys.readouterr().out

    def test_good_is_zero(self, microsoft, capsys):
        status, told = self.run(capsys)

        assert status == 0
        assert "Client ID and credential" in told

    def test_something_to_look_at_is_one(self, microsoft, settings, capsys):
        settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "ENCRYPTION_KEYS": []}

        status, told = self.run(capsys)

        assert status == 1
        assert "[no_encryption_key]" in told

    def test_broken_is_two_and_json_says_why(self, microsoft, settings, capsys):
        settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "CLIENT_SECRET": "wrong"}

        status, told = self.run(capsys, "--json")

        found = json.loads(told)
        codes = [
            f["code"] for section in found["sections"] for f in section["findings"]
        ]
        assert status == found["status"] == 2
        assert "aadsts7000215" in codes

    def test_an_error_of_microsofts_keeps_what_support_asks_for(
        self, microsoft, settings, capsys
    ):
        settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "CLIENT_SECRET": "wrong"}

        _status, told = self.run(capsys)

        assert "AADSTS7000215 · " in told
        assert "UTC" in told


class TestTheBundle:
    @pytest.fixture
    def written(self, settings, client):
        settings.WAGTAIL_M365 = {
            "CLIENT_ID": "11111111-2222-3333-4444-555555555555",
            "TENANT": "fabrikam.example",
            "CLIENT_SECRET": SECRETS[0],
            "ENCRYPTION_KEYS": [SECRETS[1]],
            "PROXIES": {"https": f"http://{SECRETS[2]}@proxy.example"},
            "CLIENT_CERTIFICATE": {"private_key": "PRIVATE", "certificate": "x"},
            "REDIRECT_URI": "https://cms.example/admin/m365/oauth/callback/",
            "ADMIN_EMAILS": ["boss@fabrikam.example"],
            "KEEP_VERSIONS": 5,
        }
        Connection.objects.create(
            service_name="x", username="wri.ter@fabrikam.example", object_id="1"
        )
        error = errors.ItemLocked(correlation_id="the-request-id")
        Failure.objects.note(error, "wagtail_m365:open")
        report = health.look(health.assumed_visit())
        return lambda **how: bundle.written(report, **how)

    def test_it_holds_no_secret_and_no_name(self, written):
        text = written()

        for planted in (*SECRETS, "fabrikam", "cms.example", "wri.ter", "11111111"):
            assert planted not in text

    def test_it_holds_what_helps(self, written):
        told = json.loads(written())

        assert told["versions"]["wagtail"]
        assert told["settings"]["CLIENT_SECRET"] == "(a text)"
        assert told["settings"]["KEEP_VERSIONS"] == 5
        assert told["failures"][0]["code"] == "item_locked"
        assert "the-request-id" in told["failures"][0]["reference"]
        assert told["connections"] == {"active": 1}

    def test_names_are_there_when_they_are_asked_for(self, written):
        assert "wri.ter@fabrikam.example" in written(with_names=True)

    def test_only_the_last_failures_are_kept(self):
        for _ in range(60):
            Failure.objects.note(errors.ItemLocked(), "somewhere")

        assert Failure.objects.count() == 50
