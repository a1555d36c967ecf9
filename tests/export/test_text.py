from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.export.selection import Selection
from gvtui.export.text import TextExport, datagram_line, message_line
from gvtui.trace.reader import Trace
from gvtui.wire.header import build_message
from gvtui.wire.messages import Decoded, decode
from gvtui.wire.pb import syscall_pb2
from tests.decode.helpers import MESSAGES
from tests.trace.factory import TRACES, read_message, write_trace

RECORDED = sorted(path.with_suffix(".trace") for path in TRACES.glob("*.txt"))


def text_of(path: Path, filter_text: str = "") -> list[str]:
    trace = Trace.open(path)
    try:
        return list(TextExport(Selection(trace, filter_text)).lines(0, trace.end_row))
    finally:
        trace.close()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_equals_what_the_example_server_printed(path: Path) -> None:
    printed = [re.sub(" +", " ", line).rstrip() for line in text_of(path)]
    assert printed == path.with_suffix(".txt").read_text().splitlines()


def test_a_recording_with_several_connections(tmp_path: Path) -> None:
    path = write_trace(
        tmp_path / "x.gvtrace", [(1, [read_message()]), (2, [read_message(result=0, dropped=3)])]
    )
    lines = text_of(path)
    assert [line.split(" context")[0] for line in lines] == [
        "Connection accepted",
        "E Read",
        "Connection accepted",
        "X Read",
        "Connection closed",
        "Connection closed",
    ]
    assert "exit { }" in lines[3]


def test_filtered(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "x.gvtrace", [(1, [read_message(fd=1), read_message(fd=2)])])
    (line,) = text_of(path, "fd.num = 2")
    assert " fd: 2 " in line


def test_a_type_that_is_not_known() -> None:
    assert datagram_line(build_message(77, b"\n\x0b")) == "Unknown(type=77) => payload: 0a0b"
    assert datagram_line(build_message(77, b"")) == "Unknown(type=77) => payload:"


def test_fields_of_a_later_version_are_printed_by_number() -> None:
    payload = syscall_pb2.Chroot(pathname="/x").SerializeToString() + b"\xa0\x06\x05"
    assert datagram_line(build_message(21, payload)) == 'E Chroot pathname: "/x" 100: 5'


def test_messages_that_cannot_be_read() -> None:
    assert datagram_line(b"\x01\x02") == (
        'Malformed => reason: "2 bytes, but a header takes 8" bytes: 0102'
    )
    assert datagram_line(build_message(7, b"\xff")).startswith("Malformed => ")
    assert datagram_line(b"\x01\x02", 2_000_000) == "Truncated => size: 2000000 bytes: 0102"


def test_bytes_that_are_no_ascii_are_escaped() -> None:
    message = syscall_pb2.Chroot(pathname="\x1b[2J\u202eé\n")
    line = datagram_line(build_message(21, message.SerializeToString()))
    assert line == r'E Chroot pathname: "\033[2J\342\200\256\303\251\n"'


@given(MESSAGES)
def test_any_message_is_one_line_of_printable_ascii(decoded: Decoded) -> None:
    line = message_line(decoded)
    assert line.isascii()
    assert line.isprintable()


@given(st.binary(max_size=60))
def test_any_bytes_are_one_line_of_printable_ascii(datagram: bytes) -> None:
    line = datagram_line(datagram)
    assert line.isascii()
    assert line.isprintable()


def test_message_line_takes_what_decode_gives() -> None:
    decoded = decode(read_message(fd=9))
    assert message_line(decoded) == datagram_line(read_message(fd=9))


def test_many_unknown_fields_are_counted_and_not_shown() -> None:
    few, many = b"\xa0\x06\x01" * 100, b"\xa0\x06\x01" * 10_000
    opened = syscall_pb2.Open(pathname="/x").SerializeToString()
    assert datagram_line(build_message(7, opened + few)).count("100: 1") == 100
    line = datagram_line(build_message(7, opened + many))
    assert line == 'E Open pathname: "/x" # 30,000 bytes of unknown fields left out'
    # What is long and known is shown.
    long = syscall_pb2.Open(pathname="/" + "x" * 50_000).SerializeToString()
    assert datagram_line(build_message(7, long)).endswith('xxx"')
