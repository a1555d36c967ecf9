from __future__ import annotations

import struct

import numpy as np
import pytest

from gvtui.trace.row import NO_FD, NO_UID, ROW_DTYPE, Flag, Kind, Row
from gvtui.trace.rowparts import NO_CONTEXT, RowParts, RowPieces, event_rest
from gvtui.trace.strings import StringTable
from gvtui.wire.pb import container_pb2, syscall_pb2
from tests.trace.factory import CONTAINER, TIME_NS, read_message, start_message


def row_of(parts: RowPieces) -> Row:
    head = struct.pack("<QqqIII", 0, 0, parts.time_ns, 0, 0, 1)
    rows = np.frombuffer(head + parts.context + parts.rest, ROW_DTYPE)
    return Row(*rows[0].tolist())


def test_the_parts_of_a_call() -> None:
    table = StringTable()
    row = row_of(RowParts(table, "x86_64").parse(9, read_message(result=5)[8:]))
    assert (row.time_ns, row.pid, row.fd, row.result, row.kind) == (TIME_NS, 7, 3, 5, Kind.MESSAGE)
    assert row.container == table.number(CONTAINER)
    assert row.point == table.number("syscall/read/exit")


def test_a_container_that_starts_is_named_by_its_own_field() -> None:
    start = container_pb2.Start()
    start.ParseFromString(start_message()[8:])
    start.ClearField("context_data")
    table = StringTable()
    row = row_of(RowParts(table, "x86_64").parse(1, start.SerializeToString()))
    assert (row.container, row.uid) == (table.number(start.id), NO_UID)


@pytest.mark.parametrize(
    ("message_type", "payload", "flag", "point"),
    [
        (9, b"\xff", Flag.MALFORMED, "malformed"),
        (4711, b"\xff", Flag.UNKNOWN_TYPE, "unknown/4711"),
    ],
)
def test_what_cannot_be_read_is_marked(
    message_type: int, payload: bytes, flag: Flag, point: str
) -> None:
    table = StringTable()
    parts = RowParts(table, "x86_64").parse(message_type, payload)
    assert (parts.time_ns, parts.context) == (0, NO_CONTEXT)
    row = row_of(parts)
    assert (row.flags, row.type, row.point) == (flag, message_type, table.number(point))


def test_a_remaining_part_holds_no_context() -> None:
    parts = RowParts(StringTable(), "x86_64")
    read = syscall_pb2.Read(sysno=0, fd=4)
    plain = parts.rest(9, read.SerializeToString())
    assert plain == parts.parse(9, read.SerializeToString()).rest
    read.context_data.thread_id = 1
    assert parts.rest(9, read.SerializeToString()) is None
    assert parts.rest(9, b"\xff") is None


def test_rows_that_are_no_messages() -> None:
    row = row_of(RowPieces(0, NO_CONTEXT, event_rest(Kind.DROP, 37)))
    assert (row.kind, row.result, row.fd, row.uid) == (Kind.DROP, 37, NO_FD, NO_UID)
