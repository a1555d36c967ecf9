"""The bytes that calls moved, by made-up messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.reader import Trace
from tests.query.resolved.world import World

if TYPE_CHECKING:
    pass

CLOEXEC = 0o2000000


def test_bytes_are_added_up_for_each_process_and_in_all(world: World) -> None:
    world.raw("openat", (1 << 64) - 100, 0x1000, CLOEXEC, result=5)
    world.raw("write", 5, 0x1000, 100, result=60)
    world.raw("read", 5, 0x1000, 100, result=7)
    world.raw("read", 5, 0x1000, 100, errno=5)
    with world.resolved() as found:
        bytes_ = found.resolver.bytes
        assert bytes_.moved.tolist() == [7, 60]
        assert (bytes_.bytes_of(1), bytes_.bytes_of(99)) == ((7, 60), (0, 0))


def test_a_call_between_two_descriptors_reads_one_and_writes_the_other(world: World) -> None:
    world.raw("openat", (1 << 64) - 100, 0x1000, CLOEXEC, result=5)
    world.raw("socket", 2, 1, 0, result=6)
    world.raw("sendfile", 6, 5, 0, 100, result=40)
    world.raw("splice", 5, 0, 6, 0, 100, 0, result=2)
    world.raw("sendfile", 6, 5, 0, 100, result=0)
    with world.resolved() as found:
        bytes_, opened = found.resolver.bytes, dict(found.descriptors(1))
        assert (opened[5].bytes_in, opened[5].bytes_out, opened[5].reads) == (42, 0, 2)
        assert (opened[6].bytes_in, opened[6].bytes_out, opened[6].writes) == (0, 42, 2)
        assert (bytes_.moved.tolist(), bytes_.bytes_of(1)) == ([42, 42], (42, 42))


def test_what_was_counted_for_a_row_can_be_taken_back(world: World) -> None:
    world.raw("openat", (1 << 64) - 100, 0x1000, CLOEXEC, result=5)
    world.raw("write", 5, 0x1000, 100, result=60)
    with world.resolved() as found:
        bytes_, description = found.resolver.bytes, dict(found.descriptors(1))[5]
        row = description.last_row
        trace = Trace.open(world.path)
        bytes_.take_back(trace.rows(row, row + 1), description.number, 1)
        trace.close()
        assert (description.bytes_out, description.writes) == (0, 0)
        assert (bytes_.moved.tolist(), bytes_.bytes_of(1)) == ([0, 0], (0, 0))
