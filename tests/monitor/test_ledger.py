from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from gvtui.monitor.control import Control
from gvtui.monitor.ledger import (
    CALM_SECONDS,
    MAX_OWED,
    MAX_OWED_BYTES,
    RETRY_SECONDS,
    Ledger,
)
from gvtui.trace.losses import FULL, REMOVED
from gvtui.trace.marks import ClockMark, LostMark, Mark, NoteMark, read_mark
from gvtui.trace.summary import SummaryCounts
from gvtui.trace.writer import TraceWriter


class Disk:
    """Stands for the writer, the control channel and the clock; full when told to be."""

    path = Path("/a.gvtrace")

    def __init__(self) -> None:
        self.full = False
        self.code = errno.ENOSPC
        self.now = 0.0
        self.written: list[str] = []
        self.marks: list[Mark] = []
        self.said: list[tuple[str, int]] = []

    counts = SummaryCounts()

    def has_room(self) -> bool:
        return not self.full

    def put(self, word: str) -> Callable[[Any], None]:
        def write(_: object) -> None:
            if self.full:
                raise OSError(self.code, "No space left on device")
            self.written.append(word)

        return write

    def mark(self, recv_ns: int, details: dict[str, Any]) -> None:
        self.put("mark")(self)
        self.marks.append(read_mark(details))

    def say(self, kind: str, *, about: str, text: str, lost: int, **_: object) -> None:
        assert (kind, about) == ("fault", "trace")
        self.said.append((text, lost))

    def lost(self) -> list[tuple[int, str]]:
        return [(mark.messages, mark.why) for mark in self.marks if isinstance(mark, LostMark)]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def ledger(disk: Disk) -> Ledger:
    writer, control = cast("TraceWriter", disk), cast("Control", disk)
    return Ledger(writer, control, clock=lambda: disk.now)


def test_while_all_is_well_nothing_is_told(disk: Disk, ledger: Ledger) -> None:
    ledger.write(disk.put("a"), 1)
    ledger.recover()
    assert disk.written == ["a"]
    assert (ledger.fault, ledger.lost, disk.said, bool(ledger.losses)) == ("", 0, [], False)


