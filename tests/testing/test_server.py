from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from wagtail_m365.testing import FakeMicrosoft

from .entra import CALLBACK, Application, answer_of

ROOT = Path(__file__).resolve().parents[2]


def discovery(fake, http):
    return http.get(
        f"{fake.authority}/common/v2.0/.well-known/openid-configuration", timeout=5
    )


def test_it_takes_a_free_port_and_lets_it_go(http):
    fake = FakeMicrosoft()
    with fake:
        assert fake.port
        assert discovery(fake, http).status_code == 200

    with pytest.raises(requests.ConnectionError):
        discovery(fake, http)


def test_starting_again_keeps_port_and_people(http):
    fake = FakeMicrosoft()
    with fake:
        port, ada = fake.port, fake.add_account("ada@contoso.example")
    with fake:
        assert fake.port == port
        assert fake.world.find_account("ADA@contoso.example") is ada
        assert discovery(fake, http).status_code == 200


def test_starting_and_stopping_twice_is_harmless(http):
    fake = FakeMicrosoft()
    assert fake.start() is fake.start()
    fake.stop()
    fake.stop()


def test_only_a_loopback_host_is_served():
    with pytest.raises(ValueError, match="loopback"):
        FakeMicrosoft(host="0.0.0.0")


def test_two_can_run_at_once(http):
    with FakeMicrosoft() as one, FakeMicrosoft() as two:
        assert one.port != two.port
        assert one.tenant.id != two.tenant.id
        assert discovery(one, http).status_code == discovery(two, http).status_code


def test_a_reset_gives_another_tenant_and_nobody_in_it(fake):
    before = fake.tenant.id, fake.app.client_id
    fake.add_account("ada@contoso.example")
    fake.clock.advance(1000)
    fake.fail("throttled")

    fake.reset()

    assert (fake.tenant.id, fake.app.client_id) != before
    assert fake.world.accounts == {}
    assert fake.clock.ahead == 0
    assert fake.world.faults.waiting() == []
    assert fake.requests == []


def test_the_settings_point_to_it(fake):
    settings = fake.settings(TENANT="common")

    assert settings["CLOUD"] == {"authority": fake.authority, "graph": fake.graph}
    assert settings["TENANT"] == "common"
    assert settings["CLIENT_SECRET"] == fake.secret
    assert settings["ALLOW_INSECURE_LOOPBACK"] is True


def test_a_connection_serves_many_requests(fake):
    with socket.create_connection(("127.0.0.1", fake.port), timeout=5) as line:
        for _ in range(3):
            line.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            assert line.recv(65536).startswith(b"HTTP/1.1 501 ")


def test_a_body_that_nobody_read_does_not_spoil_the_next_request(fake):
    with socket.create_connection(("127.0.0.1", fake.port), timeout=5) as line:
        request = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        for _ in range(2):
            line.sendall(request)
            assert line.recv(65536).startswith(b"HTTP/1.1 501 ")


def test_a_body_may_come_in_chunks(entra):
    form = f"grant_type=magic&client_id={entra.app.client_id}".encode()

    answer = entra.http.post(
        f"{entra.address}/oauth2/v2.0/token",
        data=iter([form[:7], form[7:]]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.json()["error"] == "unsupported_grant_type"


def test_a_client_may_ask_before_it_sends(fake):
    with socket.create_connection(("127.0.0.1", fake.port), timeout=5) as line:
        line.sendall(
            b"POST /common/oauth2/v2.0/token HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 12\r\nExpect: 100-continue\r\n\r\n"
        )
        assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"grant_type=x")
        assert line.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_stopping_hangs_up():
    fake = FakeMicrosoft().start()
    with socket.create_connection(("127.0.0.1", fake.port), timeout=5) as line:
        line.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        line.recv(65536)
        fake.stop()
        assert line.recv(1) == b""


def test_many_can_sign_in_at_once(entra, fake):
    people = [fake.add_account(f"p{n}@contoso.example") for n in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda one: answer_of(fake.sign_in(entra.url(), one)), people)
        )

    assert len({each["code"] for each in answers}) == 8
    assert fake.world.crashes == []


def test_the_fakes_own_failure_is_told(entra, fake, caplog):
    fake.world.browsers = None

    answer = entra.get()
    crashes = list(fake.world.crashes)
    fake.reset()

    assert answer.status_code == 500
    assert len(crashes) == 1
    assert "The fake Microsoft failed at" in caplog.text


