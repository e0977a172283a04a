"""Every page opens in every language, in both directions of writing."""

from __future__ import annotations

import re

import pytest
from wagtail.users.models import UserProfile

from tests.messages import LANGUAGES

from .addresses import addresses, places

pytestmark = pytest.mark.django_db
RIGHT_TO_LEFT = "ar"
#: What was asked for, or an explanation why it cannot be had.
SHOWN = (200, 400, 403, 409, 503)
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)


def is_page(answer):
    content = answer.get("Content-Type", "")
    found = answer.status_code in SHOWN and content.startswith("text/html")
    return found and not answer.streaming and b"<html" in answer.content


def seen(client, address):
    answer = client.get(address)
    if answer.streaming:
        # A download holds its file; read to the end, it is closed, and nothing else is.
        list(answer.streaming_content)
    assert answer.status_code in SHOWN or answer.status_code < 500, address
    return answer


@pytest.mark.parametrize("language", [*LANGUAGES, "en", RIGHT_TO_LEFT])
def test_every_page_opens_in_this_language(language, world, client):
    profile = UserProfile.get_for_user(world.admin)
    profile.preferred_language = language
    profile.save()
    client.force_login(world.admin)
    answers = {address: seen(client, address) for address in addresses(most=2)}
    opened = {address: one for address, one in answers.items() if is_page(one)}
    assert len(opened) > len(list(places())) / 2
    direction = "rtl" if language == RIGHT_TO_LEFT else "ltr"
    for address, answer in opened.items():
        html = answer.content.decode()
        head = html[html.index("<html") :].partition(">")[0]
        assert f'lang="{language}"' in head, address
        assert f'dir="{direction}"' in head, address
        text = _SCRIPT.sub("", html)
        assert "%(" not in text, f"{address}: a name that nobody filled in"
