from __future__ import annotations

import ipaddress
import struct
from pathlib import Path

import pytest

from gvtui.trace import ports
from gvtui.trace.reader import Trace
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, sentry_pb2, syscall_pb2
from tests.trace.factory import context, read_message, write_trace

TURNED = 0x911F
"""8081 with its bytes swapped: 37151."""


def sockaddr(address: str, port: int) -> bytes:
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return struct.pack("<H", 2) + struct.pack(">H", port) + ip.packed + bytes(8)
    return struct.pack("<H", 10) + struct.pack(">HI", port, 0) + ip.packed + bytes(4)


def connect(address: str, port: int) -> bytes:
    message = syscall_pb2.Connect(
        context_data=context(), sysno=42, fd=3, address=sockaddr(address, port)
    )
    return build_message(10, message.SerializeToString())


def listen(address: str, port: int) -> bytes:
    message = syscall_pb2.Listen(
        context_data=context(), sysno=50, fd=3, address=sockaddr(address, port)
    )
    return build_message(37, message.SerializeToString())


def started(remote: int, address: str = "127.0.0.1", local: int = 257) -> bytes:
    """A program that has a socket as stdin."""
    message = sentry_pb2.ExecveInfo(context_data=context(), binary_path="/bin/sh")
    packed = ipaddress.ip_address(address).packed
    message.stdin.socket.local.CopyFrom(common_pb2.SocketIp(ip=packed, port=local))
    message.stdin.socket.remote.CopyFrom(common_pb2.SocketIp(ip=packed, port=remote))
    return build_message(3, message.SerializeToString())


def plain() -> bytes:
    return build_message(3, sentry_pb2.ExecveInfo(binary_path="/bin/true").SerializeToString())


def turned_in(tmp_path: Path, *batches: tuple[int, list[bytes]]) -> list[bool]:
    """For each exec in a recording whether its ports are read as swapped."""
    trace = Trace.open(write_trace(tmp_path / "x.gvtrace", list(batches)))
    try:
        rows = trace.rows(0, trace.end_row)
        # The last first: what is said of a row must not hang on which was asked before.
        execs = [row for row in range(trace.end_row) if rows["type"][row] == 3]
        told = {row: trace.decoded(row).ports_turned for row in reversed(execs)}
        return [told[row] for row in execs]
    finally:
        trace.close()


def test_they_are_swapped_unless_something_tells_otherwise(tmp_path: Path) -> None:
    assert turned_in(tmp_path, (1, [started(8081), plain()])) == [True, True]


@pytest.mark.parametrize(
    "call",
    [
        connect("127.0.0.1", 8081),
        connect("::ffff:127.0.0.1", 8081),
        listen("0.0.0.0", 8081),
        listen("::", 8081),
    ],
)
def test_the_socket_s_own_calls_decide(tmp_path: Path, call: bytes) -> None:
    assert turned_in(tmp_path, (1, [call, started(TURNED)])) == [True]
    (tmp_path / "x.gvtrace").unlink()
    assert turned_in(tmp_path, (1, [call, read_message(), started(8081)])) == [False]


def test_an_address_of_ipv6_is_known_as_one_of_ipv4(tmp_path: Path) -> None:
    mapped = started(8081, "::ffff:127.0.0.1")
    assert turned_in(tmp_path, (1, [connect("127.0.0.1", 8081), mapped])) == [False]


def test_later_calls_and_those_of_others_say_nothing(tmp_path: Path) -> None:
    other = (2, [connect("127.0.0.1", 8081)])
    assert turned_in(tmp_path, other, (1, [started(8081), connect("127.0.0.1", 8081)])) == [True]


def test_calls_to_another_machine_say_nothing(tmp_path: Path) -> None:
    assert turned_in(tmp_path, (1, [connect("10.0.0.1", 8081), started(8081)])) == [True]


def test_one_end_that_is_swapped_counts_more(tmp_path: Path) -> None:
    calls = [connect("127.0.0.1", TURNED), connect("127.0.0.1", 63787)]
    assert turned_in(tmp_path, (1, [*calls, started(TURNED, local=11257)])) == [True]


def test_a_port_and_its_swapped_form_both_there_say_nothing(tmp_path: Path) -> None:
    calls = [connect("127.0.0.1", TURNED), connect("127.0.0.1", 8081)]
    assert turned_in(tmp_path, (1, [*calls, started(8081)])) == [True]


def test_a_sandbox_that_sends_them_right_goes_on_so(tmp_path: Path) -> None:
    messages = [connect("127.0.0.1", 8081), started(8081), plain(), started(9000)]
    assert turned_in(tmp_path, (1, messages), (2, [started(9000)])) == [False, True, False, True]


def test_only_so_many_earlier_execs_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "_OTHER_EXECS", 3)
    messages = [connect("127.0.0.1", 8081), started(8081), *[plain()] * 3, started(9000)]
    assert turned_in(tmp_path, (1, messages))[-1]


def test_only_so_many_rows_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_CHUNK", 4)
    monkeypatch.setattr(ports, "LOOK_BACK", 16)
    near = [connect("127.0.0.1", 8081), *[read_message()] * 12, started(8081)]
    assert turned_in(tmp_path, (1, near)) == [False]
    (tmp_path / "x.gvtrace").unlink()
    far = [connect("127.0.0.1", 8081), *[read_message()] * 16, started(8081)]
    assert turned_in(tmp_path, (1, far)) == [True]


def test_addresses_of_wrong_size(tmp_path: Path) -> None:
    message = sentry_pb2.ExecveInfo()
    message.stdin.socket.remote.CopyFrom(common_pb2.SocketIp(ip=b"abc", port=1 << 31))
    data = build_message(3, message.SerializeToString())
    assert turned_in(tmp_path, (1, [connect("127.0.0.1", 8081), data])) == [True]
