"""A batch of transfers: how far each is, what became of it, cancel and try again."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365 import tasks
from wagtail_m365.documents import audit
from wagtail_m365.documents.permissions import may_manage
from wagtail_m365.documents.transfer_batches import cancel, error_of, try_again
from wagtail_m365.documents.transfer_leases import requeue_abandoned
from wagtail_m365.errors import Explanation
from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import UNFINISHED, Kind, State

from .access import UsesMicrosoft365
from .document_page import edit_url, is_web_address
from .errors import actor_name, connect_address

#: Transfers on one page of a batch.
_PER_PAGE = 50


def visible_transfers(user: Any) -> QuerySet[Transfer]:
    """The transfers that this person may know of: their own, and all for managers."""
    rows = Transfer.objects.all()
    if not may_manage(user):
        rows = rows.of_owner(user)
    return rows.select_related("owner", "connection", "document")


def begin(batch_id: uuid.UUID) -> HttpResponse:
    """Hand a batch to the workers, and show how far it is.

    Where the site has none, the page itself asks for one transfer after the other.
    """
    if tasks.has_workers():
        rows = Transfer.objects.of_batch(batch_id).unfinished()
        tasks.start_transfers(rows.values_list("pk", flat=True))
    return redirect("wagtail_m365:transfer_batch", batch_id)


@dataclass(frozen=True, slots=True)
class Row:
    """One transfer as the page shows it."""

    transfer: Transfer
    here: str

    @property
    def share_of_bytes(self) -> int:
        """Hundredths that are over."""
        if self.transfer.state == State.DONE:
            return 100
        return round(100 * self.transfer.bytes_done / (self.transfer.size or 1))

    @property
    def edit_url(self) -> str:
        """The document's own page; ``""`` where it is gone."""
        document = self.transfer.document
        return edit_url(document) if document else ""

    @property
    def web_url(self) -> str:
        """The file in Microsoft 365, if a browser may be sent there."""
        url = self.transfer.web_url
        return url if url and is_web_address(url) else ""

    @property
    def share_url(self) -> str:
        """The organisation's link, likewise."""
        url = self.transfer.share_url
        return url if url and is_web_address(url) else ""

    @property
    def is_renamed(self) -> bool:
        """Was the name made safe, or numbered?"""
        named = self.transfer.original_name
        return bool(self.transfer.name and named and self.transfer.name != named)

    @property
    def explanation(self) -> Explanation | None:
        """What went wrong, and who can mend it."""
        error = error_of(self.transfer)
        return error.explanation if error else None

    @property
    def actor(self) -> str:
        """Who must act."""
        return actor_name(self.explanation.actor) if self.explanation else ""

    @property
    def sign_in_url(self) -> str:
        """Where a sign-in mends it and leads back; ``""`` if it cannot."""
        error = error_of(self.transfer)
        return connect_address(error, self.here) if error else ""

    @property
    def can_cancel(self) -> bool:
        """Is it still under way, and not being cancelled already?"""
        return self.transfer.is_unfinished and not self.transfer.cancel_requested

    @property
    def can_retry(self) -> bool:
        """Has it ended without arriving?"""
        return self.transfer.state in {State.FAILED, State.CANCELLED, State.WAITING}


