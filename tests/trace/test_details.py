from __future__ import annotations

from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.details import int_in, list_in, pack_details, unpack_details
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

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
