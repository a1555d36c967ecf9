from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.trace.indexer import AGE_NS, Indexer
from gvtui.trace.repeats import MAX_KNOWN
from gvtui.trace.row import (
    ERRNO_OTHER,
    LOST_STRING,
    NO_FD,
    NO_SYSNO,
    NO_UID,
    ROW_DTYPE,
    ROW_SIZE,
    Direction,
    Flag,
    Kind,
    Row,
)
from gvtui.trace.strings import StringTable
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, syscall_pb2
from tests.trace.factory import (
    CONTAINER,
    TIME_NS,
    context,
    exit_message,
    read_message,
    recorded_datagrams,
    start_message,
)


def pieces(indexer: Indexer, datagrams: Sequence[bytes], conn: int = 1) -> bytes:
    """Rows of datagrams that are received one ns after another, 100 bytes apart in the log."""
    numbers = range(len(datagrams))
    times, offsets = [5 + n for n in numbers], [100 * n for n in numbers]
    return b"".join(indexer.messages(conn, times, offsets, datagrams))


class Indexed:
    """Rows of some datagrams of one connection, with their strings."""

    def __init__(self, *datagrams: bytes) -> None:
        self.table = StringTable()
        indexer = Indexer(self.table, "x86_64")
        rows = np.frombuffer(pieces(indexer, datagrams), ROW_DTYPE)
        self.rows = [Row(*row) for row in rows.tolist()]

    def text(self, number: int) -> str:
        return next(text for text, known in self.table._numbers.items() if known == number)


def test_an_enter_row() -> None:
    indexed = Indexed(read_message())
    (row,) = indexed.rows
    assert (row.time_ns, row.recv_ns, row.offset, row.length) == (
        TIME_NS,
        5,
        0,
        len(read_message()),
    )
    assert (row.pid, row.tid, row.uid, row.fd, row.sysno, row.type) == (7, 7, 1000, 3, 0, 9)
    assert (row.kind, row.direction, row.flags) == (Kind.MESSAGE, Direction.ENTER, 0)
    assert indexed.text(row.process) == "bash"
    assert indexed.text(row.container) == CONTAINER
    assert indexed.text(row.path) == "/etc/passwd"
    assert indexed.text(row.point) == "syscall/read/enter"


def test_what_one_connection_may_not_bring_another_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.trace.strings.MAX_STRINGS", 64)
    indexer = Indexer(StringTable(), "x86_64")

    def row(conn: int, name: str) -> Row:
        rows = np.frombuffer(pieces(indexer, [read_message(name=name)] * 100, conn), ROW_DTYPE)
        return Row(*rows[-1].tolist())

    for number in range(64):
        row(1, f"hog-{number}")
    assert row(1, "bash").process == LOST_STRING
    mine = row(2, "bash").process
    assert mine != LOST_STRING
    assert row(1, "bash").process == mine
    assert row(1, "sh").process == LOST_STRING


def test_points_are_named_whatever_a_sandbox_has_brought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.trace.strings.MAX_STRINGS", 8)
    odd = [read_message(sysno=1000 + number) for number in range(8)]
    indexed = Indexed(*odd, read_message(sysno=19), exit_message(), b"")
    assert indexed.rows[7].point == LOST_STRING
    names = [indexed.text(row.point) for row in indexed.rows[8:]]
    assert names == ["syscall/readv/enter", "sentry/task_exit", "malformed"]


def test_an_exit_is_told_by_presence() -> None:
    rows = Indexed(read_message(result=0), read_message(result=9), read_message(errno=2)).rows
    assert [row.direction for row in rows] == [Direction.EXIT] * 3
    assert [(row.result, row.errno) for row in rows] == [(0, 0), (9, 0), (0, 2)]


