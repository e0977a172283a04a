from __future__ import annotations

import pytest
from wagtail import hooks

from wagtail_m365.hooks import Purpose

from .addresses import PURPOSE
from .world import World


@pytest.fixture
def purpose():
    """What a plugin says that it needs accounts for."""
    one = Purpose(
        name=PURPOSE,
        title="My files in OneDrive",
        reason="Lists the files you used last.",
        scopes=("Files.Read",),
    )
    with hooks.register_temporarily("register_m365_purposes", lambda: [one]):
        yield one


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def world(media, microsoft, connect_account, purpose):
    return World(microsoft, connect_account)
