from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.export import repeats
from gvtui.export.jsonlines import JsonExport
from gvtui.export.repeats import RepeatedTexts
from gvtui.export.selection import Selection
from gvtui.export.text import TextExport, message_line
from gvtui.trace.reader import Trace
from gvtui.wire.header import WireError, build_message
from gvtui.wire.messages import Decoded, decode
from tests.trace.factory import TIME_NS, context, read_message, recorded_datagrams, write_trace

OPENING = "context_data { time_ns: "


class Counted:
    """`message_line`, and how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, decoded: Decoded) -> str:
        self.count += 1
        return message_line(decoded)


def time_of(datagram: bytes) -> int:
    return int(decode(datagram).message.context_data.time_ns)  # type: ignore[union-attr]


def varint(value: int) -> bytes:
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


def with_context(context_data: bytes, rest: bytes = b"") -> bytes:
    return build_message(9, b"\x0a" + varint(len(context_data)) + context_data + rest)


def test_a_repeated_message_is_rendered_once() -> None:
    render = Counted()
    texts = RepeatedTexts(render, OPENING)
    for step in range(50):
        message = read_message(time_ns=TIME_NS + step, dropped=step)
        assert texts.text(message, TIME_NS + step) == message_line(decode(message))
    assert render.count == 1


@pytest.mark.parametrize("make", [TextExport, JsonExport])
@pytest.mark.parametrize("name", ["shell-2024", "compile-2024"])
def test_a_recording_reads_the_same_twice(
    tmp_path_factory: pytest.TempPathFactory, make: Callable[[Selection], TextExport], name: str
) -> None:
    datagrams = recorded_datagrams(name)
    path = write_trace(tmp_path_factory.mktemp("r") / "a.gvtrace", [(1, datagrams)])
    trace = Trace.open(path)
    try:
        export = make(Selection(trace))
        first = list(export.lines(0, trace.end_row))
        assert list(export.lines(0, trace.end_row)) == first
        fresh = [
            line
            for row in range(trace.end_row)
            for line in make(Selection(trace)).lines(row, row + 1)
        ]
        assert fresh == first
    finally:
        trace.close()


# Times of nine bytes, as they are, and of other sizes; fields that come twice or in odd encodings.
times = st.integers(1 << 56, (1 << 63) - 1) | st.integers(-5, 1 << 64).filter(lambda t: t >= 0)
pieces = st.sampled_from(
    [
        b"\x10\x07",
        b"\x10\x87\x00",
        b"\x08\x05",
        b"\x08" + varint(TIME_NS),
        b"\x52\x02dd",
        b"\x00",
        b"\xa2\x06\x01x",
        b"\x0a\x00",
        b"\x0a\x02\x08\x09",
        b"\x18\x03",
        b"\x1a\x00",
    ]
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    context_data = b"\x08" + varint(draw(times)) + b"".join(draw(st.lists(pieces, max_size=2)))
    size = len(context_data) + draw(st.sampled_from([0, 0, 0, -1, 1]))
    rest = b"".join(draw(st.lists(pieces, max_size=2)))
    return build_message(9, b"\x0a" + varint(size) + context_data + rest)


@given(
    st.lists(messages() | st.binary(max_size=30).map(lambda b: build_message(9, b)), max_size=30)
)
def test_every_text_is_the_one_rendered_afresh(datagrams: list[bytes]) -> None:
    texts = RepeatedTexts(message_line, OPENING)
    for datagram in datagrams * 2:
        with contextlib.suppress(WireError):
            assert texts.text(datagram, time_of(datagram)) == message_line(decode(datagram))


def test_a_message_that_cannot_be_read_raises_each_time() -> None:
    texts = RepeatedTexts(message_line, OPENING)
    for _ in range(2):
        with pytest.raises(WireError):
            texts.text(with_context(b"\x08" + varint(TIME_NS), b"\xff"), TIME_NS)


def test_what_is_kept_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_MAX_KEPT", 20)
    texts = RepeatedTexts(message_line, OPENING)
    for fd in range(100):
        texts.text(read_message(fd=fd), TIME_NS)
    assert len(texts._halves) <= 20
    long = with_context(context(name="x" * 2000).SerializeToString())
    before = len(texts._halves)
    texts.text(long, TIME_NS)
    assert len(texts._halves) == before