def test_an_account_is_added_once(fake):
    fake.add_account("ada@contoso.example")

    with pytest.raises(ValueError, match="already"):
        fake.add_account("Ada@contoso.example")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://site.example/callback/", "https"),
        ("https://site.example/callback/#part", "fragment"),
        ("https://site.example/callback/?a=1", "query"),
        ("https://site.example/call(back)/", "character"),
        (f"https://site.example/{'x' * 250}", "256"),
    ],
)
def test_an_address_that_entra_would_not_take_is_refused(fake, url, reason):
    with pytest.raises(ValueError, match=reason):
        fake.app.add_redirect_uri(url)


def test_an_address_has_a_platform(fake):
    with pytest.raises(ValueError, match="platform"):
        fake.app.add_redirect_uri("https://site.example/", platform="desktop")


class TestKeeping:
    @pytest.fixture
    def kept(self, tmp_path):
        return tmp_path / "microsoft.state"

    def test_a_world_goes_on_where_it_was_left(self, entra, fake, kept, http, ada):
        drive = fake.drive(ada)
        drive.put("Reports/rules.txt", b"no running")
        drive.put("large.bin", bytes(2 * 1024 * 1024))
        tokens = entra.tokens(ada)
        fake.save(kept)

        with FakeMicrosoft() as later:
            assert later.load(kept)
            same = later.world.find_account(ada.username)
            application = Application(later, http, later.app)

            assert later.tenant.id == fake.tenant.id
            assert later.drive(same).file("Reports/rules.txt") == b"no running"
            assert len(later.drive(same).file("large.bin")) == 2 * 1024 * 1024
            assert application.refresh(tokens["refresh_token"]).status_code == 200
            later.drive(same).put("new.txt", b"new")
            later.clock.advance(10)
            assert later.world.clock.ahead == 10

    def test_where_nothing_was_kept_it_begins_anew(self, fake, kept):
        before = fake.tenant.id

        assert fake.load(kept) is False
        assert fake.tenant.id == before

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x04N."])
    def test_a_file_that_is_none_is_left_alone(self, fake, kept, content):
        kept.write_bytes(content)
        before = fake.tenant.id

        assert fake.load(kept) is False
        assert fake.tenant.id == before


class TestAlone:
    """``python3 -m wagtail_m365.testing``."""

    @pytest.fixture
    def run(self):
        started = []

        def run(*arguments):
            process = subprocess.Popen(
                [sys.executable, "-m", "wagtail_m365.testing", *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            started.append(process)
            return process

        yield run
        for process in started:
            process.kill()
            process.communicate()

    def address(self, process):
        """Where it says that it listens; the rest of its welcome is read on."""
        first = process.stdout.readline()
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return re.search(r"http://127\.0\.0\.1:\d+", first)[0]

    def test_it_serves_the_demos_people(self, run, http):
        address = self.address(run("--port", "0"))

        accounts = http.get(f"{address}/_control/accounts", timeout=5).json()

        assert len(accounts["accounts"]) >= 4

    def test_it_can_begin_empty(self, run, http):
        address = self.address(run("--port", "0", "--seed", "plain"))

        found = http.get(f"{address}/_control/accounts", timeout=5).json()

        assert found == {"accounts": []}

    def test_it_knows_the_callback_that_it_was_told(self, run, http):
        address = self.address(run("--port", "0", "--redirect-uri", CALLBACK))

        (app,) = http.get(f"{address}/_control/apps", timeout=5).json()["apps"]

        assert app["redirect_uris"] == [{"url": CALLBACK, "platform": "web"}]

    def test_it_goes_on_where_it_was_left(self, run, http, tmp_path):
        arguments = ("--port", "0", "--state", str(tmp_path / "state"))
        first = run(*arguments)
        address = self.address(first)
        http.post(
            f"{address}/_control/accounts",
            json={"username": "new@contoso.example"},
            timeout=5,
        )
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0

        address = self.address(run(*arguments))
        found = http.get(f"{address}/_control/accounts", timeout=5).json()

        assert "new@contoso.example" in str(found)

    def test_a_port_that_is_taken_is_told(self, run, fake):
        process = run("--port", str(fake.port))

        assert process.wait(10) == 1
        assert str(fake.port) in process.stderr.read()


def test_answers_are_dated_by_the_worlds_own_clock():
    with FakeMicrosoft() as microsoft:
        microsoft.clock.advance(3600)
        url = f"{microsoft.authority}/common/v2.0/.well-known/openid-configuration"
        told = parsedate_to_datetime(requests.Session().get(url).headers["Date"])
        assert abs(told.timestamp() - microsoft.clock.time()) < 60
