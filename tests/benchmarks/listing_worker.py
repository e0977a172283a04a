"""A process of the site that shows the documents listing, bare and with Microsoft 365."""

from __future__ import annotations

import gc
import time
import uuid
from typing import Any

import django

from . import site
from .processes import serve

_BATCH = 2_000


def documents(count: int) -> None:
    """So many documents, one in ten of them open in Microsoft 365."""
    from wagtail.documents import get_document_model
    from wagtail.models import Collection

    root = Collection.get_first_root_node() or Collection.add_root(name="Root")
    model = get_document_model()
    model.objects.bulk_create(
        (
            model(
                title=f"Document {number}",
                file=f"documents/{number}.docx",
                collection=root,
                file_size=number,
                file_hash=f"{number:040x}",
            )
            for number in range(count)
        ),
        batch_size=_BATCH,
    )
    _sessions([(row, row) for row in model.objects.all()[::10]])


def crowd(others: int) -> None:
    """So many connections and edit sessions of other people."""
    from django.contrib.auth import get_user_model

    from wagtail_m365.models import Connection

    people = get_user_model()
    people.objects.bulk_create(
        (people(username=f"other {number}") for number in range(others)),
        batch_size=_BATCH,
    )
    Connection.objects.bulk_create(
        (
            Connection(
                user_id=person,
                client_id="client",
                tenant_id="tenant",
                object_id=str(person),
                authority_tenant="tenant",
                home_account_id="home",
            )
            for person in people.objects.filter(
                username__startswith="other"
            ).values_list("pk", flat=True)
        ),
        batch_size=_BATCH,
    )
    _sessions([(None, None)] * others)


def _sessions(pairs: list[tuple[Any, Any]]) -> None:
    from wagtail_m365.models import EditSession

    EditSession.objects.bulk_create(
        (
            EditSession(
                id=uuid.uuid4(),
                document=document,
                open_for=open_for,
                document_title="Document",
                state=EditSession.State.OPEN,
            )
            for document, open_for in pairs
        ),
        batch_size=_BATCH,
    )


def _views(rows: int) -> dict[str, Any]:
    from wagtail.documents.views.documents import IndexView

    from wagtail_m365.views.documents import M365DocumentIndexMixin

    ours = type("Ours", (M365DocumentIndexMixin, IndexView), {})
    return {
        "bare": IndexView.as_view(paginate_by=rows),
        "ours": ours.as_view(paginate_by=rows),
    }


def _shown(view: Any) -> str:
    from django.contrib.sessions.backends.signed_cookies import SessionStore
    from django.test import RequestFactory

    request = RequestFactory().get("/admin/documents/")
    request.user, request.session = site.person(), SessionStore()
    response = view(request)
    response.render()
    return response.content.decode()


def queries(rows: int) -> dict[str, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found = {}
    for name, view in _views(rows).items():
        _shown(view)
        with CaptureQueriesContext(connection) as captured:
            _shown(view)
        found[name] = len(captured)
    return found


def measure(rounds: int, rows: int) -> list[dict[str, float]]:
    """Milliseconds per listing; both take turns."""
    views, found = _views(rows), []
    for view in views.values():
        _shown(view)
    for _round in range(rounds):
        gc.collect()
        one = {}
        for name, view in views.items():
            begun = time.perf_counter()
            _shown(view)
            one[name] = (time.perf_counter() - begun) * 1000
        found.append(one)
    return found


def main() -> None:
    django.setup()
    own = {
        "documents": documents,
        "crowd": crowd,
        "queries": queries,
        "measure": measure,
    }
    serve({**site.COMMANDS, **own})


if __name__ == "__main__":
    main()