def test_events_and_empty_messages() -> None:
    indexed = Indexed(start_message(), exit_message(), build_message(5, b""), build_message(9, b""))
    start, task_exit, empty_exit, empty_read = indexed.rows
    assert indexed.text(start.container) == CONTAINER
    assert indexed.text(task_exit.point) == "sentry/task_exit"
    assert task_exit.direction == Direction.NONE
    assert (task_exit.sysno, task_exit.fd) == (NO_SYSNO, NO_FD)
    assert (empty_exit.pid, empty_exit.uid, empty_exit.flags) == (0, NO_UID, 0)
    assert indexed.text(empty_read.point) == "syscall/read/enter"


def test_an_address_is_the_path_of_a_connect() -> None:
    address = b"\x02\x00\x1f\x90\x7f\x00\x00\x01" + bytes(8)
    message = syscall_pb2.Connect(sysno=42, fd=3, fd_path="socket:[1]", address=address)
    indexed = Indexed(build_message(10, message.SerializeToString()))
    assert indexed.text(indexed.rows[0].path) == "127.0.0.1:8080"


def test_values_out_of_range_are_not_taken_for_others() -> None:
    message = syscall_pb2.Syscall(sysno=1 << 40, arg1=1)
    message.exit.errorno = 1 << 40
    opened = syscall_pb2.Open(sysno=257, fd=1 << 40, pathname="x" * 5000)
    rows = Indexed(
        build_message(6, message.SerializeToString()), build_message(7, opened.SerializeToString())
    ).rows
    assert (rows[0].sysno, rows[0].errno) == (NO_SYSNO, ERRNO_OTHER)
    assert (rows[1].fd, rows[1].path) == (NO_FD, LOST_STRING)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x08\x00\x09",
        b"\x04\x00\x09\x00\x00\x00\x00\x00",
        b"\xff\x00\x09\x00\x00\x00\x00\x00",
        build_message(9, b"\xff\xff\xff"),
        build_message(9, b"\x0a\x02\x4a\x05"),
        build_message(7, b"\x32\x02\xff\xfe"),
    ],
)
def test_malformed_messages_are_marked(datagram: bytes) -> None:
    indexed = Indexed(datagram)
    (row,) = indexed.rows
    assert row.flags == Flag.MALFORMED
    assert row.length == len(datagram)
    assert indexed.text(row.point) == "malformed"


def test_unknown_types_are_carried_on() -> None:
    indexed = Indexed(build_message(4711, b"anything"))
    (row,) = indexed.rows
    assert (row.flags, row.type) == (Flag.UNKNOWN_TYPE, 4711)
    assert indexed.text(row.point) == "unknown/4711"


def test_a_larger_header_is_passed_over() -> None:
    payload = read_message()[8:]
    plain, grown = Indexed(read_message()), Indexed(build_message(9, payload, header_size=24))
    assert grown.rows[0]._replace(length=0) == plain.rows[0]._replace(length=0)


def drops(*counts: int) -> list[int]:
    rows = Indexed(*(read_message(dropped=count) for count in counts)).rows
    return [row.result for row in rows if row.kind == Kind.DROP]


def test_drops_get_a_row_in_front_of_the_message_that_tells() -> None:
    rows = Indexed(read_message(), read_message(dropped=37)).rows
    assert [row.kind for row in rows] == [Kind.MESSAGE, Kind.DROP, Kind.MESSAGE]
    assert rows[1].result == 37


def test_drop_counts_step_back_and_wrap() -> None:
    assert drops(5, 5, 9, 7, 9, 10) == [5, 4, 1]
    top = (1 << 32) - 3
    assert sum(drops(*range(0, top, 1 << 30), top, 4)) == top + 7


