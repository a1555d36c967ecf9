from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.details import (
    MAX_ARGS,
    MAX_ITEMS,
    MAX_TEXT,
    int_in,
    list_in,
    memory_of,
    pack_details,
    short_args,
    unpack_details,
)
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

if TYPE_CHECKING:
    from collections.abc import Iterator

scalars = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=5)
anything = st.recursive(
    scalars | st.binary(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(scalars | st.binary(max_size=3), inner)
    ),
    max_leaves=8,
)


def test_details_come_back() -> None:
    details = {"peer_pid": 3, "command": ["runsc", "do"], "id": b"\0\1"}
    assert unpack_details(pack_details(details)) == details


@given(st.binary(max_size=200) | anything.map(msgpack.packb))
def test_any_bytes_give_details(data: bytes) -> None:
    assert all(isinstance(key, str) for key in unpack_details(data))


@pytest.mark.parametrize("payload", [b"\x81\x91\x01\x01", b"\x81\x81\x01\x01\x01", b"\x81\xc0\x01"])
def test_keys_that_are_no_text_are_damage(payload: bytes) -> None:
    assert unpack_details(payload) == {}


@pytest.mark.parametrize("value", [None, True, 1.5, "3", b"3", [3], {"a": 3}, 1 << 63])
def test_what_is_no_integer_is_none(value: object) -> None:
    assert int_in({"a": value}, "a", 7) == 7


@pytest.mark.parametrize("value", [None, 3, "ab", b"ab", {"a": 3}])
def test_what_is_no_list_is_empty(value: object) -> None:
    assert list_in({"a": value}, "a") == list_in(value, "a") == []


@given(
    st.dictionaries(
        st.sampled_from(
            ["peer_pid", "peer_uid", "command", "dropped_before", "container_id", "reason"]
        ),
        anything,
    )
)
def test_a_connection_of_any_details_is_read(
    tmp_path_factory: pytest.TempPathFactory, details: dict[str, object]
) -> None:
    path: Path = tmp_path_factory.mktemp("r") / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, details)
    writer.message(1, TIME_NS, read_message())
    writer.closed(1, TIME_NS, details)
    writer.close()
    trace = Trace.open(path)
    connection = trace.connections[1]
    assert connection.messages == 1
    assert not connection.connected
    assert all(isinstance(word, str) for word in connection.command)
    assert isinstance(connection.peer_pid, int | None)
    assert connection.dropped >= 0
    trace.close()


def nested(depth: int) -> bytes:
    return b"\x81\xa1a" * depth + b"\xc0"


def test_what_is_nested_too_deep_reads_as_nothing() -> None:
    assert unpack_details(nested(3)) == {"a": {"a": {"a": None}}}
    for depth in (100, 1000, 100_000):
        assert unpack_details(nested(depth)) == {}


@pytest.mark.parametrize("item", [b"\x90", b"\x80", b"\xc0", b"\xcb" + bytes(8)])
def test_a_few_bytes_do_not_become_many(item: bytes) -> None:
    count = MAX_ITEMS + 1
    rows = b"\xdc\xff\xff" + item * 0xFFFF
    parts = count // 0xFFFF + 1
    bomb = b"\x81\xa1a\xdd" + parts.to_bytes(4) + rows * parts
    assert unpack_details(bomb) == {}


def test_a_length_that_is_only_claimed_reads_as_nothing() -> None:
    assert unpack_details(b"\x81\xa1a\xdd\x7f\xff\xff\xff") == {}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_not_known(number: float) -> None:
    packed = pack_details({"a": number, "b": [number, 1.5]})
    assert unpack_details(packed) == {"a": None, "b": [None, 1.5]}


def test_the_memory_of_details_is_that_of_all_that_is_in_them() -> None:
    word = "w" * 1000
    assert memory_of({}) < 1000
    assert memory_of({"a": word}) > 1000
    assert memory_of({"a": {"b": [word, {"c": (word, word)}]}}) > 3000
    assert memory_of({word: 1, "n": [None, 1 << 200, 1.5, b"x" * 1000]}) > 2000
    many = [number + 1000 for number in range(10_000)]
    assert 36 * len(many) <= memory_of({"many": many}) < 50 * len(many)


@pytest.mark.parametrize("word", ["", "x", "x" * 100, "x" * 1_000_000])
def test_of_a_command_line_no_more_is_read_than_is_kept(word: str) -> None:
    read = 0

    def words() -> Iterator[str]:
        nonlocal read
        for _ in range(10_000):
            read += 1
            yield word

    kept = short_args(words())
    assert read <= len(kept) <= MAX_ARGS + 1
    assert sum(map(len, kept)) <= MAX_TEXT + 2
    assert kept[-1].endswith("…")
