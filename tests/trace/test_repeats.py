from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.repeats import MAX_KNOWN, WIDTH, RepeatLines, Repeats
from gvtui.trace.row import ROW_DTYPE
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, syscall_pb2

TIME_NS = 1_795_455_436_533_277_469


def read_at(time_ns: int, *, fd: int = 3, name: str = "dd", dropped: int = 0) -> bytes:
    context = common_pb2.ContextData(time_ns=time_ns, thread_id=7, process_name=name)
    message = syscall_pb2.Read(context_data=context, fd=fd)
    return build_message(9, message.SerializeToString(), dropped_count=dropped)


def a_row(pid: int) -> bytes:
    row = np.zeros(1, ROW_DTYPE)
    row["pid"] = pid
    return row.tobytes()


def lines_of(repeats: Repeats, datagrams: Sequence[bytes]) -> RepeatLines:
    return repeats.lines(datagrams, np.array([len(each) for each in datagrams], np.int64))


def knowing(*datagrams: bytes) -> Repeats:
    """Knows the messages, by rows with pids 1, 2, ..."""
    repeats = Repeats()
    lines = lines_of(repeats, datagrams)
    places = list(range(len(datagrams)))
    repeats.learn(lines, places, [a_row(place + 1) for place in places])
    return repeats


def found(repeats: Repeats, *datagrams: bytes) -> list[int]:
    """The pids of the rows found; 0 where none was."""
    known, rows = repeats.find(lines_of(repeats, datagrams))
    return [
        pid if is_known else 0 for is_known, pid in zip(known, rows["pid"].tolist(), strict=True)
    ]


# A long name makes the length of the context data take two bytes instead of one.
@pytest.mark.parametrize("name", ["dd", "x" * 150])
def test_the_time_alone_may_differ(name: str) -> None:
    repeats = knowing(read_at(TIME_NS, name=name), read_at(TIME_NS, name=name, fd=4))
    times = [TIME_NS + 12_345_678_901, TIME_NS - 5, 1 << 62, (1 << 63) - 1]
    asked = [read_at(time, name=name, fd=4, dropped=9) for time in times]
    known, rows = repeats.find(lines_of(repeats, asked))
    assert known.all()
    assert rows["pid"].tolist() == [2] * 4
    assert rows["time_ns"].tolist() == times
    assert rows["dropped"].tolist() == [9] * 4
    assert rows["length"].tolist() == list(map(len, asked))


def test_other_messages_are_not_known() -> None:
    repeats = knowing(read_at(TIME_NS))
    same = read_at(TIME_NS + 1)
    others = [
        b"",
        same[:-1],
        same + b"\0",
        b"\x09" + same[1:],
        same[:2] + b"\x0a" + same[3:],
        read_at(5),
        read_at(-5),
        read_at(TIME_NS, fd=5),
        read_at(TIME_NS, name="x" * WIDTH),
    ]
    assert found(repeats, same, *others) == [1] + [0] * len(others)


def bytes_beside(datagram: bytes) -> Iterator[bytes]:
    for place in range(len(datagram)):
        yield datagram[:place] + bytes([datagram[place] ^ 0x81]) + datagram[place + 1 :]


def test_every_byte_but_those_of_time_and_drops_counts() -> None:
    message = read_at(TIME_NS)
    repeats = knowing(message)
    same = [place for place, pid in enumerate(found(repeats, *bytes_beside(message))) if pid]
    # Bytes 4 to 7 are the dropped count. A byte of the time that is changed so is none of a time
    # of nine bytes any more.
    assert same == [4, 5, 6, 7]


def test_messages_too_long_are_not_learned() -> None:
    longest = read_at(TIME_NS, name="x" * (WIDTH - len(read_at(TIME_NS, name="x" * 130)) + 130))
    assert len(longest) == WIDTH
    assert found(knowing(longest), longest) == [1]
    longer = longest + b"\0"
    assert len(knowing(longer)) == 0


def test_a_wrong_match_is_not_taken() -> None:
    repeats = knowing(read_at(TIME_NS), read_at(TIME_NS, fd=4))
    lines = lines_of(repeats, [read_at(TIME_NS)])
    # As if two lines had the same weighted sum.
    repeats._table[lines.slots[0]] = 2
    assert not repeats.find(lines)[0].any()


def test_what_is_known_stays_bounded() -> None:
    """Of messages that are looked up at the same place the latest is known, so it may be fewer."""
    repeats = Repeats()
    messages = [read_at(TIME_NS, fd=fd) for fd in range(2 * MAX_KNOWN)]
    lines = lines_of(repeats, messages)
    for start in (0, MAX_KNOWN):
        numbers = list(range(start, start + MAX_KNOWN))
        repeats.learn(lines, numbers, [a_row(1)] * MAX_KNOWN)
        assert MAX_KNOWN / 2 < len(repeats) <= MAX_KNOWN
    # Those of before were let go to make room.
    assert found(repeats, messages[-1], messages[0]) == [1, 0]


def test_what_has_not_come_for_a_while_is_forgotten() -> None:
    messages = [read_at(TIME_NS, fd=fd) for fd in range(1, 6)]
    repeats = knowing(*messages)
    repeats.age()
    assert found(repeats, messages[1], messages[3]) == [2, 4]
    repeats.age()
    assert len(repeats) == 2
    assert found(repeats, *messages) == [0, 2, 0, 4, 0]
    # The numbers of those that went are given anew.
    lines = lines_of(repeats, messages)
    repeats.learn(lines, [0, 4], [a_row(8), a_row(9)])
    assert found(repeats, *messages) == [8, 2, 0, 4, 9]
    for _ in range(2):
        repeats.age()
    assert len(repeats) == 0
    assert found(repeats, *messages) == [0] * 5


def test_room_is_made_by_forgetting_what_has_not_come_lately() -> None:
    messages = [read_at(TIME_NS, fd=fd) for fd in range(2 * MAX_KNOWN)]
    places: list[int] = []
    # Of messages that are looked up at the same place one is known; which are is left to chance.
    while len(places) < MAX_KNOWN + 100:
        repeats = Repeats()
        lines = lines_of(repeats, messages)
        places = list({slot: place for place, slot in enumerate(lines.slots.tolist())}.values())
    again, other, *_ = first = places[: MAX_KNOWN - 1000]
    rest = places[MAX_KNOWN - 1000 : MAX_KNOWN + 100]
    repeats.learn(lines, first, [a_row(1)] * len(first))
    repeats.age()
    assert found(repeats, messages[again]) == [1]
    repeats.learn(lines, rest, [a_row(2)] * len(rest))
    assert found(repeats, messages[again], messages[other], messages[rest[-1]]) == [1, 0, 2]
    assert len(repeats) <= len(rest) + 1


@given(st.lists(st.binary(max_size=WIDTH + 20), min_size=1, max_size=20))
def test_any_bytes_make_lines(datagrams: list[bytes]) -> None:
    repeats = Repeats()
    lines = lines_of(repeats, datagrams)
    assert lines.lengths.tolist() == list(map(len, datagrams))
    assert not repeats.find(lines)[0].any()
