from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.stdio import Stdio, is_shell, on_a_socket, shell_on_a_socket, stdio_of
from gvtui.wire.pb import common_pb2, sentry_pb2

MAPPED = bytes(10) + b"\xff\xff" + bytes((127, 0, 0, 1))


def end(ip: bytes, port: int) -> common_pb2.SocketIp:
    return common_pb2.SocketIp(ip=ip, port=port)


def socket(ino: int = 9, family: int = 10) -> common_pb2.FdInfo:
    info = common_pb2.SocketInfo(
        family=family, local=end(MAPPED, 4444), remote=end(bytes((10, 0, 0, 9)), 80)
    )
    return common_pb2.FdInfo(mode=0o140777, ino=ino, path=f"socket:[{ino}]", socket=info)


@pytest.mark.parametrize(
    ("mode", "path", "kind", "words", "short"),
    [
        (0o100644, "/tmp/o2", "file", "/tmp/o2", "o2"),
        (0o20666, "/dev/null", "file", "/dev/null", "null"),
        (0o20620, "host:[7]", "file", "terminal host:[7]", "tty"),
        (0o20620, "/dev/pts/0", "file", "terminal /dev/pts/0", "tty"),
        (0o10600, "pipe:[5]", "pipe", "pipe:[5]", "pipe:5"),
        (0o40755, "/tmp", "directory", "/tmp", "tmp"),
        (0o140777, "socket:[3]", "socket", "socket:[3]", "socket:3"),
        (0o100644, "host:[2]", "file", "host:[2]", "host:2"),
        (0, "", "other", "other", "other"),
        (0o100644, "/tmp/\x1b[31m", "file", "/tmp/\\x1b[31m", "\\x1b[31m"),
    ],
)
def test_kinds_and_words(mode: int, path: str, kind: str, words: str, short: str) -> None:
    found = stdio_of(common_pb2.FdInfo(mode=mode, ino=1, path=path))
    assert (found.kind, found.words, found.short) == (kind, words, short)


def test_a_socket_has_both_ends() -> None:
    found = stdio_of(socket())
    assert found.kind == "ipv6"
    assert found.words == "socket 127.0.0.1:4444 ⇄ 10.0.0.9:80"
    assert found.short == "⇄ 10.0.0.9:80"
    assert found.names == (
        "[::ffff:127.0.0.1]:4444->10.0.0.9:80",
        "127.0.0.1:4444->10.0.0.9:80",
    )
    assert stdio_of(socket(family=1)).kind == "unix"


@pytest.mark.parametrize(
    ("words", "path", "expected"),
    [
        (["sh"], "/bin/busybox", True),
        (["-bash"], "/bin/bash", True),
        (["/bin/dash", "-c", "x"], "/bin/dash", True),
        (["busybox", "sh"], "/bin/busybox", True),
        (["busybox", "cat"], "/bin/busybox", False),
        ([], "/usr/bin/zsh", True),
        (["cat"], "/bin/busybox", False),
        # Whoever starts a program may call it what they want.
        (["[kworker/0:1]"], "/bin/bash", True),
        (["cat"], "/tmp/sh (deleted)", True),
        (["python3"], "/usr/bin/python3.11", False),
    ],
)
def test_shells(words: list[str], path: str, expected: bool) -> None:
    assert is_shell(words, path) is expected


def test_one_socket_is_input_and_output() -> None:
    one, other = stdio_of(socket()), stdio_of(socket(ino=10))
    assert on_a_socket(one, one)
    assert not on_a_socket(one, other)
    assert not on_a_socket(one, None)
    assert not on_a_socket(Stdio("pipe", "pipe:[1]", 1), Stdio("pipe", "pipe:[1]", 1))


def test_a_shell_on_a_socket_is_told() -> None:
    def words(*argv: str, out: int = 9) -> str:
        message = sentry_pb2.ExecveInfo(argv=argv, stdin=socket(), stdout=socket(out))
        return shell_on_a_socket(message)

    assert words("sh") == "shell on a socket 127.0.0.1:4444 ⇄ 10.0.0.9:80"
    assert words("cat") == ""
    assert words("sh", out=10) == ""
    assert shell_on_a_socket(sentry_pb2.ExecveInfo(argv=["sh"])) == ""


@given(st.binary(max_size=200))
def test_whatever_a_sandbox_sends_is_taken(data: bytes) -> None:
    try:
        info = common_pb2.FdInfo.FromString(data)
    except Exception:
        return
    found = stdio_of(info)
    assert found.words.isprintable()
    assert found.short.isprintable()
