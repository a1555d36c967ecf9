from __future__ import annotations

import errno
import os
from itertools import pairwise
from typing import Any

import pytest

from gvtui.monitor.tending import FIRST_WAIT, LONGEST_WAIT, STEADY_SECONDS, Tending

NAME, MEANWHILE = "the process that works", "work waits"


class Said:
    """What the user is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def say(self, kind: str, **details: Any) -> None:
        assert (kind, details["about"], details["lost"]) == ("fault", "worker", 3)
        self.texts.append(details["text"])


class Counts:
    """Tells what goes with a fault."""

    def told(self) -> dict[str, int]:
        return {"lost": 3}


class Worker:
    """A process that is none."""

    def __init__(self, *, started: bool = True) -> None:
        self.pid = 100 if started else None
        self.ending = ""
        self.starts = 0
        self.is_refused = False

    def start(self) -> None:
        self.starts += 1
        if self.is_refused:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        self.pid, self.ending = 100 + self.starts, ""


class Time:
    now = 1000.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def tending(said: Said, time: Time) -> Tending:
    return Tending(said, Counts(), lambda: time.now)  # type: ignore[arg-type]


def test_what_runs_is_left_alone(tending: Tending, said: Said, time: Time) -> None:
    worker = Worker()
    tending.take("worker", worker, NAME, MEANWHILE)
    for _ in range(200):
        time.now += 1
        tending.look()
    assert (worker.starts, said.texts) == (0, [])


def test_what_has_not_been_started_is_started_at_once(tending: Tending, said: Said) -> None:
    worker = Worker(started=False)
    tending.take("worker", worker, NAME, MEANWHILE)
    assert (worker.starts, said.texts) == (1, [])


def test_what_was_killed_is_told_and_started_again_and_that_is_told(
    tending: Tending, said: Said, time: Time
) -> None:
    worker = Worker()
    tending.take("worker", worker, NAME, MEANWHILE)
    worker.ending = "was killed by SIGKILL"
    tending.look()
    text = (
        "the process that works (process 100) was killed by SIGKILL: work waits until another one "
        "runs"
    )
    assert said.texts == [text]
    time.now += FIRST_WAIT - 0.1
    tending.look()
    assert worker.starts == 0
    time.now += 0.2
    tending.look()
    assert worker.starts == 1
    assert said.texts == [text, ""]


def test_what_ends_again_and_again_is_started_ever_less_often(
    tending: Tending, said: Said, time: Time
) -> None:
    worker = Worker()
    tending.take("worker", worker, NAME, MEANWHILE)
    at = []
    for _ in range(3600):
        worker.ending = worker.ending or "was killed by SIGKILL"
        before = worker.starts
        tending.look()
        if worker.starts > before:
            at.append(time.now)
        time.now += 1
    waits = [later - earlier for earlier, later in pairwise(at)]
    assert waits == sorted(waits)
    assert waits[0] <= 2 * FIRST_WAIT + 1
    assert LONGEST_WAIT <= waits[-1] <= LONGEST_WAIT + 2
    assert len(said.texts) == 2 * worker.starts + bool(said.texts[-1])


def test_one_that_ran_long_has_got_over_it(tending: Tending, time: Time) -> None:
    worker = Worker()
    tending.take("worker", worker, NAME, MEANWHILE)
    for _ in range(5):
        worker.ending = "was killed by SIGKILL"
        tending.look()
        time.now += LONGEST_WAIT
        tending.look()
    time.now += STEADY_SECONDS
    worker.ending = "was killed by SIGKILL"
    starts = worker.starts
    tending.look()
    time.now += FIRST_WAIT
    tending.look()
    assert worker.starts == starts + 1


def test_what_cannot_be_started_is_told_once_and_tried_again(
    tending: Tending, said: Said, time: Time
) -> None:
    worker = Worker(started=False)
    worker.is_refused = True
    tending.take("worker", worker, NAME, MEANWHILE)
    for _ in range(600):
        time.now += 1
        tending.look()
    text = (
        "the process that works cannot be started: Resource temporarily unavailable: work waits "
        "until another one runs"
    )
    assert said.texts == [text]
    assert 10 < worker.starts < 20
    worker.is_refused = False
    time.now += LONGEST_WAIT
    tending.look()
    assert said.texts == [text, ""]
