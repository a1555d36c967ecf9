from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gvtui.wire.header import build_message
from gvtui.wire.messages import Unknown, decode
from gvtui.wire.pb.common_pb2 import ContextData
from gvtui.wire.pieces import all_but_time, cut
from tests.trace.factory import TIME_NS, TRACES, read_message, recorded_datagrams


def test_messages_that_differ_in_time_alone_are_alike_without_it() -> None:
    first = read_message(time_ns=TIME_NS, dropped=3)
    assert all_but_time(first) == all_but_time(read_message(time_ns=TIME_NS + 7, dropped=9))
    assert all_but_time(first) != all_but_time(read_message(time_ns=TIME_NS, fd=99))
    assert all_but_time(first) is not None


def test_messages_that_differ_in_context_alone_have_the_rest_alike() -> None:
    first, second = cut(read_message(time_ns=TIME_NS)), cut(read_message(time_ns=TIME_NS, pid=9))
    assert first is not None
    assert second is not None
    assert first.context != second.context
    assert (first.message_type, first.rest) == (second.message_type, second.rest)


@pytest.mark.parametrize("name", sorted(path.stem for path in TRACES.glob("*.trace")))
def test_recorded_messages(name: str) -> None:
    for datagram in recorded_datagrams(name)[:500]:
        pieces = cut(datagram)
        assert pieces is not None
        assert datagram[2:4] == pieces.message_type
        assert datagram.endswith(pieces.context + pieces.rest)
        message = decode(datagram).message
        if not isinstance(message, Unknown):
            whole = message.context_data  # type: ignore[attr-defined]
            assert ContextData.FromString(pieces.context) == whole
            assert (all_but_time(datagram) is not None) is (whole.time_ns > 0)


def test_without_context() -> None:
    assert cut(build_message(9, b"\x10\x05")) == (b"\x09\x00", b"", b"\x10\x05")
    assert cut(build_message(9, b"")) == (b"\x09\x00", b"", b"")
    assert all_but_time(build_message(9, b"\x10\x05")) is None


def test_without_time_or_with_a_short_one() -> None:
    for context in (ContextData(thread_id=3), ContextData(time_ns=5, thread_id=3)):
        data = context.SerializeToString()
        message = build_message(9, b"\x0a" + bytes([len(data)]) + data + b"\x10\x05")
        assert cut(message) == (b"\x09\x00", data, b"\x10\x05")
        assert all_but_time(message) is None


def test_a_longer_header_and_a_long_context() -> None:
    data = ContextData(time_ns=TIME_NS, cwd="/" * 5000).SerializeToString()
    payload = b"\x0a" + bytes([len(data) & 127 | 128, len(data) >> 7]) + data + b"\x10\x05"
    longer, plain = build_message(9, payload, header_size=12), build_message(9, payload)
    assert cut(longer) == cut(plain) == (b"\x09\x00", data, b"\x10\x05")
    assert all_but_time(longer) is None
    assert all_but_time(plain) == b"\x09\x00" + payload.replace(data[1:10], b"", 1)


@pytest.mark.parametrize("payload", [b"\x0a", b"\x0a\x05\x10", b"\x0a\x80\x80\x01"])
def test_bytes_out_of_the_ordinary(payload: bytes) -> None:
    assert cut(build_message(9, payload)) is None


@given(st.binary(max_size=40), st.binary(max_size=20))
@example(b"", b"")
@example(b"\x00\x00\x0a", b"")
def test_any_bytes(head: bytes, tail: bytes) -> None:
    for datagram in (head + tail, build_message(9, head + tail), build_message(9, b"\x0a" + tail)):
        pieces = cut(datagram)
        if pieces is not None:
            assert datagram.endswith(pieces.context + pieces.rest)
            assert datagram[2:4] == pieces.message_type
        short = all_but_time(datagram)
        assert short is None or len(short) == len(datagram) - 15
