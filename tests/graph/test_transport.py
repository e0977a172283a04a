from __future__ import annotations

import base64
import traceback
from collections.abc import Iterator
from email.utils import formatdate

import pytest
import requests
import responses

from wagtail_m365 import errors
from wagtail_m365.graph.calls import Call
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.pacing import OwnThrottle
from wagtail_m365.graph.transport import GraphTransport
from wagtail_m365.http import HttpOptions, new_session
from wagtail_m365.redaction import Secret

from .wire import HangUp, Reply, Wire

NOW = 1_790_000_000.0


def refusal(status: int, code: str = "", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"code": code, "message": "no"}}, headers=named)


def test_the_token_goes_to_graph(wired: GraphClient, wire: Wire):
    wire.on("GET", "/me$", Reply(json={"id": "7"}))

    assert wired.get("/me") == {"id": "7"}
    assert wire.asked[0].headers["Authorization"] == "Bearer token-0"
    assert wire.asked[0].headers["Accept"] == "application/json"


def test_the_netrc_of_the_machine_does_not_replace_the_token(
    wired: GraphClient, wire: Wire, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    wire.on("GET", "", Reply(json={}))

    wired.get("/me")
    wired.transport.storage("GET", Secret(wire.storage))

    assert wire.asked[0].headers["Authorization"] == "Bearer token-0"
    assert "Authorization" not in wire.asked[1].headers


@pytest.mark.parametrize(
    ("told", "waited"),
    [("3", 3.0), (formatdate(NOW + 4, usegmt=True), 4.0), ("soon", 0.4)],
)
def test_a_throttled_request_waits_as_long_as_told(
    wired: GraphClient, wire: Wire, naps: list[float], told: str, waited: float
):
    wire.on("GET", "/me", refusal(429, Retry_After=told), Reply(json={"id": "7"}))

    assert wired.get("/me") == {"id": "7"}
    assert naps == [pytest.approx(waited)]


def test_what_would_take_longer_than_the_budget_is_left_to_the_caller(
    wired: GraphClient, wire: Wire, naps: list[float]
):
    wire.on("GET", "/me", refusal(503, "serviceNotAvailable", Retry_After="120"))

    with pytest.raises(errors.TemporarilyUnavailable) as raised:
        wired.get("/me")

    assert raised.value.retry_after == 120
    assert naps == []


def test_once_told_to_wait_nothing_is_sent_before_the_time(
    wired: GraphClient, wire: Wire
):
    wire.on("GET", "/me", refusal(429, Retry_After="120"))
    with pytest.raises(errors.TemporarilyUnavailable):
        wired.get("/me")

    with pytest.raises(errors.TemporarilyUnavailable) as raised:
        wired.get("/me")

    assert len(wire.asked) == 1
    assert raised.value.retry_after == 120


@pytest.fixture
def throttle() -> OwnThrottle:
    """What two clients share."""
    return OwnThrottle()


@pytest.fixture
def sharing(
    wire: Wire, tokens, naps: list[float], throttle: OwnThrottle
) -> Iterator[GraphTransport]:
    with new_session() as session:
        yield GraphTransport(
            session,
            wire.graph,
            tokens,
            throttle=throttle,
            sleep=naps.append,
            clock=lambda: NOW + sum(naps),
            jitter=lambda: 0.5,
        )


def test_those_who_share_a_throttle_do_not_come_back_at_one_moment(
    sharing, throttle, wire: Wire, naps: list[float]
):
    throttle.wait_until(NOW + 5)
    wire.on("GET", "/me", Reply(json={}))

    sharing.graph("GET", "/me")

    assert naps == [pytest.approx(5.3)]


def test_who_waits_to_repeat_hears_what_others_were_told_meanwhile(
    sharing, throttle, wire: Wire
):
    def throttled(asked) -> Reply:
        # While this one waits its two seconds, somebody else is told two minutes.
        throttle.wait_until(NOW + 120)
        return refusal(429, Retry_After="2")

    wire.on("GET", "/me", throttled)

    with pytest.raises(errors.TemporarilyUnavailable) as raised:
        sharing.graph("GET", "/me")

    assert len(wire.asked) == 1
    assert raised.value.retry_after == pytest.approx(120, abs=3)


@pytest.mark.parametrize("fault", [refusal(500), refusal(502), refusal(504), HangUp])
def test_reading_is_repeated_after_a_fault(wired: GraphClient, wire: Wire, fault):
    wire.on("GET", "/me", fault, fault, Reply(json={"id": "7"}))

    assert wired.get("/me") == {"id": "7"}


def test_repetition_comes_to_an_end(wired: GraphClient, wire: Wire, naps: list[float]):
    wire.on("GET", "/me", refusal(500, "generalException"))

    with pytest.raises(errors.TemporarilyUnavailable):
        wired.get("/me")

    assert len(wire.asked) == 6
    assert naps == sorted(naps)
    assert sum(naps) <= 20


@pytest.mark.parametrize("fault", [refusal(500), HangUp])
def test_what_may_have_been_done_is_not_done_again(
    wired: GraphClient, wire: Wire, fault
):
    wire.on("POST", "/me/sendMail", fault)

    with pytest.raises(errors.TemporarilyUnavailable):
        wired.post("/me/sendMail", {"message": {}})

    assert len(wire.asked) == 1


def test_what_was_refused_unprocessed_is_sent_again(wired: GraphClient, wire: Wire):
    wire.on("POST", "/x", refusal(429, Retry_After="1"), Reply(201, {"id": "1"}))

    assert wired.post("/x", {"a": 1}) == {"id": "1"}
    assert [each.body for each in wire.asked] == [b'{"a": 1}', b'{"a": 1}']


def test_a_deletion_whose_answer_was_lost_has_happened(wired: GraphClient, wire: Wire):
    wire.on("DELETE", "/x", HangUp, refusal(404, "itemNotFound"))

    wired.delete("/x")

    assert len(wire.asked) == 2


def test_deleting_what_never_was_is_an_error(wired: GraphClient, wire: Wire):
    wire.on("DELETE", "/x", refusal(404, "itemNotFound"))

    with pytest.raises(errors.ItemNotFound):
        wired.delete("/x")


def test_a_refused_token_is_replaced_once(wired: GraphClient, wire: Wire, tokens):
    wire.on("GET", "/me", refusal(401, "InvalidAuthenticationToken"), Reply(json={}))

    wired.get("/me")

    assert tokens.asked[1:] == [{"rejected": "token-0", "claims": None}]
    assert wire.asked[1].headers["Authorization"] == "Bearer token-1"


def test_a_second_refusal_asks_for_a_new_connection(wired: GraphClient, wire: Wire):
    wire.on("GET", "/me", refusal(401, "InvalidAuthenticationToken"))

    with pytest.raises(errors.ReconnectRequired):
        wired.get("/me")

    assert len(wire.asked) == 2


def test_a_claims_challenge_is_passed_on(wired: GraphClient, wire: Wire, tokens):
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
    encoded = base64.b64encode(claims.encode()).decode().rstrip("=")
    challenge = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
    wire.on("GET", "/me", refusal(401, "x", WWW_Authenticate=challenge))

    with pytest.raises(errors.InteractionRequired) as raised:
        wired.get("/me")

    assert tokens.asked[1] == {"rejected": "token-0", "claims": claims}
    assert raised.value.claims == claims


@pytest.mark.parametrize(
    "address",
    [
        "https://graph.example.org/v1.0/me",
        "http://127.0.0.1:1/v1.0/me",
        "https://127.0.0.1@evil.example/v1.0/me",
        "http://evil.example\\@127.0.0.1/v1.0/me",
        "http://127.0.0.1 .evil.example/",
        "http://[127.0.0.1/",
        "http://127.0.0.1:port/",
        "file:///etc/passwd",
        "me/drive",
    ],
)
def test_the_token_never_leaves_for_another_host(
    wired: GraphClient, wire: Wire, tokens, address: str
):
    with pytest.raises(errors.ForeignAddress):
        wired.get(address)

    assert wire.asked == []
    assert tokens.asked == []


def test_a_backslash_does_not_smuggle_the_token_elsewhere(
    wired: GraphClient, wire: Wire
):
    port = wire.graph.split(":")[2].split("/")[0]

    with pytest.raises(errors.ForeignAddress):
        wired.get(f"http://evil.example\\@127.0.0.1:{port}/v1.0/me")


def test_a_next_page_elsewhere_is_not_asked_for(wired: GraphClient, wire: Wire):
    page = {"value": [{"id": "1"}], "@odata.nextLink": "https://evil.example/p2"}
    wire.on("GET", "/drives", Reply(json=page))

    with pytest.raises(errors.ForeignAddress):
        list(wired.values("/drives"))

    assert len(wire.asked) == 1


def test_pages_are_followed_to_the_end(wired: GraphClient, wire: Wire):
    wire.on("GET", r"\$skiptoken=b$", Reply(json={"value": [{"id": "3"}]}))
    link = f"{wire.graph}/drives?$skiptoken=b"
    first = {"value": [{"id": "1"}, {"id": "2"}], "@odata.nextLink": link}
    wire.on("GET", "/drives", Reply(json=first))

    assert [each["id"] for each in wired.values("/drives")] == ["1", "2", "3"]


def test_pages_that_go_in_a_circle_are_left(wired: GraphClient, wire: Wire):
    link = f"{wire.graph}/drives?$skiptoken=b"
    wire.on("GET", "/drives", Reply(json={"value": [], "@odata.nextLink": link}))

    with pytest.raises(errors.GraphError, match="leads back"):
        list(wired.values("/drives"))


def test_redirects_of_storage_are_followed_without_a_token(
    wired: GraphClient, wire: Wire
):
    wire.on("GET", "/storage/a", Reply(302, headers={"Location": "/storage/b"}))
    wire.on("GET", "/storage/b", Reply(body=b"bytes"))

    response = wired.transport.storage("GET", Secret(f"{wire.storage}/a"))

    assert response.content == b"bytes"
    assert not any("Authorization" in each.headers for each in wire.asked)


@pytest.mark.parametrize(
    "target", ["http://storage.example/x", "ftp://localhost/x", "//a\\@b/x"]
)
def test_storage_without_tls_is_not_asked(wired: GraphClient, wire: Wire, target: str):
    wire.on("GET", "/storage", Reply(302, headers={"Location": target}))

    with pytest.raises(errors.ForeignAddress):
        wired.transport.storage("GET", Secret(wire.storage))


def test_storage_on_this_machine_is_asked_only_where_that_is_allowed(
    wire: Wire, tokens
):
    with new_session() as session, pytest.raises(errors.ForeignAddress):
        GraphTransport(session, wire.graph, tokens).storage("GET", Secret(wire.storage))

    assert wire.asked == []


def test_storage_that_redirects_without_end_is_left(wired: GraphClient, wire: Wire):
    wire.on("GET", "/storage", Reply(302, headers={"Location": "/storage"}))

    with pytest.raises(errors.TemporarilyUnavailable):
        wired.transport.storage("GET", Secret(wire.storage))


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalidRequest", errors.InvalidRequest),
        (403, "accessDenied", errors.Forbidden),
        (404, "itemNotFound", errors.ItemNotFound),
        (409, "nameAlreadyExists", errors.NameTaken),
        (409, "upload_name_conflict", errors.NameTaken),
        (409, "resourceModified", errors.PreconditionFailed),
        (409, "conflict", errors.InvalidRequest),
        (410, "resyncRequired", errors.ResyncRequired),
        (412, "", errors.PreconditionFailed),
        (413, "", errors.InvalidRequest),
        (423, "notAllowed", errors.ItemLocked),
        (507, "quotaLimitReached", errors.QuotaExceeded),
        (403, "quotaLimitReached", errors.QuotaExceeded),
        (501, "notImplemented", errors.GraphError),
    ],
)
def test_every_refusal_has_its_error(
    wired: GraphClient, wire: Wire, status: int, code: str, error
):
    wire.on("POST", "/x", refusal(status, code, request_id="abc-1"))

    with pytest.raises(error) as raised:
        wired.post("/x", {})

    assert type(raised.value) is error
    assert raised.value.status == status
    assert raised.value.graph_code == code
    assert raised.value.correlation_id == "abc-1"


