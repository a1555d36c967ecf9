from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.decode.render import Rendered, render
from gvtui.decode.strace import strace_line
from gvtui.wire.messages import KINDS
from gvtui.wire.pb import common_pb2, container_pb2
from gvtui.wire.pb import sentry_pb2 as pb
from gvtui.wire.ports import turned
from tests.decode.helpers import wrap

if TYPE_CHECKING:
    from google.protobuf.message import Message

SOCKET = common_pb2.FdInfo(
    mode=0o140777,
    ino=9,
    path="socket:[9]",
    socket=common_pb2.SocketInfo(
        family=2,
        # As gVisor sends them, with their bytes swapped.
        local=common_pb2.SocketIp(ip=bytes((127, 0, 0, 1)), port=turned(4444)),
        remote=common_pb2.SocketIp(ip=bytes((10, 0, 0, 9)), port=turned(80)),
    ),
)

CASES: list[tuple[Message, str, str]] = [
    (
        container_pb2.Start(
            id="c1", cwd="/", args=["sh", "-c", "x"], env=["A=1", "B=2"], terminal=True
        ),
        "container/start",
        '"c1", ["sh", "-c", "x"], [/* 2 vars */], cwd="/", terminal',
    ),
    (
        pb.CloneInfo(created_thread_id=111, created_thread_group_id=111, flags=0x4100),
        "sentry/clone",
        "→ 111 (CLONE_VM|CLONE_VFORK)",
    ),
    (
        pb.CloneInfo(created_thread_id=112, created_thread_group_id=111, flags=0x10100),
        "sentry/clone",
        "→ 112 thread of 111 (CLONE_VM|CLONE_THREAD)",
    ),
    (
        pb.ExecveInfo(
            binary_path="/bin/cat",
            argv=["cat"],
            env=["A=1"],
            execfn="cat",
            binary_mode=0o104755,
            binary_uid=0,
            binary_gid=5,
            binary_overlayfs_upper=True,
            binary_in_memfd=True,
        ),
        "sentry/execve",
        'MEMORY "/bin/cat", ["cat"], [/* 1 var */], execfn="cat", S_IFREG|S_ISUID|0755 0:5',
    ),
    (
        pb.ExecveInfo(
            binary_path="/bin/busybox",
            argv=["sh"],
            binary_overlayfs_lower=True,
            stdin=SOCKET,
            stdout=SOCKET,
            stderr=common_pb2.FdInfo(mode=0o100644, ino=2, path="host:[2]"),
        ),
        "sentry/execve",
        '◀ shell on a socket 127.0.0.1:4444 ⇄ 10.0.0.9:80, "/bin/busybox", ["sh"], image, '
        "in=socket 127.0.0.1:4444 ⇄ 10.0.0.9:80, out=socket 127.0.0.1:4444 ⇄ 10.0.0.9:80, "
        "err=host:[2]",
    ),
    (pb.MmapInfo(), "sentry/mmap", "anonymous executable memory"),
    (
        pb.MmapInfo(mapped_path="/tmp/x.so", mapped_ino=4, overlayfs_upper=True),
        "sentry/mmap",
        'NEW "/tmp/x.so"',
    ),
    (pb.MmapInfo(mapped_path="/t/x", mapped_ino=4), "sentry/mmap", '"/t/x", elsewhere'),
    (pb.ExitNotifyParentInfo(exit_status=9), "sentry/exit_notify_parent", "killed by SIGKILL"),
    (pb.TaskExit(exit_status=0x300), "sentry/task_exit", "exited 3"),
    (
        pb.MmapInfo(mapped_path="/lib/libc.so", mapped_mode=0o100644, is_initial_mmap=True),
        "sentry/mmap",
        '"/lib/libc.so", S_IFREG|0644 0:0, initial',
    ),
]


@pytest.mark.parametrize(("message", "name", "arguments"), CASES)
def test_form(message: Message, name: str, arguments: str) -> None:
    shown = render(wrap(message), architecture="x86_64")
    assert shown == Rendered(name, arguments, "", False)


def test_digests_are_shown_on_demand() -> None:
    message = pb.ExecveInfo(binary_path="/x", binary_sha256=b"\1\2", binary_sha1=b"\3")
    assert "0102" not in render(wrap(message), architecture="x86_64").arguments
    shown = render(wrap(message), architecture="x86_64", shows_digests=True).arguments
    assert shown == 'sha256=0102, sha1=03, "/x", []'


def test_every_event_has_a_case() -> None:
    tried = {type(message) for message, _, _ in CASES}
    assert tried == {kind.message_class for kind in KINDS.values() if not kind.is_syscall}


def test_strace_lines() -> None:
    assert (
        strace_line(wrap(pb.TaskExit(exit_status=0x300)), architecture="x86_64")
        == "+++ exited with 3 +++"
    )
    clone = pb.CloneInfo(created_thread_id=111, flags=17)
    assert strace_line(wrap(clone), architecture="arm64") == "--- sentry/clone → 111 (SIGCHLD) ---"
