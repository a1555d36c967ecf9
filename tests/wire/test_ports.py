from __future__ import annotations

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from gvtui.wire.pb import common_pb2, sentry_pb2
from gvtui.wire.ports import ends_of, right_ports, turned
from tests.decode.helpers import KNOWN_MESSAGES, wrap


def exec_on_socket(local: int = 11257, remote: int = 37151) -> sentry_pb2.ExecveInfo:
    message = sentry_pb2.ExecveInfo(binary_path="/bin/sh")
    message.stdin.socket.local.CopyFrom(common_pb2.SocketIp(ip=b"\x7f\0\0\1", port=local))
    message.stdin.socket.remote.CopyFrom(common_pb2.SocketIp(ip=b"\x7f\0\0\1", port=remote))
    message.stdout.path = "pipe:[3]"
    return message


@pytest.mark.parametrize(
    ("sent", "right"),
    [(37151, 8081), (8081, 37151), (0, 0), (80, 20480), (65536, 65536), (257, 257)],
)
def test_a_turned_port(sent: int, right: int) -> None:
    assert turned(sent) == right


@given(st.integers(0, 65535))
def test_turned_twice_is_the_same(port: int) -> None:
    assert turned(turned(port)) == port


def test_ports_of_descriptors_are_right_and_what_came_stays() -> None:
    decoded = wrap(exec_on_socket())
    right = right_ports(decoded)
    assert isinstance(right, sentry_pb2.ExecveInfo)
    assert {path: end.port for path, end in ends_of(right).items()} == {
        "stdin.socket.local": 63787,
        "stdin.socket.remote": 8081,
    }
    assert decoded.message == exec_on_socket()
    assert right_ports(decoded._replace(ports_turned=False)) is decoded.message


@given(KNOWN_MESSAGES)
def test_in_other_messages_nothing_changes(message: Message) -> None:
    decoded = wrap(message)
    if not isinstance(message, sentry_pb2.ExecveInfo):
        assert right_ports(decoded) is message