def test_the_innermost_code_and_the_request_id_are_read_from_the_body(
    wired: GraphClient, wire: Wire
):
    inner = {"code": "resourceLocked", "request-id": "id-from-body"}
    body = {"error": {"code": "notAllowed", "message": "m", "innerError": inner}}
    wire.on("POST", "/x", Reply(409, body))

    with pytest.raises(errors.ItemLocked) as raised:
        wired.post("/x", {})

    assert raised.value.graph_code == "notAllowed.resourceLocked"
    assert raised.value.correlation_id == "id-from-body"


def test_no_error_repeats_what_microsoft_wrote(wired: GraphClient, wire: Wire):
    body = {"error": {"code": "see https://s/?tempauth=hush", "message": "hush"}}
    wire.on("POST", "/x", Reply(400, body, headers={"request-id": "hush hush"}))

    with pytest.raises(errors.InvalidRequest) as raised:
        wired.post("/x", {})

    assert "hush" not in f"{raised.value!r} {vars(raised.value)}"


def test_a_broken_connection_to_storage_does_not_tell_its_address(
    wired: GraphClient, wire: Wire
):
    wire.on("PUT", "/storage", HangUp)
    # Not in the statement itself, whose lines a traceback shows.
    address = Secret(f"{wire.storage}?tempauth=hush")

    with pytest.raises(errors.TemporarilyUnavailable) as raised:
        wired.transport.storage("PUT", address, body=b"x", repeatable=False)

    assert "hush" not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__cause__ is not None


