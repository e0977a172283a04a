from __future__ import annotations

import inspect

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from wagtail import hooks as wagtail_hooks

from wagtail_m365 import hooks

PLACES = [name for name in hooks.__all__ if name.startswith(("before_", "after_"))]


def arguments_of(name: str) -> dict[str, object]:
    parameters = inspect.signature(getattr(hooks, name)).parameters
    return {parameter: object() for parameter in parameters}


@pytest.mark.parametrize("name", PLACES)
def test_a_hook_is_called_with_the_arguments_that_it_documents(name):
    called = []

    def listen(**given):
        called.append(given)

    arguments = arguments_of(name)
    with wagtail_hooks.register_temporarily(name, listen):
        assert getattr(hooks, name)(**arguments) is None
    assert called == [arguments]


@pytest.mark.parametrize("name", PLACES)
def test_a_hook_may_answer_the_request_and_ends_the_round(name):
    def answer(**given):
        return HttpResponse("mine")

    def too_late(**given):
        raise AssertionError

    with (
        wagtail_hooks.register_temporarily(name, answer, order=1),
        wagtail_hooks.register_temporarily(name, too_late, order=2),
    ):
        assert getattr(hooks, name)(**arguments_of(name)).content == b"mine"


@pytest.mark.parametrize("name", PLACES)
def test_a_hook_says_what_its_arguments_are(name):
    function = getattr(hooks, name)
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert f"{parameter.name}:" in function.__doc__


def test_a_plugin_can_change_the_actions_of_a_document():
    def add(actions, document, request, context):
        actions.append(f"{context['place']} of {document}")

    actions = []
    request = RequestFactory().get("/")
    with wagtail_hooks.register_temporarily("construct_m365_document_actions", add):
        hooks.construct_m365_document_actions(
            actions=actions,
            document="leaflet",
            request=request,
            context={"place": "edit"},
        )
    assert actions == ["edit of leaflet"]


def test_purposes_of_all_plugins_are_collected():
    one = hooks.Purpose(name="a", title="A", reason="Because.", scopes=("User.Read",))
    two = hooks.Purpose(name="b", title="B", reason="Because.", scopes=("Mail.Send",))
    with (
        wagtail_hooks.register_temporarily("register_m365_purposes", lambda: [one]),
        wagtail_hooks.register_temporarily("register_m365_purposes", lambda: [two]),
    ):
        assert hooks.register_m365_purposes() == [one, two]


def test_the_token_hook_gives_what_the_first_function_gives():
    def get_token(owner, *scopes, **options):
        return owner, scopes, options

    name = "m365_get_token"
    with wagtail_hooks.register_temporarily(name, get_token, order=-1):
        given = hooks.m365_get_token("newsletter", "Mail.Send", min_validity=60)
    assert given == ("newsletter", ("Mail.Send",), {"min_validity": 60})


def test_without_the_extension_the_token_hook_says_so(monkeypatch):
    monkeypatch.setitem(wagtail_hooks._hooks, "m365_get_token", [])
    with pytest.raises(LookupError):
        hooks.m365_get_token("newsletter")


def test_every_name_is_listed_and_documented():
    for name in hooks.__all__:
        assert (inspect.getdoc(getattr(hooks, name)) or "").strip(), name
    public = {
        name
        for name, value in vars(hooks).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "") == hooks.__name__
    }
    assert public == set(hooks.__all__)
