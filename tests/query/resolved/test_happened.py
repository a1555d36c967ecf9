"""What calls did, by the columns of their rows."""

from __future__ import annotations

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.description import How
from gvtui.query.resolved.happened import CALLS, flags_of, happened
from gvtui.trace.row import ROW_DTYPE, Direction

NUMBERS = sysnos_by_name("x86_64")


def flags(name: str, how: int = 0, **fields: int) -> Happened:
    rows = np.zeros(1, ROW_DTYPE)
    rows["sysno"], rows["direction"], rows["type"] = NUMBERS[name], Direction.EXIT, 6
    for field, value in fields.items():
        rows[field] = value
    none = np.zeros(1, np.bool_)
    children = np.zeros(1, np.int32)
    found = happened(rows, none, none, children, np.array([how], np.uint8), "x86_64")
    return Happened(int(found[0]))


def test_an_open_tells_how() -> None:
    found = flags("openat", How.TOLD | How.WRITE | How.MAY_CREATE, result=3)
    assert found == Happened.OPENED | Happened.OPENED_WRITE | Happened.MAY_CREATE
    assert flags_of(How.READ | How.CREATED) == Happened.OPENED_READ | Happened.CREATED


def test_failed_and_merely_asked_calls_did_nothing() -> None:
    assert not flags("openat", errno=2)
    assert not flags("unlink", direction=Direction.ENTER)
    assert flags("unlink") == Happened.REMOVED
    assert flags("connect", type=10, errno=115) == Happened.CONNECTED
    assert not flags("connect", type=10, errno=111)


def test_a_read_of_nothing_read_nothing() -> None:
    assert flags("read", result=5) == Happened.READ
    assert not flags("read", result=0)
    assert flags("ptrace", result=0) == Happened.TRACED


def test_events_have_flags_too() -> None:
    exited = flags("read", type=5, direction=Direction.NONE, pid=3, tid=3)
    assert exited == Happened.EXITED
    assert not flags("read", type=5, direction=Direction.NONE, pid=3, tid=4)


def test_all_calls_exist_and_do_one_thing() -> None:
    names = [name for names in CALLS.values() for name in names.split()]
    known = {*NUMBERS, *sysnos_by_name("arm64")}
    assert [name for name in names if name not in known] == []
    assert len(names) == len(set(names))