def reported(error: BaseException) -> str:
    """What an error report shows below the test: every frame with its variables."""
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format())


@pytest.mark.parametrize(
    "answer",
    [
        HangUp,
        refusal(404),
        refusal(503),
        Reply(302, headers={"Location": "http://elsewhere.example/?tempauth=hush"}),
        Reply(302, headers={"Location": "/storage?tempauth=hush"}),
    ],
    ids=["cut", "refused", "out of order", "elsewhere", "endless"],
)
def test_a_report_of_what_storage_refused_does_not_show_its_address(
    wired: GraphClient, wire: Wire, answer: Reply
):
    wire.on("GET", "/storage", answer)
    address = Secret(f"{wire.storage}?tempauth=hush")

    with pytest.raises(errors.M365Error) as raised:
        wired.transport.storage("GET", address)

    assert "hush" not in reported(raised.value)


def test_a_request_that_is_shown_does_not_show_its_address():
    assert "hush" not in repr(Call(method="GET", url="https://a/?tempauth=hush"))


def test_a_host_out_of_reach_is_reported_as_such(tokens, naps: list[float]):
    with new_session() as session:
        transport = GraphTransport(
            session,
            "http://127.0.0.1:9/v1.0",
            tokens,
            sleep=naps.append,
            clock=lambda: NOW,
        )
        with pytest.raises(errors.TemporarilyUnavailable) as raised:
            transport.graph("POST", "/x")

    assert len(naps) == 5  # it was never sent, so it was safe to try again
    assert raised.value.__cause__ is not None
    assert raised.value.correlation_id


