"""A panel on the dashboard, shown only when the person is needed or there is news."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.components import Component

from wagtail_m365.documents import reminding
from wagtail_m365.models import ConsentRequest, EditSession
from wagtail_m365.tokens.connect_urls import connect_url
from wagtail_m365.tokens.notices import Trouble, troubles_of, troubles_of_the_site
from wagtail_m365.tokens.service_connections import may_manage

from .access import may_use
from .addresses import service_address
from .rights import rights


class NoticePanel(Component):
    """What has to be done, and what was granted meanwhile."""

    name = "m365_notices"
    title = gettext_lazy("Microsoft 365 needs you")
    # Above Wagtail's own panels: it is here only when something is to be done.
    order = 50
    template_name = "wagtail_m365/notices/panel.html"

    def __init__(
        self,
        own: list[Trouble],
        of_site: list[Trouble],
        news: list[ConsentRequest],
        forgotten: list[EditSession],
    ) -> None:
        self.own = own
        self.of_site = of_site
        self.news = news
        self.forgotten = forgotten

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """What the template shows; news and reminders are told once."""
        for one in self.news:
            one.mark_told()
        for session in self.forgotten:
            reminding.mark_shown(session)
        return {
            "title": self.title if self.own or self.of_site else "",
            "own": [(each, _reconnect_url(each)) for each in self.own],
            "of_site": [
                (each, service_address(each.connection.service_name or ""))
                for each in self.of_site
            ],
            "news": [(one, rights(one.wanted), _use_url(one)) for one in self.news],
            "forgotten": [
                {
                    "title": session.document_title,
                    "opened": reminding.sentence_about_opening(session),
                    "changed": reminding.sentence_about_change(session),
                    "url": reminding.page_of(session),
                }
                for session in self.forgotten
            ],
        }


def add_notices(request: HttpRequest, panels: list[Any]) -> None:
    """For the hook ``construct_homepage_panels``; four queries at most."""
    user = request.user
    uses, manages = may_use(user), may_manage(user)
    own = troubles_of(user) if uses else []
    of_site = troubles_of_the_site() if manages else []
    news = list(ConsentRequest.objects.news_for(user)) if uses else []
    forgotten = reminding.reminders_for(user) if uses else []
    if own or of_site or news or forgotten:
        panels.append(NoticePanel(own, of_site, news, forgotten))


def _reconnect_url(trouble: Trouble) -> str:
    return connect_url(next=reverse("wagtailadmin_home"), connection=trouble.connection)


def _use_url(granted: ConsentRequest) -> str:
    """A sign-in where one is still needed: without a connection."""
    if granted.connection_id:
        return ""
    return connect_url(*granted.wanted, next=reverse("wagtailadmin_home"))
