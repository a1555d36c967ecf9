from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.monitor import sockdiag
from gvtui.monitor.sockdiag import cookie_of, other_end


def test_each_connection_has_an_end_of_its_own(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(tmp_path / "s.sock"))
        listening.listen()
        for _ in range(3):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            client.connect(listening.getsockname())
            connection, _ = listening.accept()
            with client, connection:
                end = other_end(connection)
                assert end is not None
                assert end.inode == os.fstat(client.fileno()).st_ino
                assert end.cookie == cookie_of(client)
                assert end.peer_inode == os.fstat(connection.fileno()).st_ino


def test_a_closed_end_is_none() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        theirs.close()
        assert other_end(ours) is None


def test_what_is_not_connected_or_no_unix_socket_has_none() -> None:
    for family in (socket.AF_UNIX, socket.AF_INET):
        with socket.socket(family, socket.SOCK_STREAM) as alone:
            assert other_end(alone) is None


def test_a_kernel_that_does_not_tell_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockdiag, "_NETLINK_SOCK_DIAG", 99)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        assert other_end(ours) is None


@given(st.binary(max_size=200))
def test_no_answer_is_too_odd_to_read(answer: bytes) -> None:
    sockdiag._read(answer)
    sockdiag._read(struct.pack("=IHHII", 200, 20, 0, 0, 0) + answer)