@pytest.mark.parametrize("seconds", [0, 2])
def test_drops_beyond_what_can_be_are_not_counted(seconds: int) -> None:
    indexer = Indexer(StringTable(), "x86_64", drops_a_second=1000)
    later = TIME_NS + seconds * 1_000_000_000
    edge = 1000 * (1 + seconds)

    def rows(recv_ns: int, dropped: int) -> int:
        data = b"".join(indexer.messages(1, [recv_ns], [0], [read_message(dropped=dropped)]))
        return len(data) // ROW_SIZE

    indexer.opened(1, TIME_NS, 0, 0, {})
    assert rows(later, edge) == 2
    assert indexer.impossible == []
    # The time counts from the drops before.
    assert rows(later, edge + 1001) == 1
    assert indexer.impossible == [1001]
    # What is claimed counts no more, what follows does.
    assert rows(later, edge + 1002) == 2
    for _ in range(1000):
        indexer.forget(1)
        indexer.opened(1, TIME_NS, 0, 0, {})
        rows(TIME_NS, 1 << 30)
    assert len(indexer.impossible) <= 101


def test_without_times_all_drops_are_counted() -> None:
    indexer = Indexer(StringTable(), "x86_64", drops_a_second=1)
    indexer.opened(1, 0, 0, 0, {})
    data = b"".join(indexer.messages(1, [0], [0], [read_message(dropped=1 << 30)]))
    assert len(data) == 2 * ROW_SIZE


def test_a_session_that_replaces_another_counts_from_nothing() -> None:
    table = StringTable()
    indexer = Indexer(table, "x86_64")
    pieces(indexer, [read_message(dropped=5)])
    rows = np.frombuffer(pieces(indexer, [read_message(dropped=3)], conn=2), ROW_DTYPE)
    assert rows["result"][rows["kind"] == Kind.DROP].tolist() == [3]


def resolved(table: StringTable, data: bytes) -> list[Row]:
    """Rows with their strings in place of numbers, which depend on who asked first."""
    texts: Any = {number: text for text, number in table._numbers.items()}
    rows = [Row(*row) for row in np.frombuffer(data, ROW_DTYPE).tolist()]
    return [
        row._replace(
            process=texts[row.process],
            container=texts[row.container],
            path=texts[row.path],
            point=texts[row.point],
        )
        for row in rows
    ]


def rows_in_full(datagrams: list[bytes]) -> list[Row]:
    table = StringTable()
    indexer = Indexer(table, "x86_64")
    rows = [
        piece
        for number, data in enumerate(datagrams)
        for piece in indexer._in_full(1, 5 + number, 100 * number, data)
    ]
    return resolved(table, b"".join(rows))


def rows_by_parts(datagrams: list[bytes]) -> list[Row]:
    table = StringTable()
    indexer = Indexer(table, "x86_64")
    return resolved(table, pieces(indexer, datagrams))


@pytest.mark.parametrize("name", ["shell-2022", "network-2024", "compile-2024", "seed-example"])
def test_the_quick_way_gives_the_rows_of_the_plain_way(name: str) -> None:
    datagrams = recorded_datagrams(name)
    assert rows_by_parts(datagrams) == rows_in_full(datagrams)


times = st.one_of(st.just(TIME_NS), st.integers(0, (1 << 63) - 1), st.integers(-5, 300))
messages = st.builds(
    lambda time, tid, name, fd, result, extra: build_message(
        9,
        syscall_pb2.Read(
            context_data=common_pb2.ContextData(time_ns=time, thread_id=tid, process_name=name),
            exit=None if result is None else syscall_pb2.Exit(result=result),
            fd=fd,
        ).SerializeToString()
        + extra,
        dropped_count=tid & 3,
    ),
    times,
    st.integers(-3, 1 << 30),
    st.text(max_size=200),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.none() | st.integers(-5, 5),
    # Bytes a sandbox could add: another context, another time, an unknown field, rubbish.
    st.sampled_from([b"", b"\x0a\x02\x08\x07", b"\x0a\x00", b"\xf8\x07\x01", b"\xff", b"\x30\x01"]),
)


@settings(max_examples=300)
@given(st.lists(messages, max_size=12).map(lambda some: some * 2))
def test_both_ways_agree_on_anything_a_sandbox_may_send(datagrams: list[bytes]) -> None:
    assert rows_by_parts(datagrams) == rows_in_full(datagrams)


