"""The shape of an answer of the identity platform."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Response


def json_answer(body: Any, status: int = 200) -> Response:
    """JSON that nobody may keep."""
    return unkept(
        Response(
            json.dumps(body), status, content_type="application/json; charset=utf-8"
        )
    )


def unkept(answer: Response) -> Response:
    """The answer, marked as one that no cache may keep."""
    answer.headers["Cache-Control"] = "no-store, no-cache"
    answer.headers["Pragma"] = "no-cache"
    answer.headers["Expires"] = "-1"
    return answer