class _OfBatch(UsesMicrosoft365):
    """A view of one batch, for whoever may see its transfers."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def transfers(self) -> QuerySet[Transfer]:
        """The transfers of the batch.

        Raises:
            Http404: There is no such batch.
            PermissionDenied: It is somebody else's.
        """
        batch_id = self.kwargs["batch_id"]
        visible = visible_transfers(self.request.user)
        rows = visible.filter(batch_id=batch_id).order_by("position", "created_at")
        if not rows.exists():
            if Transfer.objects.of_batch(batch_id).exists():
                raise PermissionDenied
            raise Http404
        return rows

    @property
    def batch_url(self) -> str:
        return reverse("wagtail_m365:transfer_batch", args=[self.kwargs["batch_id"]])


class TransferRowsView(_OfBatch, TemplateView):
    """The part of the page that is asked for again and again."""

    template_name = "wagtail_m365/transfers/rows.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.transfers
        counts = dict(rows.order_by().values_list("state").annotate(count=Count("pk")))
        sums = rows.order_by().aggregate(done=Sum("bytes_done"), size=Sum("size"))
        pages = Paginator(rows, _PER_PAGE)
        page = pages.get_page(self.request.GET.get("p"))
        unfinished = sum(counts.get(state, 0) for state in UNFINISHED)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "batch_id": self.kwargs["batch_id"],
            "page": page,
            "rows": [Row(transfer, self.batch_url) for transfer in page],
            "total": pages.count,
            "done": counts.get(State.DONE, 0),
            "failed": counts.get(State.FAILED, 0),
            "cancelled": counts.get(State.CANCELLED, 0),
            "unfinished": unfinished,
            "has_workers": tasks.has_workers(),
            "stopped": bool(unfinished and self._is_stopped()),
            "bytes_done": sums["done"] or 0,
            "size": sums["size"] or 0,
            "status": _status(rows[0].kind, pages.count, counts, unfinished),
        }

    def _is_stopped(self) -> bool:
        """Does nobody work on what is left, as far as is known?"""
        now = time.time()
        rows = self.transfers.unfinished()  # type: ignore[attr-defined]  # our queryset
        return not rows.exclude(pk__in=rows.abandoned(now).values("pk")).exists()


def _status(kind: str, total: int, counts: dict[str, int], unfinished: int) -> str:
    """One sentence that is read out when it changes."""
    words = _imported_so_far if kind == Kind.IMPORT else _saved_so_far
    text = words(counts.get(State.DONE, 0), total, counts.get(State.FAILED, 0))
    # Outside of an f-string, in which xgettext finds no text.
    nothing_left = _("Nothing is left to do.")
    return text if unfinished else f"{text} {nothing_left}"


def _saved_so_far(done: int, total: int, failed: int) -> str:
    text = ngettext(
        "%(done)d of %(total)d file saved.", "%(done)d of %(total)d files saved.", total
    ) % {"done": done, "total": total}
    if failed:
        text += " " + ngettext(
            "%(count)d was not saved.", "%(count)d were not saved.", failed
        ) % {"count": failed}
    return text


def _imported_so_far(done: int, total: int, failed: int) -> str:
    text = ngettext(
        "%(done)d of %(total)d file imported.",
        "%(done)d of %(total)d files imported.",
        total,
    ) % {"done": done, "total": total}
    if failed:
        text += " " + ngettext(
            "%(count)d was not imported.", "%(count)d were not imported.", failed
        ) % {"count": failed}
    return text


class TransferBatchView(WagtailAdminTemplateMixin, TransferRowsView):
    """The whole page; survives reload, since all is on the rows."""

    template_name = "wagtail_m365/transfers/batch.html"
    page_title = gettext_lazy("Transfers")
    header_icon = "m365"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtail_m365:transfers"), "label": _("Transfers")},
            {"url": "", "label": self.transfers[0].get_kind_display()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            kind=self.transfers[0].get_kind_display(),
            connection=self.transfers[0].connection,
            **kwargs,
        )


# A transfer may run in this very request, which takes its own transactions.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class _Changes(_OfBatch, View):
    """Changes the transfers of a batch, or the one that is named."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        rows = self.transfers
        if named := request.POST.get("transfer"):
            try:
                rows = rows.filter(pk=uuid.UUID(named))
            except ValueError as error:
                raise Http404 from error
        self.change(rows)
        return redirect(self.batch_url)

    def change(self, transfers: QuerySet[Transfer]) -> None:
        raise NotImplementedError

    def record(self, action: str, transfers: QuerySet[Transfer]) -> None:
        """Tell the log of each document, before the rows change."""
        for each in transfers.select_related("document").iterator(chunk_size=200):
            audit.record(action, each.document, self.request.user, name=each.title)


class CancelTransfersView(_Changes):
    """End transfers: at once, or between two fragments."""

    def change(self, transfers: QuerySet[Transfer]) -> None:
        self.record(audit.CANCEL, transfers.filter(finished_at=None))
        tasks.start_transfers(cancel(transfers))


class RetryTransfersView(_Changes):
    """Begin anew what has failed."""

    def change(self, transfers: QuerySet[Transfer]) -> None:
        ended = transfers.filter(state__in=[State.FAILED, State.CANCELLED])
        self.record(audit.RETRY, ended)
        due = try_again(transfers)
        if tasks.has_workers():
            tasks.start_transfers(due)


class TakeUpView(_Changes):
    """Go on with what nobody works on: one transfer where this request must do it."""

    def change(self, transfers: QuerySet[Transfer]) -> None:
        requeue_abandoned(time.time(), pk__in=transfers.order_by().values("pk"))
        rows = transfers.filter(state__in=[State.QUEUED, State.WAITING])
        due = list(rows.values_list("pk", flat=True))
        tasks.start_transfers(due if tasks.has_workers() else due[:1])
