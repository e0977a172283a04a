from __future__ import annotations

import json

from wagtail_m365 import errors
from wagtail_m365.graph.batch import Question

from .wire import Asked, Reply, Wire


def test_many_questions_are_answered_in_order_twenty_at_a_time(
    client, drive, microsoft
):
    for number in range(45):
        drive.put(f"/{number}.txt", b"x" * number)
    mine = client.drives.mine().id
    microsoft.clear_requests()

    answers = client.batch(
        [
            Question(
                method="GET",
                path=f"/drives/{mine}/root:/{number}.txt",
                params={"$select": "id,size"},
            )
            for number in range(45)
        ]
    )

    assert [answer.body["size"] for answer in answers] == list(range(45))
    assert [each.path for each in microsoft.requests].count("/v1.0/$batch") == 3


def test_one_failure_does_not_spoil_the_others(client, drive):
    drive.put("/a.txt", b"")
    mine = client.drives.mine().id

    good, bad = client.batch(
        [
            Question(method="GET", path=f"/drives/{mine}/root:/a.txt"),
            Question(method="GET", path=f"/drives/{mine}/root:/b.txt"),
        ]
    )

    assert good.error is None
    assert isinstance(bad.error, errors.ItemNotFound)


def test_what_was_throttled_is_asked_again(wired, wire: Wire, naps: list[float]):
    def answer(asked: Asked) -> Reply:
        ids = [each["id"] for each in json.loads(asked.body)["requests"]]
        first = len(wire.asked) == 1
        responses = [
            {"id": each, "status": 429, "headers": {"retry-after": "7"}}
            if first and each == "1"
            else {"id": each, "status": 200, "body": {"n": each}}
            for each in reversed(ids)
        ]
        return Reply(200, {"responses": responses})

    wire.on("POST", r"/\$batch$", answer)
    question = Question(method="PATCH", path="/x", body={"a": 1})

    answers = wired.batch([question] * 3)

    assert [each.body["n"] for each in answers] == ["0", "1", "2"]
    assert naps == [7]
    assert [len(json.loads(each.body)["requests"]) for each in wire.asked] == [3, 1]
    written = json.loads(wire.asked[0].body)["requests"][0]
    assert written == {
        "id": "0",
        "method": "PATCH",
        "url": "/x",
        "body": {"a": 1},
        "headers": {"Content-Type": "application/json"},
    }


def test_what_stays_throttled_is_told(wired, wire: Wire):
    answer = {"id": "0", "status": 429, "headers": {"Retry-After": "600"}}
    wire.on("POST", r"/\$batch$", Reply(200, {"responses": [answer]}))

    [answer] = wired.batch([Question(method="GET", path="/x")])

    assert isinstance(answer.error, errors.TemporarilyUnavailable)
    assert answer.error.retry_after == 600


def test_a_question_that_is_left_unanswered_is_told(wired, wire: Wire):
    wire.on("POST", r"/\$batch$", Reply(200, {"responses": []}))

    [answer] = wired.batch([Question(method="GET", path="/x")])

    assert isinstance(answer.error, errors.TemporarilyUnavailable)


def test_a_question_about_a_onedrive_that_is_not_there_is_told_as_that(wired, wire):
    body = {"error": {"code": "ResourceNotFound"}}
    responses = [{"id": "0", "status": 404, "body": body}]
    wire.on("POST", "/.batch", Reply(200, {"responses": responses}))

    (answer,) = wired.batch([Question(method="GET", path="/me/drive")])

    assert answer.error.graph_code == "ResourceNotFound.mysiteNotFound"