@responses.activate
def test_a_host_that_does_not_take_the_line_has_got_nothing_so_it_is_called_again(
    tokens, naps: list[float]
):
    responses.post("https://graph.example/v1.0/x", body=requests.ConnectTimeout("slow"))
    responses.post("https://graph.example/v1.0/x", status=204)
    with new_session() as session:
        transport = GraphTransport(
            session,
            "https://graph.example/v1.0",
            tokens,
            sleep=naps.append,
            clock=lambda: NOW,
        )
        assert transport.graph("POST", "/x").status_code == 204
    assert len(naps) == 1


def test_a_proxy_that_cannot_be_used_is_a_matter_for_the_administrator(tokens):
    options = HttpOptions(proxies={"http": "http://:0"})
    with new_session(options) as session, pytest.raises(errors.Misconfigured) as raised:
        GraphTransport(session, "http://graph.example/v1.0", tokens).graph("GET", "/x")

    assert raised.value.__cause__ is not None


@pytest.mark.parametrize("body", [b"<html>Please log in</html>", b"[1, 2]"])
def test_an_answer_from_somebody_else_is_not_taken_for_graphs(
    wired: GraphClient, wire: Wire, body: bytes
):
    wire.on("GET", "/me", Reply(body=body, headers={"Content-Type": "text/html"}))

    with pytest.raises(errors.GraphError) as raised:
        wired.get("/me")

    assert raised.value.code == "unreadable_answer"


@pytest.mark.parametrize("status", [301, 302, 307])
def test_nor_is_the_way_to_a_log_in_page_of_the_network(
    wired: GraphClient, wire: Wire, status: int
):
    elsewhere = {"Location": "http://network.example/log-in"}
    wire.on("GET", "/me", Reply(status, headers=elsewhere))

    with pytest.raises(errors.GraphError) as raised:
        wired.get("/me")

    assert raised.value.code == "unreadable_answer"
    assert len(wire.asked) == 1
