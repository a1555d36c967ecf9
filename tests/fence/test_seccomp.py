from __future__ import annotations

import errno
import struct
import subprocess
import sys

import pytest

from gvtui.fence import seccomp
from gvtui.points.syscalls import sysnos_by_name

ARCHITECTURES = [("x86_64", 0xC000003E), ("arm64", 0xC00000B7)]
REFUSED, UNKNOWN, ALLOWED = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x7FFF0000


def verdict(code: bytes, number: int, audit: int, *arguments: int) -> int:
    """What the kernel would make of a call: the instructions, carried out."""
    data = struct.pack("=IIQ6Q", number, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = list(struct.iter_unpack("=HBBI", code))
    place = word = 0
    while True:
        kind, if_true, if_false, value = instructions[place]
        place += 1
        if kind == 0x20:
            (word,) = struct.unpack_from("=I", data, value)
        elif kind == 0x06:
            return int(value)
        else:
            holds = {0x15: word == value, 0x35: word >= value, 0x45: bool(word & value)}[kind]
            place += if_true if holds else if_false


@pytest.mark.parametrize(("architecture", "audit"), ARCHITECTURES)
def test_each_call_is_judged(architecture: str, audit: int) -> None:
    code = seccomp.program(architecture, frozenset(), seccomp.UNIX)
    assert len(code) // 8 < 4096
    sysnos = sysnos_by_name(architecture)

    def judged(name: str, *arguments: int) -> int:
        return verdict(code, sysnos[name], audit, *arguments)

    for name in ("ptrace", "process_vm_writev", "bpf", "mount", "kexec_load", "init_module"):
        assert judged(name) == REFUSED
    for name in (
        "keyctl",
        "perf_event_open",
        "userfaultfd",
        "execve",
        "execveat",
        "io_uring_setup",
    ):
        assert judged(name) == REFUSED
    for name in ("read", "write", "recvmmsg", "openat", "fsync", "fallocate", "rt_sigreturn"):
        assert judged(name) == ALLOWED
    assert judged("clone3") == UNKNOWN
    # A thread, a process, a process in a user namespace of its own.
    assert judged("clone", 0x3D0F00) == ALLOWED
    assert judged("clone", 17) == ALLOWED
    assert judged("clone", 0x10000011) == REFUSED
    for call in ("socket", "socketpair"):
        assert judged(call, 1, 5) == ALLOWED
        assert [judged(call, family) for family in (2, 10, 16, 17, 40)] == [REFUSED] * 5
    # The kernel looks at the low half alone, and so must the filter.
    assert judged("ioctl", 0, 0x5413) == ALLOWED
    assert judged("ioctl", 0, 0xFFFFFFFF_00005412) == REFUSED
    assert judged("ioctl", 0, 0x541C) == REFUSED


@pytest.mark.parametrize(("architecture", "audit"), ARCHITECTURES)
def test_calls_of_another_interface_are_refused(architecture: str, audit: int) -> None:
    code = seccomp.program(architecture, frozenset(), seccomp.UNIX)
    read = sysnos_by_name(architecture)["read"]
    # 32-bit programs, and the x32 interface.
    assert verdict(code, read, 0x40000003) == REFUSED
    assert verdict(code, read | 0x40000000, audit) == REFUSED
    assert verdict(code, 0xFFFFFFFF, audit) == REFUSED


def test_what_is_needed_stays() -> None:
    code = seccomp.program("x86_64", seccomp.BORROWING, frozenset({1, 16}))
    sysnos = sysnos_by_name("x86_64")
    assert verdict(code, sysnos["pidfd_getfd"], 0xC000003E) == ALLOWED
    assert verdict(code, sysnos["socket"], 0xC000003E, 16) == ALLOWED
    assert verdict(code, sysnos["socket"], 0xC000003E, 2) == REFUSED
    assert verdict(code, sysnos["ptrace"], 0xC000003E) == REFUSED


TRY = """
import ctypes, os, socket, threading
from gvtui.fence import seccomp
go, done = threading.Event(), []
def other():
    go.wait()
    says("another thread", socket.socket)
def says(name, work):
    try:
        work()
        print(name, "done")
    except OSError as error:
        print(name, type(error).__name__)
thread = threading.Thread(target=other)
thread.start()
assert seccomp.deny()
go.set()
thread.join()
libc = ctypes.CDLL(None, use_errno=True)
def unshare():
    if libc.unshare(0x10000000):
        raise OSError(ctypes.get_errno(), "")
says("unix socket", lambda: socket.socketpair())
says("network", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
says("run", lambda: os.execv("/bin/true", ["true"]))
says("namespace", unshare)
says("later thread", lambda: threading.Thread(target=lambda: None).start())
pid = os.fork()
if pid == 0:
    os._exit(0)
print("fork", os.waitpid(pid, 0)[1])
"""


@pytest.mark.skipif(not seccomp.is_available(), reason="this kernel has no seccomp")
def test_all_threads_are_denied_what_they_never_need() -> None:
    out = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=False)
    assert out.stderr == ""
    assert out.stdout.splitlines() == [
        "another thread PermissionError",
        "unix socket done",
        "network PermissionError",
        "run PermissionError",
        "namespace PermissionError",
        "later thread done",
        "fork 0",
    ]


def test_a_kernel_without_it_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "_ACTION_AVAILABLE", 99_999)
    assert not seccomp.is_available()
    assert seccomp.deny() is False
    monkeypatch.undo()
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert seccomp.deny() is False
