from __future__ import annotations

import pytest

from wagtail_m365.documents.fetching import plan_imports
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.documents.transferring import run
from wagtail_m365.errors import NotAllowed
from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import State

from .watch import content_of, documents

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ada, connect):
    return connect(ada)


@pytest.fixture
def files(account, microsoft):
    drive = microsoft.drive(account.account)

    def put(name, content):
        item = drive.put(name, content)
        return RemoteFile(
            drive_id=drive.drive.id, item_id=item.id, name=name, size=len(content)
        )

    return [put("a.pdf", b"a"), put("b.exe", b"b"), put("c.pdf", b"c")]


@pytest.fixture
def plan(ada, account, files, collection):
    def plan(**how):
        batch = plan_imports(
            files, ada, connection=account, collection=collection, **how
        )
        return list(Transfer.objects.of_batch(batch))

    return plan


def test_each_file_becomes_a_document_by_whichever_worker_comes_first(plan):
    rows = [run(row.pk) for row in plan(tags=["press"])]
    assert [row.state for row in rows] == [State.DONE, State.FAILED, State.DONE]
    assert rows[1].error_code == "format_not_taken"
    assert content_of(rows[0].document) == b"a"
    assert [tag.name for tag in rows[0].document.tags.all()] == ["press"]
    assert rows[0].document.m365_source.name == "a.pdf"


def test_a_transfer_that_is_run_once_more_imports_nothing_twice(plan):
    row = plan()[0]
    run(row.pk)
    Transfer.objects.filter(pk=row.pk).update(state=State.QUEUED)
    assert run(row.pk).state == State.DONE
    assert documents().count() == 1


def test_what_the_site_has_already_is_left_out_unless_wished_for(plan):
    run(plan()[0].pk)
    again = run(plan()[0].pk)
    assert (again.state, again.error_code) == (State.FAILED, "already_there")
    assert run(plan(even_if_there=True)[0].pk).state == State.DONE
    assert documents().count() == 2


def test_whoever_lost_the_permission_meanwhile_imports_nothing(plan, ada):
    row = plan()[0]
    ada.groups.clear()
    assert run(row.pk).state == State.FAILED
    assert not documents()


def test_nobody_plans_with_somebody_elses_account(account, ben, files, collection):
    with pytest.raises(NotAllowed):
        plan_imports(files, ben, connection=account, collection=collection)
