"""The descriptors of raw rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.resolved.rawfds import fd_calls, first_arguments
from gvtui.query.resolved.slicemessages import SliceMessages
from gvtui.trace.reader import Trace
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    from tests.query.resolved.world import World

TRACES = Path(__file__).parents[2] / "data" / "traces"


def test_the_calls_are_those_whose_first_argument_is_a_descriptor() -> None:
    numbers = sysnos_by_name("x86_64")
    found = fd_calls("x86_64")
    assert {numbers["read"], numbers["lseek"], numbers["ioctl"], numbers["dup2"]} < found
    assert numbers["utimensat"] in found
    assert not {numbers["open"], numbers["openat"], numbers["mmap"], numbers["getpid"]} & found


def test_the_argument_is_that_of_the_message() -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    places = np.array(
        [
            index
            for index in range(trace.end_row)
            if (row := trace.row(index)).type == RAW_SYSCALL and row.sysno == 3
        ]
    )
    said = [int(trace.decoded(index).message.arg1) for index in places.tolist()]  # type: ignore[union-attr]
    rows = trace.rows(0, trace.end_row)
    asked = np.isin(np.arange(len(rows)), places)
    messages = SliceMessages(trace, 0, rows, asked)
    assert first_arguments(messages, asked, "x86_64").tolist() == said
    assert len(said) > 10
    trace.close()


def test_times_that_are_set_through_a_descriptor_are_those_of_its_file(world: World) -> None:
    world.open(3, "/tmp/stamped")
    world.open(4, "/tmp")
    world.raw("utimensat", 3, 0, 0, 0)
    world.raw("futimesat", 3, 0, 0)
    world.raw("utimensat", 4, 0x7000, 0, 0)
    with world.resolved() as found:
        end = found.position
        trace = Trace.open(world.path)
        paths = found.path_of(end - 3, trace.rows(end - 3, end))
        trace.close()
    assert paths == ["/tmp/stamped", "/tmp/stamped", ""]