def at_times(datagrams: list[bytes], clock: Iterator[int]) -> list[bytes]:
    """The same messages at later times, where they have one."""
    later = []
    for data in datagrams:
        message = syscall_pb2.Read()
        try:
            message.ParseFromString(data[8:])
        except DecodeError:
            later.append(data)
            continue
        message.context_data.time_ns = next(clock)
        later.append(data[:8] + message.SerializeToString())
    return later


@settings(max_examples=100)
@given(st.lists(messages | st.binary(max_size=40), min_size=1, max_size=8), st.data())
def test_repeated_messages_get_the_rows_of_the_plain_way(
    some: list[bytes], data: st.DataObject
) -> None:
    clock = count(TIME_NS, 1 << 20)
    flood = [message for _ in range(60) for message in at_times(some, clock)]
    odd = data.draw(st.lists(messages | st.binary(max_size=40), max_size=4))
    for message in odd:
        flood.insert(data.draw(st.integers(0, len(flood))), message)
    table = StringTable()
    indexer = Indexer(table, "x86_64")
    rows = b""
    # Three batches: what the first teaches is used by the others.
    third = len(flood) // 3 + 1
    for start in range(0, len(flood), third):
        numbers = range(start, min(start + third, len(flood)))
        times, offsets = [5 + n for n in numbers], [100 * n for n in numbers]
        if data.draw(st.booleans()):
            indexer._aged_ns -= AGE_NS
        indexer._varied = 0
        rows += b"".join(indexer.messages(1, times, offsets, flood[start : start + third]))
    assert resolved(table, rows) == rows_in_full(flood)


@given(st.lists(st.binary(max_size=60) | st.binary(max_size=60).map(lambda b: build_message(9, b))))
def test_any_bytes_give_one_row_each(datagrams: list[bytes]) -> None:
    rows = rows_by_parts(datagrams)
    assert sum(row.kind == Kind.MESSAGE for row in rows) == len(datagrams)
    assert rows == rows_in_full(datagrams)


def one_by_one(indexer: Indexer, batches: Iterable[list[bytes]]) -> list[int]:
    """How many messages of each batch were not found among those that repeat."""
    counts: list[int] = []
    plain = indexer._one_by_one

    def counted(*arguments: Any) -> Any:
        counts[-1] += len(arguments[-1])
        return plain(*arguments)

    indexer._one_by_one = counted  # type: ignore[assignment]
    for batch in batches:
        counts.append(0)
        pieces(indexer, batch)
    return counts


def test_a_flood_is_looked_up() -> None:
    clock = count(TIME_NS, 1 << 20)
    indexer = Indexer(StringTable(), "x86_64")
    loop = [read_message(fd=fd, result=result) for fd in (3, 4) for result in (None, 1)] * 32
    batches = [at_times(loop, clock) for _ in range(6)]
    drops = at_times(loop, clock)
    drops[60:] = [data[:4] + b"\x07\0\0\0" + data[8:] for data in drops[60:]]
    assert one_by_one(indexer, [*batches, drops]) == [128, 128, 128, 0, 0, 0, 1]


def test_what_never_repeats_is_looked_up_seldom() -> None:
    indexer = Indexer(StringTable(), "x86_64")
    lines, looked_up = indexer._repeats.lines, []

    def counted(datagrams: Sequence[bytes], lengths: npt.NDArray[np.int64]) -> Any:
        looked_up.append(len(datagrams))
        return lines(datagrams, lengths)

    indexer._repeats.lines = counted  # type: ignore[method-assign]
    for batch in range(200):
        pieces(indexer, [read_message(fd=batch, pid=pid) for pid in range(1, 101)])
    assert 5 < len(looked_up) < 10


