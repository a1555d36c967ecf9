"""Targets on the wire: datagrams, their words, the handshake, and the rows that they become."""

from __future__ import annotations

import struct
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf.message import DecodeError

from gvtui.decode.fields import field_views
from gvtui.decode.render import render
from gvtui.decode.strace import strace_line
from gvtui.export.text import datagram_line
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE
from gvtui.trace.indexer import Indexer
from gvtui.trace.reader import Trace
from gvtui.trace.strings import StringTable
from gvtui.wire.handshake import build_handshake, parse_handshake
from gvtui.wire.header import WireError, parse_header
from gvtui.wire.messages import Unknown, decode
from gvtui.wire.pb import common_pb2
from gvtui.wire.pieces import all_but_time, cut
from tests.decode.helpers import is_safe
from tests.fuzz.target import Target
from tests.trace.recorder import TRACES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.wire.messages import Decoded

_MOST_MESSAGES = 40
_BETWEEN = b"\xff\xfe"
_ARCHITECTURES = ("x86_64", "arm64", UNKNOWN_ARCHITECTURE)


@cache
def recorded_messages() -> tuple[bytes, ...]:
    """One message of each type in the recordings, enters and exits."""
    found: dict[tuple[int, int], bytes] = {}
    for name in ("shell-2024", "network-2024", "newest-2026"):
        with closing(Trace.open(TRACES / f"{name}.trace")) as trace:
            for row_id in range(trace.first_row, trace.end_row):
                row = trace.row(row_id)
                if row.kind == 0 and len(found) < _MOST_MESSAGES:
                    found.setdefault((row.type, row.direction), trace.payload(row_id))
    return tuple(found.values())


def _wire(data: bytes) -> None:
    """The pieces of a message are those that the whole has, decoded; the header tells its size."""
    pieces = cut(data)
    same = all_but_time(data)
    try:
        header = parse_header(data)
    except WireError:
        assert pieces is None
        assert same is None
        return
    payload = data[header.header_size :]
    if pieces is not None:
        assert payload.endswith(pieces.rest)
        assert pieces.context in payload
        assert int.from_bytes(pieces.message_type, "little") == header.message_type
    if same is not None:
        told = struct.pack("<I", header.dropped_count ^ 0xFFFF)
        assert all_but_time(data[:4] + told + data[8:]) == same
    try:
        decoded = decode(data)
    except WireError:
        return
    if pieces is not None and decoded.kind is not None:
        _assert_context(decoded, pieces.context, pieces.rest)


def _assert_context(decoded: Decoded, context: bytes, rest: bytes) -> None:
    message: Any = decoded.message
    try:
        others = type(message).FromString(rest)
    except DecodeError:
        # What follows is damaged by itself, so the whole is.
        raise AssertionError("the pieces end in another place than the fields") from None
    if context and not others.HasField("context_data"):
        assert message.context_data == common_pb2.ContextData.FromString(context)


def _decode(data: bytes) -> None:
    """A message put into words, as every part of gvtui does it."""
    assert is_safe(datagram_line(data))
    try:
        decoded = decode(data)
    except WireError:
        return
    assert isinstance(decoded.message, Unknown) or decoded.kind is not None
    for architecture in _ARCHITECTURES:
        words = render(decoded, architecture=architecture)
        assert is_safe(words.name + words.arguments + words.result)
        assert is_safe(strace_line(decoded, architecture=architecture))
        for view in field_views(decoded, architecture=architecture):
            assert is_safe(view.path + view.raw + view.decoded)


def _handshake(data: bytes) -> None:
    """The first datagram of a connection."""
    try:
        version = parse_handshake(data)
    except WireError:
        return
    assert version >= 1
    assert parse_handshake(build_handshake(version)) == version


def _indexer(data: bytes) -> None:
    """Messages that come in batches have the rows that they have one by one."""
    datagrams = data.split(_BETWEEN)[:64]
    count = len(datagrams)
    single, many = (Indexer(StringTable(), "x86_64") for _ in range(2))
    one = [
        piece
        for place, each in enumerate(datagrams)
        for piece in single.messages(1, [place], [place], [each])
    ]
    numbers = np.arange(count, dtype=np.int64)
    lengths = np.array([len(each) for each in datagrams], np.int64)
    assert b"".join(one) == b"".join(many.batch(1, numbers, numbers, datagrams, lengths))


def _several() -> Iterable[bytes]:
    messages = recorded_messages()
    yield _BETWEEN.join(messages[:8] * 3)
    yield _BETWEEN.join([messages[0]] * 60)


DATAGRAMS = (
    Target("wire", _wire, recorded_messages, share=2),
    Target("decode", _decode, recorded_messages, share=2),
    Target("handshake", _handshake, lambda: [build_handshake(1), build_handshake(1 << 31)]),
    Target("indexer", _indexer, _several),
)
