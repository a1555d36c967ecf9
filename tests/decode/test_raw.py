from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.raw import argument_names, named_arguments
from gvtui.decode.render import call_of
from gvtui.decode.strace import strace_line
from gvtui.points.syscalls import names_by_sysno, sysnos_by_name
from gvtui.wire.messages import Decoded
from gvtui.wire.pb import syscall_pb2 as pb
from tests.decode.helpers import ARCHITECTURES, call, is_safe, wrap

MINUS_ONE = (1 << 64) - 1
POINTER = 0x7F0000001000


def raw(name: str, *numbers: int, architecture: str = "x86_64", **outcome: Any) -> Decoded:
    arguments = {f"arg{index}": number for index, number in enumerate(numbers, 1)}
    return call(pb.Syscall, name, architecture=architecture, **outcome, **arguments)


CASES: list[tuple[str, tuple[int, ...], int, str]] = [
    ("brk", (0, 99), POINTER, "brk(NULL) = 0x7f0000001000"),
    ("access", (POINTER, 4), 0, "access(0x7f0000001000, R_OK) = 0"),
    ("access", (POINTER, 0), 0, "access(0x7f0000001000, F_OK) = 0"),
    (
        "mmap",
        (0, 4096, 3, 0x22, 0xFFFFFFFF, 0),
        POINTER,
        "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000",
    ),
    ("mprotect", (POINTER, 4096, 0), 0, "mprotect(0x7f0000001000, 4096, PROT_NONE) = 0"),
    (
        "mremap",
        (POINTER, 1, 2, 1, 77),
        POINTER,
        "mremap(0x7f0000001000, 1, 2, MREMAP_MAYMOVE) = 0x7f0000001000",
    ),
    (
        "mremap",
        (POINTER, 1, 2, 3, 0x5000),
        0x5000,
        "mremap(0x7f0000001000, 1, 2, MREMAP_MAYMOVE|MREMAP_FIXED, 0x5000) = 0x5000",
    ),
    ("madvise", (POINTER, 1, 4), 0, "madvise(0x7f0000001000, 1, MADV_DONTNEED) = 0"),
    (
        "openat",
        (0xFFFFFF9C, POINTER, 0o2000000, 0o777),
        3,
        "openat(AT_FDCWD, 0x7f0000001000, O_RDONLY|O_CLOEXEC) = 3",
    ),
    ("open", (POINTER, 0o101, 0o644), 3, "open(0x7f0000001000, O_WRONLY|O_CREAT, 0644) = 3"),
    ("umask", (0o22,), 0o2, "umask(022) = 002"),
    (
        "rt_sigaction",
        (2, POINTER, 0, 8),
        0,
        "rt_sigaction(SIGINT, 0x7f0000001000, NULL, 8) = 0",
    ),
    ("rt_sigprocmask", (2, 0, 0, 8), 0, "rt_sigprocmask(SIG_SETMASK, NULL, NULL, 8) = 0"),
    ("kill", (MINUS_ONE, 9), 0, "kill(-1, SIGKILL) = 0"),
    ("wait4", (0xFFFFFFFF, 0, 3, 0), 9, "wait4(-1, NULL, WNOHANG|WSTOPPED, NULL) = 9"),
    ("exit_group", (3,), 0, "exit_group(3) = ?"),
    ("getpid", (1, 2, 3), 7, "getpid() = 7"),
    ("ioctl", (0, 0x5413, POINTER), 0, "ioctl(0, TIOCGWINSZ, 0x7f0000001000) = 0"),
    ("ioctl", (0, 0xABCD, 0), 0, "ioctl(0, 0xabcd, 0) = 0"),
    ("ioctl", (3, 0x5451, POINTER), 0, "ioctl(3, FIOCLEX) = 0"),
    ("ptrace", (16, 9, 1, 2), 0, "ptrace(PTRACE_ATTACH, 9) = 0"),
    ("ptrace", (17, 9, 0, 2), 0, "ptrace(PTRACE_DETACH, 9, 0, 0x2) = 0"),
    ("lseek", (3, MINUS_ONE, 2), 5, "lseek(3, -1, SEEK_END) = 5"),
    ("fcntl", (3, 3, 99), 2, "fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)"),
    ("fcntl", (3, 2, 1), 0, "fcntl(3, F_SETFD, FD_CLOEXEC) = 0"),
    ("socket", (2, 1, 6), 3, "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3"),
    (
        "setsockopt",
        (3, 1, 2, POINTER, 4),
        0,
        "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, 0x7f0000001000, 4) = 0",
    ),
    (
        "sendto",
        (3, POINTER, 5, 0x4000, 0, 0),
        5,
        "sendto(3, 0x7f0000001000, 5, MSG_NOSIGNAL, NULL, 0) = 5",
    ),
    (
        "clone",
        (0x1200011, 0, 5, POINTER, 6),
        9,
        "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, "
        "child_tidptr=0x7f0000001000) = 9",
    ),
    (
        "futex",
        (POINTER, 0x81, 1, 2, 3, 4),
        0,
        "futex(0x7f0000001000, FUTEX_WAKE_PRIVATE, 1) = 0",
    ),
    ("futex", (POINTER, 0, 1, 0), 0, "futex(0x7f0000001000, FUTEX_WAIT, 1, NULL) = 0"),
    (
        "futex",
        (POINTER, 0x189, 1, 0, 0, 0xFFFFFFFF),
        0,
        "futex(0x7f0000001000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 1, NULL, NULL, "
        "FUTEX_BITSET_MATCH_ANY) = 0",
    ),
    (
        "futex",
        (POINTER, 3, 1, 7, POINTER),
        0,
        "futex(0x7f0000001000, FUTEX_REQUEUE, 1, 7, 0x7f0000001000) = 0",
    ),
    ("prctl", (15, POINTER, 1, 2, 3), 0, "prctl(PR_SET_NAME, 0x7f0000001000) = 0"),
    ("prctl", (1, 9, 1), 0, "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0"),
    ("prctl", (3, 9, 1), 1, "prctl(PR_GET_DUMPABLE) = 1"),
    ("prctl", (38, 1, 0, 0, 0), 0, "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0"),
    ("arch_prctl", (0x1002, POINTER), 0, "arch_prctl(ARCH_SET_FS, 0x7f0000001000) = 0"),
    ("getrandom", (POINTER, 8, 1), 8, "getrandom(0x7f0000001000, 8, GRND_NONBLOCK) = 8"),
    (
        "clock_nanosleep",
        (1, 1, POINTER, 0),
        0,
        "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, 0x7f0000001000, NULL) = 0",
    ),
    ("epoll_ctl", (3, 1, 4, POINTER), 0, "epoll_ctl(3, EPOLL_CTL_ADD, 4, 0x7f0000001000) = 0"),
    ("unlinkat", (0xFFFFFF9C, 0, 0x200), 0, "unlinkat(AT_FDCWD, NULL, AT_REMOVEDIR) = 0"),
    ("setresuid", (MINUS_ONE, 0, 1), 0, "setresuid(-1, 0, 1) = 0"),
    ("getrlimit", (7, POINTER), 0, "getrlimit(RLIMIT_NOFILE, 0x7f0000001000) = 0"),
    ("mknod", (POINTER, 0o10644, 0), 0, "mknod(0x7f0000001000, S_IFIFO|0644) = 0"),
    ("mknod", (POINTER, 0o20644, 0x103), 0, "mknod(0x7f0000001000, S_IFCHR|0644, 0x103) = 0"),
    (
        "mknodat",
        (0xFFFFFF9C, POINTER, 0o60600, 0),
        0,
        "mknodat(AT_FDCWD, 0x7f0000001000, S_IFBLK|0600, 0) = 0",
    ),
    ("mknod", (POINTER, 0o10022, 0), 0, "mknod(0x7f0000001000, S_IFIFO|022) = 0"),
    ("preadv2", (3, POINTER, 1, 8, 99, 8), 1, "preadv2(3, 0x7f0000001000, 1, 8, RWF_NOWAIT) = 1"),
    ("ptrace", (0, 5, 6, 7), 0, "ptrace(PTRACE_TRACEME) = 0"),
    ("mq_unlink", (1, 2, 3, 4, 5, 6), 0, "mq_unlink(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = 0"),
]


