from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, cast

import pytest

from gvtui.monitor.control import Control
from gvtui.monitor.ledger import MAX_OWED, Ledger
from gvtui.trace.marks import LostMark, Mark, read_mark
from gvtui.trace.writer import TraceWriter


class Disk:
    """Stands for the writer and the control channel; full when told to be."""

    path = Path("/a.gvtrace")

    def __init__(self) -> None:
        self.full = False
        self.written: list[str] = []
        self.marks: list[Mark] = []
        self.said: list[tuple[str, int]] = []

    def put(self, word: str) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.written.append(word)

    def mark(self, recv_ns: int, details: dict[str, Any]) -> None:
        self.put("mark")
        self.marks.append(read_mark(details))

    def say(self, kind: str, *, text: str, lost: int) -> None:
        assert kind == "fault"
        self.said.append((text, lost))


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def ledger(disk: Disk) -> Ledger:
    return Ledger(cast("TraceWriter", disk), cast("Control", disk))


def test_while_all_is_well_nothing_is_told(disk: Disk, ledger: Ledger) -> None:
    ledger.write(lambda: disk.put("a"), 1)
    ledger.recover()
    assert disk.written == ["a"]
    assert (ledger.fault, ledger.lost, disk.said) == ("", 0, [])


def test_messages_are_lost_and_the_rest_is_owed(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    ledger.write(lambda: disk.put("messages"), 5)
    for word in ("closed", "opened"):
        ledger.write(lambda word=word: disk.put(word))  # type: ignore[misc]
    ledger.recover()
    assert (ledger.lost, ledger.owed) == (5, 2)
    assert ledger.fault == "cannot write /a.gvtrace: No space left on device"
    assert disk.said == [(ledger.fault, 5)]
    disk.full = False
    ledger.recover()
    assert disk.written == ["closed", "opened", "mark"]
    (mark,) = disk.marks
    assert isinstance(mark, LostMark)
    assert mark.messages == 5
    assert mark.since_ns > 0
    assert (ledger.fault, ledger.lost, ledger.owed) == ("", 5, 0)
    assert disk.said[1:] == [("", 5)]
    # Each time that the disk is full has its own count.
    disk.full = True
    ledger.write(lambda: disk.put("messages"), 2)
    disk.full = False
    ledger.recover()
    assert [mark.messages for mark in disk.marks if isinstance(mark, LostMark)] == [5, 2]


def test_a_disk_that_takes_one_write_and_refuses_the_next(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    ledger.write(lambda: disk.put("messages"), 5)
    disk.full = False
    # What is written now is written; but nobody says that the fault is over before it is noted.
    ledger.write(lambda: disk.put("more"), 1)
    assert disk.written == ["more"]
    assert ledger.fault
    assert len(disk.said) == 1


def test_what_is_owed_is_limited(disk: Disk, ledger: Ledger) -> None:
    disk.full = True
    for number in range(MAX_OWED + 5):
        ledger.write(lambda number=number: disk.put(str(number)))  # type: ignore[misc]
    assert ledger.owed == MAX_OWED
    disk.full = False
    ledger.recover()
    assert disk.written[0] == "5"
