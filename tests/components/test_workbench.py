"""One piece of long work at a time, shared by all who ask for it."""

import threading
import time

import pytest

from components.workbench import Workbench


class Work:
    """Counts to three and remembers what happened to it."""

    def __init__(self, fails=False):
        self.n_started, self.n_closed, self.fails = 0, 0, fails

    def __call__(self):
        self.n_started += 1
        try:
            yield from range(3)
            if self.fails:
                raise RuntimeError("no memory")
        finally:
            self.n_closed += 1
        return "found"


def finish(bench, asked, work):
    while not bench.work(asked, work, seconds=0.01):
        pass


def test_the_result_is_kept_for_everybody_and_not_worked_out_again():
    bench, work = Workbench(), Work()
    assert bench.result("a") is None
    finish(bench, "a", work)
    assert bench.result("a") == "found"
    assert bench.work("a", work, seconds=0.01)
    assert work.n_started == work.n_closed == 1
    assert bench.is_free


def test_two_readers_who_ask_for_the_same_go_on_with_the_same_work():
    bench, work = Workbench(), Work()
    assert not bench.work("a", slow(work), seconds=0.001)
    assert not bench.work("a", slow(work), seconds=0.001)
    assert work.n_started == 1


def test_other_work_pushes_what_was_left_off_the_bench():
    tidied = []
    bench, left, mine = Workbench(tidy=lambda: tidied.append(1)), Work(), Work()
    bench.work("a", slow(left), seconds=0.001)
    assert not bench.is_free
    finish(bench, "b", mine)
    assert left.n_closed == 1
    assert len(tidied) == 2
    assert bench.result("a") is None


def slow(work):
    """The same work, a moment per step."""

    def steps():
        inner = work()
        try:
            while True:
                time.sleep(0.01)
                yield next(inner)
        finally:
            inner.close()

    return steps


def test_progress_is_told_only_to_those_who_asked_for_that_work():
    bench = Workbench()
    bench.work("a", slow(Work()), seconds=0.001)
    assert bench.progress("a") == 0
    assert bench.progress("b") is None


def test_work_that_fails_leaves_the_bench_free():
    bench, work = Workbench(), Work(fails=True)
    with pytest.raises(RuntimeError, match="no memory"):
        finish(bench, "a", work)
    assert bench.is_free
    assert bench.result("a") is None
    assert work.n_closed == 1


def test_work_whose_reader_is_gone_is_dropped_by_itself():
    work = Work()
    bench = Workbench(patience_s=0.05)
    bench.work("a", slow(work), seconds=0.001)
    deadline = time.monotonic() + 5
    while not bench.is_free and time.monotonic() < deadline:
        time.sleep(0.02)
    assert bench.is_free
    assert work.n_closed == 1


def test_the_result_unused_for_longest_goes_first():
    bench = Workbench(max_results=2)
    bench.keep("a", 1)
    bench.keep("b", 2)
    assert bench.result("a") == 1
    bench.keep("c", 3)
    assert bench.result("b") is None
    assert bench.results(str) == {"a": 1, "c": 3}


def test_ten_readers_at_once_hold_one_piece_of_work_between_them():
    bench = Workbench()
    alive, most = [], []

    def asked_by(name):
        def steps():
            alive.append(name)
            try:
                for step in range(5):
                    most.append(len(alive))
                    time.sleep(0.002)
                    yield step
            finally:
                alive.remove(name)
            return name

        return steps

    def reader(name):
        while not bench.work(name, asked_by(name), seconds=0.5):
            pass

    threads = [threading.Thread(target=reader, args=(name,)) for name in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [bench.result(name) for name in range(10)] == list(range(10))
    assert max(most) == 1