@pytest.mark.parametrize(("name", "numbers", "result", "shown"), CASES)
def test_form(name: str, numbers: tuple[int, ...], result: int, shown: str) -> None:
    assert strace_line(raw(name, *numbers, result=result), architecture="x86_64") == shown


def test_failures_have_names() -> None:
    decoded = raw("nanosleep", POINTER, 0, errno=516)
    assert strace_line(decoded, architecture="x86_64") == (
        "nanosleep(0x7f0000001000, NULL) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)"
    )


def test_arguments_of_clone_in_the_order_of_arm64() -> None:
    flags = 0x3D0F00
    decoded = raw("clone", flags, 1, 2, 3, 4, architecture="arm64", result=9)
    assert strace_line(decoded, architecture="arm64").endswith(
        ", parent_tid=0x2, tls=0x3, child_tidptr=0x4) = 9"
    )
    decoded = raw("clone", flags, 1, 2, 3, 4, result=9)
    assert strace_line(decoded, architecture="x86_64").endswith(
        ", parent_tid=0x2, tls=0x4, child_tidptr=0x3) = 9"
    )


def test_numbers_mean_other_calls_on_the_other_architecture() -> None:
    decoded = raw("brk", 0, result=0)
    assert strace_line(decoded, architecture="arm64").startswith("llistxattr(NULL")


def test_numbers_without_a_name() -> None:
    decoded = wrap(pb.Syscall(sysno=9999, arg1=5))
    assert strace_line(decoded, architecture="x86_64") == (
        "sysno/9999(0x5, 0x0, 0x0, 0x0, 0x0, 0x0 <unfinished ...>"
    )


def test_names_of_arguments() -> None:
    assert argument_names(call_of(raw("read"), "x86_64")) == ["fd", "buf", "count"]
    assert argument_names(call_of(raw("mq_unlink"), "x86_64")) == []


NUMBERS = st.lists(
    st.one_of(st.integers(0, 300), st.integers(0, (1 << 64) - 1)), min_size=6, max_size=6
)


@given(NUMBERS, st.integers(0, 500), ARCHITECTURES, st.integers(-(1 << 63), (1 << 63) - 1))
def test_any_numbers_make_a_call(
    numbers: list[int], sysno: int, architecture: str, result: int
) -> None:
    message = pb.Syscall(sysno=sysno, exit=pb.Exit(result=result))
    for index, number in enumerate(numbers, 1):
        setattr(message, f"arg{index}", number)
    decoded = wrap(message)
    assert is_safe(strace_line(decoded, architecture=architecture))
    known = set(argument_names(call_of(decoded, architecture)))
    named = [name for name, _ in named_arguments(call_of(decoded, architecture))]
    assert len(named) == len(set(named))
    assert not known or set(named) <= known | {"val2", "arg", "protocol", "optname"}


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_every_call_renders_on_both_architectures(architecture: str) -> None:
    numbers = sysnos_by_name(architecture)
    for sysno in names_by_sysno(architecture):
        decoded = wrap(pb.Syscall(sysno=sysno, exit=pb.Exit()))
        assert strace_line(decoded, architecture=architecture)
    assert numbers["openat"] in names_by_sysno(architecture)
