"""The API is complete, documented, and what design and documentation promise."""

from __future__ import annotations

import inspect
import re

import pytest

from wagtail_m365 import api, errors

FUNCTIONS = [name for name in api.__all__ if inspect.isfunction(getattr(api, name))]


def test_every_public_name_is_listed():
    public = {
        name
        for name, value in vars(api).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == api.__name__
    }
    assert public - {"View"} <= set(api.__all__)


def test_everything_that_is_promised_is_there():
    promised = {
        *("get_token", "aget_token", "graph", "auth", "credential", "connections"),
        *("connect_url", "token_required", "errors", "AccessToken"),
    }
    assert promised <= set(api.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_explains_every_argument(name):
    function = getattr(api, name)
    for parameter in inspect.signature(function).parameters:
        assert f"{parameter}:" in inspect.getdoc(function), parameter


def test_sync_and_async_take_the_same_arguments():
    sync, asynchronous = api.get_token, api.aget_token
    assert (
        inspect.signature(sync).parameters == inspect.signature(asynchronous).parameters
    )


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    ],
)
def test_every_error_is_drawn_in_the_tree_and_says_when_it_is_raised(name):
    assert re.search(rf"\b{name}\b", errors.__doc__)
    assert inspect.getdoc(getattr(errors, name))