def test_the_caches_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.trace.indexer.MAX_CACHED", 50)
    indexer = Indexer(StringTable(), "x86_64")
    pieces(indexer, [read_message(pid=n, fd=n) for n in range(1, 500)])
    assert 20 < len(indexer._contexts) <= 50
    assert 20 < len(indexer._rests) <= 50


def known_after(processes: int) -> list[int]:
    """How much is remembered after so many processes, one a second, that do the same and go."""
    indexer = Indexer(StringTable(), "x86_64")
    for number in range(1, processes + 1):
        # Each has its id, and asks for files that no other asks for; what it does often is found
        # among what repeats.
        batch = [read_message(pid=number, fd=fd + number * 100) for fd in range(40)] * 3
        recv_ns = [TIME_NS + number * AGE_NS // 10] * len(batch)
        clock = count(recv_ns[0], 1 << 20)
        indexer._varied = 0
        indexer.messages(1, recv_ns, range(len(batch)), at_times(batch, clock))
    caches = indexer._contexts, indexer._rests, indexer._repeats, indexer._high_bits
    return [len(cache) for cache in caches]


def test_caches_grow_with_what_comes_at_present_and_not_with_what_came() -> None:
    few, many = known_after(60), known_after(600)
    assert all(few)
    # The weights of the table of repeats are random, and a time's upper bits begin anywhere.
    assert all(most <= 1.1 * least + 3 for least, most in zip(few, many, strict=True)), (few, many)


def test_a_process_that_goes_on_stays_known() -> None:
    indexer = Indexer(StringTable(), "x86_64")
    loop = [read_message(fd=fd) for fd in (3, 4)] * 64
    clock = count(TIME_NS, 1 << 20)
    found = []
    for second in range(60):
        indexer._varied = 0
        lines = indexer._repeats.lines(loop, np.array(list(map(len, loop)), np.int64))
        found.append(bool(indexer._repeats.find(lines)[0].all()))
        recv_ns = [TIME_NS + second * AGE_NS // 10] * len(loop)
        indexer.messages(1, recv_ns, range(len(loop)), at_times(loop, clock))
        # What comes but once drives the caches on.
        pieces_at(indexer, recv_ns[0], [read_message(pid=1000 + second)])
    assert found.index(True) < 5
    assert all(found[found.index(True) :])


def pieces_at(indexer: Indexer, recv_ns: int, datagrams: list[bytes]) -> None:
    indexer.messages(2, [recv_ns] * len(datagrams), range(len(datagrams)), datagrams)


def test_more_repeats_at_once_than_are_remembered_are_indexed() -> None:
    indexer = Indexer(StringTable(), "x86_64")
    messages = [read_message(pid=pid, fd=fd) for pid in range(1, 161) for fd in range(160)]
    assert len(messages) > MAX_KNOWN + 320
    rows = np.frombuffer(pieces(indexer, messages), ROW_DTYPE)
    assert rows["pid"].tolist() == [pid for pid in range(1, 161) for _ in range(160)]
    assert rows["fd"].tolist() == list(range(160)) * 160


def test_context_data_of_every_message_is_taken() -> None:
    message = syscall_pb2.Fork(context_data=context(pid=3, tid=4, name="x"), sysno=57)
    (row,) = Indexed(build_message(29, message.SerializeToString())).rows
    assert (row.pid, row.tid) == (3, 4)


def test_a_connection_that_stood_before_goes_on_counting() -> None:
    indexer = Indexer(StringTable(), "x86_64", 1000)
    told = {"dropped_before": 7, "dropped_told_ns": TIME_NS + 5_000_000_000}
    indexer.opened(1, TIME_NS, 0, 0, told)
    assert indexer.last_dropped(1) == 7
    # The time counts from the drops before, not from the beginning of the connection.
    when = TIME_NS + 6_000_000_000
    rows = indexer.messages(1, [when], [0], [read_message(dropped=7 + 2001)])
    assert len(b"".join(rows)) == ROW_SIZE
    assert indexer.impossible == [2001]
