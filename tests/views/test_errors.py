from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.views.generic import View

from wagtail_m365 import errors
from wagtail_m365.views.errors import (
    ACTORS,
    ExplainsErrors,
    connect_address,
    explained,
    explains_errors,
    status_of,
)

pytestmark = pytest.mark.django_db


def subclasses(kind):
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.fixture
def request_of(rf, admin_user):
    def request_of(path="/admin/somewhere/?page=2", method="get"):
        request = getattr(rf, method)(path)
        request.user = admin_user
        return request

    return request_of


def page_of(request, error, **more):
    return explained(request, error, **more).render().content.decode()


@pytest.mark.parametrize("kind", list(subclasses(errors.M365Error)))
def test_every_error_has_a_page(request_of, kind):
    response = explained(request_of(), kind(correlation_id="the-correlation-id"))

    page = response.render().content.decode()
    assert 400 <= response.status_code < 600
    assert kind().explanation.what[:20] in page or "&#x27;" in page
    assert "Traceback" not in page


def test_the_page_says_who_must_act_and_what_to_quote(request_of):
    page = page_of(request_of(), errors.Misconfigured(correlation_id="abc-123"))

    assert str(ACTORS[errors.Actor.SITE_ADMIN]) in page
    assert "misconfigured" in page
    assert "abc-123" in page


def test_who_can_mend_it_by_signing_in_gets_the_link_and_comes_back(request_of):
    error = errors.ConsentRequired(scopes=["Files.ReadWrite"])

    page = page_of(request_of(), error)

    assert reverse("wagtail_m365:connect") in page
    assert "scopes=Files.ReadWrite" in page
    assert "next=%2Fadmin%2Fsomewhere%2F%3Fpage%3D2" in page


def test_the_link_of_the_error_itself_is_kept(request_of):
    error = errors.ReconnectRequired()
    error.connect_url = "/admin/m365/connections/1/reconnect/?scopes=x"

    address = connect_address(error, "/admin/")

    assert address == "/admin/m365/connections/1/reconnect/?scopes=x&next=%2Fadmin%2F"


def test_what_only_an_administrator_can_grant_gets_no_sign_in_link():
    assert connect_address(errors.ConsentRequired(admin=True), "/") == ""


def test_a_page_that_was_posted_offers_no_second_try_by_itself(request_of):
    page = page_of(request_of(method="post"), errors.ItemLocked())

    assert "Try again" not in page


def test_waiting_is_told_to_machines_too(request_of):
    error = errors.TemporarilyUnavailable(retry_after=17)

    response = explained(request_of(), error)

    assert response.status_code == 503
    assert response["Retry-After"] == "17"


def test_what_microsoft_said_is_not_on_the_page(request_of):
    error = errors.GraphError("<script>token=secret</script>")

    page = page_of(request_of(), error)

    assert "token=secret" not in page


def test_views_explain_what_they_cannot_do(request_of):
    class Fails(ExplainsErrors, View):
        error_title = "The report could not be opened"

        def get(self, request):
            raise errors.ItemNotFound

    response = Fails.as_view()(request_of())

    assert response.status_code == 404
    assert "The report could not be opened" in response.render().content.decode()


def test_functions_explain_too(request_of):
    @explains_errors
    def fails(request):
        raise errors.BothChanged

    @explains_errors
    def works(request):
        return HttpResponse("fine")

    assert fails(request_of()).status_code == 409
    assert works(request_of()).content == b"fine"


def test_other_errors_are_not_swallowed(request_of):
    @explains_errors
    def breaks(request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks(request_of())


def test_a_more_exact_class_decides_the_status():
    assert status_of(errors.AccessDenied()) == 403
    assert status_of(errors.ItemLocked()) == 409
    assert status_of(errors.M365Error()) == 500
