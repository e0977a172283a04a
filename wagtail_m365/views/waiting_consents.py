"""Rights that somebody waits for: remembered where they are asked for, looked for again."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from wagtail_m365.errors import M365Error, TemporarilyUnavailable
from wagtail_m365.models import ConsentRequest
from wagtail_m365.tokens import consents

from .access import UsesMicrosoft365
from .rights import rights
from .status_sentences import time_since


def waits(user: Any) -> bool:
    """Is there a request of this person of which there may be news?"""
    waiting = ConsentRequest.objects.waiting().of_user(user)
    return waiting.exists() or ConsentRequest.objects.news_for(user).exists()


# It waits for Microsoft: no transaction of ours may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class WaitingConsentsView(UsesMicrosoft365, TemplateView):
    """A fragment that the account page fetches when it stands: Microsoft may be slow."""

    template_name = "wagtail_m365/notices/waiting.html"
    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look again, half an hour after the last look at the earliest."""
        mine = ConsentRequest.objects.waiting().of_user(request.user)
        for one in mine.select_related("connection__user"):
            try:
                consents.look_again(one)
            except TemporarilyUnavailable:
                break
            except M365Error:
                # What is wrong with the connection is told on the page already.
                continue
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What still waits, and what was granted; that is told once."""
        news = list(ConsentRequest.objects.news_for(self.request.user))
        waiting = ConsentRequest.objects.waiting().of_user(self.request.user)
        for one in news:
            one.mark_told()
        return super().get_context_data(
            granted=[rights(one.wanted) for one in news],
            waiting=[(time_since(one.asked_at), rights(one.wanted)) for one in waiting],
            **kwargs,
        )