def test_messages_are_lost_and_the_rest_is_owed(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    ledger.write(disk.put("messages"), 5)
    for word in ("closed", "opened"):
        ledger.write(disk.put(word))
    ledger.recover()
    assert (ledger.lost, ledger.owed, ledger.losses.messages) == (5, 2, 5)
    assert ledger.fault == "cannot write /a.gvtrace: No space left on device"
    assert disk.said == [(ledger.fault, 5)]
    disk.full = False
    disk.now += RETRY_SECONDS
    ledger.recover()
    assert disk.written == ["mark", "closed", "opened"]
    (mark,) = disk.marks
    assert isinstance(mark, LostMark)
    assert (mark.messages, mark.why) == (5, FULL)
    assert 0 < mark.since_ns <= mark.until_ns
    assert (ledger.lost, ledger.owed) == (5, 0)


def test_what_was_lost_is_noted_before_what_comes_after(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    ledger.write(disk.put("messages"), 5)
    disk.full = False
    # Not tried for each message: that takes time too.
    ledger.write(disk.put("messages"), 2)
    disk.now += RETRY_SECONDS
    ledger.write(disk.put("more"), 1)
    assert disk.written == ["mark", "more"]
    assert disk.lost() == [(7, FULL)]
    # Each time that the disk is full has its own count and line.
    disk.full = True
    ledger.write(disk.put("messages"), 2)
    disk.full = False
    disk.now += RETRY_SECONDS
    ledger.write(disk.put("again"), 1)
    assert disk.lost() == [(7, FULL), (2, FULL)]
    assert ledger.lost == ledger.losses.messages == 9


def test_faults_that_come_and_go_are_told_once(disk: Disk, ledger: Ledger) -> None:
    for _ in range(20):
        disk.full = True
        ledger.write(disk.put("messages"), 5)
        disk.full = False
        disk.now += 1.0
        ledger.recover()
    assert [bool(text) for text, _ in disk.said] == [True]
    assert len(disk.marks) == 20
    disk.now += CALM_SECONDS
    ledger.recover()
    assert [bool(text) for text, _ in disk.said] == [True, False]
    assert disk.said[-1] == ("", 100)
    assert "20 times" in ledger.losses.words()


def test_at_the_end_what_was_lost_is_noted_with_what_was_kept_back(
    disk: Disk, ledger: Ledger
) -> None:
    disk.full = True
    ledger.write(disk.put("messages"), 5)
    disk.full = False
    ledger.recover(is_last=True)
    assert disk.lost() == [(5, FULL)]


def test_a_disk_that_stays_full_is_told_all_the_same(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    ledger.write(disk.put("messages"), 5)
    ledger.recover(is_last=True)
    assert disk.marks == []
    assert ledger.losses.messages == 5


def test_where_the_files_are_gone_nothing_is_tried(disk: Disk, ledger: Ledger) -> None:
    ledger.fail("the folder of /a.gvtrace is gone", REMOVED)
    disk.now += RETRY_SECONDS
    ledger.write(disk.put("messages"), 5)
    ledger.write(disk.put("opened"))
    assert disk.written == []
    other = Disk()
    ledger.use(cast("TraceWriter", other))
    ledger.write(other.put("messages"), 1)
    assert disk.written == ["opened"]
    assert other.lost() == [(5, REMOVED)]


def test_marks_are_written_and_losses_among_them_counted(disk: Disk, ledger: Ledger) -> None:
    ledger.note(ClockMark(5))
    ledger.note(LostMark(3, 1, 2, REMOVED))
    assert disk.marks == [ClockMark(5), LostMark(3, 1, 2, REMOVED)]
    assert (ledger.lost, ledger.losses.messages) == (3, 3)


def test_another_fault_than_a_full_disk_has_the_kernel_s_reason(disk: Disk, ledger: Ledger) -> None:
    disk.full, disk.code = True, errno.EIO
    ledger.write(disk.put("messages"), 5)
    assert "lost that could not be written" in ledger.losses.words()


def test_what_is_owed_is_limited(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    for number in range(MAX_OWED + 5):
        ledger.write(disk.put(str(number)))
    assert ledger.owed == MAX_OWED
    disk.full = False
    disk.now += RETRY_SECONDS
    ledger.recover()
    assert disk.written[0] == "5"
    assert disk.marks == []


def test_each_message_is_accounted_for(disk: Disk, ledger: Ledger) -> None:
    ledger.write(disk.put("a"), 3)
    disk.full = True
    ledger.write(disk.put("b"), 4)
    ledger.write(disk.put("c"), 2)
    ledger.refuse("rate", 5)
    ledger.refuse("rate", 1)
    disk.full = False
    disk.now += 1
    ledger.recover()
    reception = ledger.reception
    assert reception is disk.reception  # type: ignore[attr-defined]
    assert (reception.received, reception.lost, reception.refused) == (15, 6, {"rate": 6})
    assert reception.losses.messages == 6


def test_a_new_file_has_an_account_of_its_own(disk: Disk, ledger: Ledger) -> None:
    ledger.write(disk.put("a"), 3)
    ledger.fail("the file has gone", REMOVED)
    ledger.write(disk.put("b"), 4)
    other = Disk()
    ledger.use(cast("TraceWriter", other))
    ledger.note(LostMark(3, 0, 0, REMOVED))
    ledger.write(other.put("c"), 1)
    reception = ledger.reception
    assert reception is other.reception  # type: ignore[attr-defined]
    assert (reception.received, reception.lost) == (8, 7)


def test_what_is_owed_takes_no_more_memory_than_it_may(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    part = MAX_OWED_BYTES // 8
    for number in range(20):
        ledger.write(disk.put(str(number)), size=part)
    assert ledger.owed == 8
    ledger.write(disk.put("a"), size=part * 7)
    assert ledger.owed == 2
    disk.full = False
    disk.now += RETRY_SECONDS
    ledger.recover()
    assert disk.written == ["19", "a"]
    # What has been written counts no more.
    disk.full = True
    for number in range(20):
        ledger.write(disk.put(str(number)), size=part)
    assert ledger.owed == 8


def test_a_mark_counts_with_its_words(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    for _ in range(64):
        ledger.note(NoteMark("x" * (1 << 20)))
    assert 25 < ledger.owed < 32
