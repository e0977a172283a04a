from __future__ import annotations

import os
import threading
from contextlib import closing

import pytest

from wagtail_m365.graph.beside import Beside, another_processor


def work_on_all(beside, pieces):
    for piece in pieces:
        beside.put(piece)
    beside.settle()


BOTH = pytest.mark.parametrize("threaded", [True, False])


@BOTH
def test_pieces_are_worked_on_in_their_order(threaded):
    done = []
    beside = Beside(done.append, threaded=threaded)

    pieces = [b"%d" % number for number in range(100)]
    work_on_all(beside, pieces)

    assert done == pieces
    beside.close()


@pytest.mark.parametrize(("threaded", "same"), [(True, False), (False, True)])
def test_the_work_is_done_in_a_thread_of_its_own_or_at_once(threaded, same):
    threads = []
    beside = Beside(lambda _: threads.append(threading.get_ident()), threaded=threaded)

    work_on_all(beside, [b"a piece"])
    beside.close()

    assert (threads == [threading.get_ident()]) is same


def test_pieces_that_wait_are_few():
    going, done, handed_over = threading.Semaphore(0), [], []

    def work(piece):
        going.acquire()
        done.append(piece)

    def hand_over(beside):
        for number in range(9):
            beside.put(b"%d" % number)
            handed_over.append(number)
            if number == 1:
                two.set()

    beside, two = Beside(work, threaded=True), threading.Event()
    giver = threading.Thread(target=hand_over, args=[beside])
    giver.start()
    assert two.wait(30)
    # The third waits for the first; nothing has been let go yet.
    assert (done, len(handed_over)) == ([], 2)
    going.release(9)
    giver.join(30)
    beside.settle()
    beside.close()

    assert (len(done), len(handed_over)) == (9, 9)


@BOTH
def test_what_goes_wrong_beside_reaches_who_waits_for_it(threaded):
    def work(piece):
        raise MemoryError

    beside = Beside(work, threaded=threaded)

    with pytest.raises(MemoryError), closing(beside):
        work_on_all(beside, [b"a piece"])


@BOTH
def test_closed_twice_and_unused_is_fine(threaded):
    beside = Beside(print, threaded=threaded)

    beside.close()
    beside.close()


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="only Linux binds processes"
)
def test_a_process_that_is_bound_to_one_processor_has_no_other():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert not another_processor()
    finally:
        os.sched_setaffinity(0, allowed)
