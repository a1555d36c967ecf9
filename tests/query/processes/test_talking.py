from __future__ import annotations

import errno
import socket
import struct
from typing import TYPE_CHECKING

from gvtui.wire.pb import syscall_pb2
from tests.query.processes.box import Box, only

if TYPE_CHECKING:
    from pathlib import Path

RECVFROM = 45


def address(host: str, port: int) -> bytes:
    return struct.pack("<H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(host)


def connect(box: Box, pid: int, to: bytes, error: int = 0) -> None:
    message = syscall_pb2.Connect(context_data=box.context(pid), sysno=42, address=to)
    message.exit.errorno = error
    message.exit.SetInParent()
    box.send(10, message)


def test_who_connected_where(tmp_path: Path) -> None:
    box = Box(tmp_path / "t.gvtrace")
    connect(box, 1, address("10.0.0.9", 80) + bytes(8))
    connect(box, 2, address("10.0.0.9", 81) + bytes(8), errno.EINPROGRESS)
    connect(box, 3, address("10.0.0.9", 82) + bytes(8), errno.ECONNREFUSED)
    connect(box, 4, struct.pack("<H", socket.AF_UNIX) + b"/run/x:80")
    tree = box.tree()
    told = {process.pid: process.connected_to for process in tree}
    assert told == {1: "10.0.0.9:80", 2: "10.0.0.9:81", 3: "", 4: ""}


def test_who_read_from_a_socket(tmp_path: Path) -> None:
    box = Box(tmp_path / "t.gvtrace")
    box.send(9, syscall_pb2.Read(context_data=box.context(1), fd_path="socket:[3]"))
    box.send(9, syscall_pb2.Read(context_data=box.context(2), fd_path="/etc/passwd"))
    for pid, result in ((3, 10), (4, 0)):
        message = syscall_pb2.Syscall(context_data=box.context(pid), sysno=RECVFROM)
        message.exit.result = result
        message.exit.SetInParent()
        box.send(6, message)
    tree = box.tree()
    assert {process.pid for process in tree if process.received_row >= 0} == {1, 3}
    assert only(tree, 1).received_row == 1
