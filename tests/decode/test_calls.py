from __future__ import annotations

import struct
from typing import Any

import pytest

from gvtui.decode.render import render
from gvtui.wire.messages import KINDS, Decoded
from gvtui.wire.pb import common_pb2
from gvtui.wire.pb import syscall_pb2 as pb
from tests.decode.helpers import call

IPV4 = b"\2\0\x1f\x90\x7f\0\0\1" + bytes(8)
CONTEXT = common_pb2.ContextData(cwd="/home/user")
LIMIT = pb.StructRlimit(cur=8 << 20, max=(1 << 64) - 1)
EVERY_SECOND = pb.ItimerSpec(
    interval=common_pb2.Timespec(sec=1), value=common_pb2.Timespec(sec=2, nsec=500)
)
EVERY_SECOND_SHOWN = "{it_interval={tv_sec=1, tv_nsec=0}, it_value={tv_sec=2, tv_nsec=500}}"


def line(decoded: Decoded, architecture: str = "x86_64", enter: Decoded | None = None) -> str:
    shown = render(decoded, architecture=architecture, enter=enter)
    return f"{shown.name}({shown.arguments})" + (f" = {shown.result}" if shown.result else "")


CASES: list[tuple[Decoded, str]] = [
    (
        call(pb.Open, "openat", fd=-100, pathname="/etc/passwd", flags=0o2000000),
        'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC)',
    ),
    (
        call(pb.Open, "openat", 3, fd=-100, pathname="/etc/passwd", flags=0o2000000),
        'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3</etc/passwd>',
    ),
    (
        call(
            pb.Open,
            "openat",
            5,
            fd=4,
            fd_path="/tmp",
            pathname="../var/./x",
            flags=0o101,
            mode=0o600,
        ),
        'openat(4</tmp>, "../var/./x", O_WRONLY|O_CREAT, 0600) = 5</var/x>',
    ),
    (
        call(pb.Open, "open", 3, pathname="f", flags=0, context_data=CONTEXT),
        'open("f", O_RDONLY) = 3</home/user/f>',
    ),
    (
        call(pb.Open, "openat", 3, fd=-100, pathname="f", flags=2),
        'openat(AT_FDCWD, "f", O_RDWR) = 3',
    ),
    (
        call(pb.Open, "creat", errno=13, pathname="/x", mode=0o644),
        'creat("/x", 0644) = -1 EACCES (Permission denied)',
    ),
    (
        call(pb.Open, "openat", 3, fd=-100, pathname="/t", flags=0o20200002, mode=0o600),
        'openat(AT_FDCWD, "/t", O_RDWR|O_TMPFILE, 0600) = 3</t>',
    ),
    (
        call(pb.Open, "openat", fd=-100, pathname="/t", flags=0x40000001),
        'openat(AT_FDCWD, "/t", O_WRONLY|0x40000000)',
    ),
    (
        call(pb.Open, "openat", 3, fd=-100, pathname="//tmp/../etc/./passwd"),
        'openat(AT_FDCWD, "//tmp/../etc/./passwd", O_RDONLY) = 3</etc/passwd>',
    ),
    (call(pb.Close, "close", fd=3, fd_path="/etc/passwd"), "close(3</etc/passwd>)"),
    (call(pb.Close, "close", 0, fd=3, fd_path="[err: FD not found]"), "close(3) = 0"),
    (
        call(pb.Close, "close", errno=9, fd=-1),
        "close(-1) = -1 EBADF (Bad file descriptor)",
    ),
    (call(pb.Read, "read", 10, fd=3, fd_path="/f", count=832), "read(3</f>, ..., 832) = 10"),
    (
        call(pb.Read, "read", errno=512, fd=0, count=1),
        "read(0, ..., 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)",
    ),
    (
        call(pb.Read, "pread64", 784, fd=3, count=784, has_offset=True, offset=64),
        "pread64(3, ..., 784, 64) = 784",
    ),
    (call(pb.Read, "readv", 7, fd=3, count=23), "readv(3, [/* 23 bytes */], ...) = 7"),
    (
        call(pb.Write, "writev", errno=14, fd=3),
        "writev(3, [...], ...) = -1 EFAULT (Bad address)",
    ),
    (
        call(pb.Write, "pwritev2", 7, fd=3, count=9, has_offset=True, offset=5, flags=0x12),
        "pwritev2(3, [/* 9 bytes */], ..., 5, RWF_DSYNC|RWF_APPEND) = 7",
    ),
    (
        call(pb.Write, "pwritev2", 7, fd=3, count=9),
        "pwritev2(3, [/* 9 bytes */], ..., -1, 0) = 7",
    ),
    (call(pb.Write, "write", 7, fd=1, count=7), "write(1, ..., 7) = 7"),
    (
        call(pb.Connect, "connect", errno=111, fd=3, fd_path="socket:[1]", address=IPV4),
        "connect(3<socket:[1]>, {AF_INET, 127.0.0.1:8080}) = -1 ECONNREFUSED (Connection refused)",
    ),
    (call(pb.Bind, "bind", 0, fd=3, address=b"\1\0/s\0"), 'bind(3, {AF_UNIX, "/s"}) = 0'),
    (call(pb.Bind, "bind", 0, fd=3), 'bind(3, "") = 0'),
    (call(pb.Accept, "accept", fd=3), "accept(3, ...)"),
    (call(pb.Accept, "accept", 4, fd=3), "accept(3, NULL) = 4"),
    (
        call(pb.Accept, "accept4", 4, fd=3, address=IPV4, flags=0o2004000),
        "accept4(3, {AF_INET, 127.0.0.1:8080}, SOCK_CLOEXEC|SOCK_NONBLOCK) = 4",
    ),
    (call(pb.Listen, "listen", 0, fd=3, backlog=128), "listen(3, 128) = 0"),
    (
        call(pb.Listen, "listen", 0, fd=3, backlog=5, address=IPV4, socket_family=2, socket_type=1),
        "listen(3, 5 /* AF_INET SOCK_STREAM {AF_INET, 127.0.0.1:8080} */) = 0",
    ),
    (
        call(pb.Execve, "execve", 0, pathname="/bin/cat", argv=["cat", "/f"], envv=["A=1"]),
        'execve("/bin/cat", ["cat", "/f"], [/* 1 var */]) = 0',
    ),
    (
        call(pb.Execve, "execveat", 0, fd=-100, pathname="c", argv=["c"], flags=0x1000),
        'execveat(AT_FDCWD, "c", ["c"], ..., AT_EMPTY_PATH) = 0',
    ),
    (
        call(pb.Socket, "socket", 3, domain=2, type=0o2000001, protocol=6),
        "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3",
    ),
    (
        call(pb.Socket, "socket", 3, domain=16, type=3, protocol=15),
        "socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT) = 3",
    ),
    (
        call(pb.SocketPair, "socketpair", domain=1, type=1),
        "socketpair(AF_UNIX, SOCK_STREAM, 0, ...)",
    ),
    (
        call(pb.SocketPair, "socketpair", 0, domain=1, type=5, socket1=4, socket2=5),
        "socketpair(AF_UNIX, SOCK_SEQPACKET, 0, [4, 5]) = 0",
    ),
    (call(pb.Pipe, "pipe", 0, reader=3, writer=4), "pipe([3, 4]) = 0"),
    (call(pb.Pipe, "pipe2", flags=0o2000000), "pipe2(..., O_CLOEXEC)"),
    (
        call(pb.Pipe, "pipe2", errno=24, flags=0),
        "pipe2(..., 0) = -1 EMFILE (Too many open files)",
    ),
    (call(pb.Chdir, "chdir", 0, pathname="/tmp"), 'chdir("/tmp") = 0'),
    (call(pb.Chdir, "fchdir", 0, fd=3, fd_path="/tmp"), "fchdir(3</tmp>) = 0"),
    (
        call(pb.Chroot, "chroot", errno=1, pathname="/"),
        'chroot("/") = -1 EPERM (Operation not permitted)',
    ),
    (call(pb.Setid, "setuid", 0, id=1000), "setuid(1000) = 0"),
    (call(pb.Setid, "setsid", 7), "setsid() = 7"),
    (
        call(pb.Setresid, "setresgid", 0, rid=0xFFFFFFFF, eid=0, sid=5),
        "setresgid(-1, 0, 5) = 0",
    ),
    (
        call(pb.Prlimit, "prlimit64", resource=3, old_limit=LIMIT),
        "prlimit64(0, RLIMIT_STACK, NULL, ...)",
    ),
    (
        call(pb.Prlimit, "prlimit64", 0, pid=7, resource=7, new_limit=LIMIT),
        "prlimit64(7, RLIMIT_NOFILE, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}, NULL) = 0",
    ),
    (
        call(pb.Prlimit, "prlimit64", 0, resource=99, old_limit=LIMIT),
        "prlimit64(0, 0x63, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
    ),
    (call(pb.Fcntl, "fcntl", 1, fd=3, cmd=1), "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)"),
    (
        call(pb.Fcntl, "fcntl", 10, fd=1, fd_path="pipe:[1]", cmd=1030, args=10),
        "fcntl(1<pipe:[1]>, F_DUPFD_CLOEXEC, 10) = 10<pipe:[1]>",
    ),
    (call(pb.Dup, "dup", 4, old_fd=3, fd_path="/f"), "dup(3</f>) = 4</f>"),
    (call(pb.Dup, "dup2", 1, old_fd=3, new_fd=1), "dup2(3, 1) = 1"),
    (
        call(pb.Dup, "dup3", 1, old_fd=3, new_fd=1, flags=0o2000000),
        "dup3(3, 1, O_CLOEXEC) = 1",
    ),
    (
        call(pb.Signalfd, "signalfd4", 3, fd=-1, sigset=1 << 1, flags=0o2004000),
        "signalfd4(-1, [INT], SFD_CLOEXEC|SFD_NONBLOCK) = 3",
    ),
    (call(pb.Eventfd, "eventfd2", 3, val=7, flags=1), "eventfd2(7, EFD_SEMAPHORE) = 3"),
    (call(pb.Eventfd, "eventfd", 3), "eventfd(0) = 3"),
    (
        call(pb.Clone, "clone", 9, flags=0x4111),
        "clone(child_stack=NULL, flags=CLONE_VM|CLONE_VFORK|SIGCHLD) = 9",
    ),
    (
        call(pb.Clone, "clone", 9, flags=0x110100, stack=0x7000, new_tid=9, tls=0x20),
        "clone(child_stack=0x7000, flags=CLONE_VM|CLONE_THREAD|CLONE_PARENT_SETTID, parent_tid=[9], "
        "tls=0x20) = 9",
    ),
    (
        call(pb.Clone, "clone", flags=0x110100, new_tid=4711),
        "clone(child_stack=NULL, flags=CLONE_VM|CLONE_THREAD|CLONE_PARENT_SETTID, parent_tid=...)",
    ),
    (
        call(pb.Clone, "clone", 9, flags=0x100, new_tid=4711),
        "clone(child_stack=NULL, flags=CLONE_VM) = 9",
    ),
    (call(pb.Fork, "vfork", 9), "vfork() = 9"),
    (
        call(pb.TimerfdCreate, "timerfd_create", 3, clock_id=1, flags=0o2000000),
        "timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) = 3",
    ),
    (
        call(pb.TimerfdSetTime, "timerfd_settime", 0, fd=3, flags=1, new_value=EVERY_SECOND),
        f"timerfd_settime(3, TFD_TIMER_ABSTIME, {EVERY_SECOND_SHOWN}, NULL) = 0",
    ),
    (
        call(pb.TimerfdSetTime, "timerfd_settime", fd=3, old_value=EVERY_SECOND),
        "timerfd_settime(3, 0, NULL, ...)",
    ),
    (
        call(pb.TimerfdSetTime, "timerfd_settime", errno=14, fd=3),
        "timerfd_settime(3, 0, ..., ...) = -1 EFAULT (Bad address)",
    ),
    (
        call(pb.Prlimit, "prlimit64", errno=14, resource=7),
        "prlimit64(0, RLIMIT_NOFILE, ..., ...) = -1 EFAULT (Bad address)",
    ),
    (
        call(pb.Open, "open", errno=14, flags=2),
        "open(..., O_RDWR) = -1 EFAULT (Bad address)",
    ),
    (
        call(pb.Connect, "connect", errno=14, fd=3),
        "connect(3, ...) = -1 EFAULT (Bad address)",
    ),
    (call(pb.Chdir, "chdir", errno=2), 'chdir("") = -1 ENOENT (No such file or directory)'),
    (
        call(pb.Open, "openat", (1 << 32) + 3, fd=-100, pathname="/etc/passwd"),
        'openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 4294967299</etc/passwd>',
    ),
    (call(pb.TimerfdGetTime, "timerfd_gettime", fd=3), "timerfd_gettime(3, ...)"),
    (
        call(pb.TimerfdGetTime, "timerfd_gettime", 0, fd=3, cur_value=EVERY_SECOND),
        f"timerfd_gettime(3, {EVERY_SECOND_SHOWN}) = 0",
    ),
    (call(pb.InotifyInit, "inotify_init", 3), "inotify_init() = 3"),
    (
        call(pb.InotifyInit, "inotify_init1", 3, flags=0o2004000),
        "inotify_init1(IN_NONBLOCK|IN_CLOEXEC) = 3",
    ),
    (
        call(pb.InotifyAddWatch, "inotify_add_watch", 1, fd=3, pathname="/tmp", mask=0x80000300),
        'inotify_add_watch(3, "/tmp", IN_CREATE|IN_DELETE|IN_ONESHOT) = 1',
    ),
    (call(pb.InotifyRmWatch, "inotify_rm_watch", 0, fd=3, wd=1), "inotify_rm_watch(3, 1) = 0"),
    (
        call(pb.Mmap, "mmap", 0x7F0000001000, length=8192, prot=3, flags=0x22, fd=-1),
        "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000",
    ),
    (
        call(
            pb.Mmap, "mmap", -4096, addr=0x1000, length=1, flags=1, fd=3, fd_path="/f", offset=4096
        ),
        "mmap(0x1000, 1, PROT_NONE, MAP_SHARED, 3</f>, 0x1000) = 0xfffffffffffff000",
    ),
    (call(pb.Ptrace, "ptrace", 0, request=0), "ptrace(PTRACE_TRACEME) = 0"),
    (call(pb.Ptrace, "ptrace", 0, request=0x4206, pid=9), "ptrace(PTRACE_SEIZE, 9) = 0"),
    (call(pb.Ptrace, "ptrace", 0, request=-2, pid=9), "ptrace(0xfffffffffffffffe, 9) = 0"),
]


@pytest.mark.parametrize(("decoded", "shown"), CASES, ids=[shown for _, shown in CASES])
def test_form(decoded: Decoded, shown: str) -> None:
    assert line(decoded) == shown


def test_every_call_has_a_case() -> None:
    tried = {type(decoded.message) for decoded, _ in CASES} | {pb.Syscall}
    assert tried == {kind.message_class for kind in KINDS.values() if kind.is_syscall}


ARM_CASES: list[tuple[type[Any], str, dict[str, Any], str]] = [
    (
        pb.Open,
        "openat",
        {"fd": -100, "pathname": "/", "flags": 0o40000 | 0o100000 | 0o200000 | 0o400000},
        'openat(AT_FDCWD, "/", O_RDONLY|O_DIRECT|O_LARGEFILE|O_NOFOLLOW|O_DIRECTORY)',
    ),
    (
        pb.Mmap,
        "mmap",
        {"prot": 0x31, "flags": 0x62, "fd": -1},
        "mmap(NULL, 0, PROT_READ|PROT_BTI|PROT_MTE, MAP_PRIVATE|MAP_ANONYMOUS|0x40, -1, 0)",
    ),
    (pb.Pipe, "pipe2", {"flags": 0o200000}, "pipe2(..., O_DIRECT)"),
    (pb.Ptrace, "ptrace", {"request": 33, "pid": 1}, "ptrace(PTRACE_PEEKMTETAGS, 1)"),
    (pb.Ptrace, "ptrace", {"request": 12, "pid": 1}, "ptrace(0xc, 1)"),
    (
        pb.Fcntl,
        "fcntl",
        {"fd": 3, "cmd": 4, "args": 0o200000},
        "fcntl(3, F_SETFL, O_RDONLY|O_DIRECT)",
    ),
]


@pytest.mark.parametrize(("cls", "name", "fields", "shown"), ARM_CASES)
def test_values_that_differ_on_arm64(
    cls: type[Any], name: str, fields: dict[str, Any], shown: str
) -> None:
    assert line(call(cls, name, architecture="arm64", **fields), "arm64") == shown


def test_the_same_flags_on_x86_64() -> None:
    decoded = call(pb.Open, "openat", fd=-100, pathname="/", flags=0o740000)
    assert line(decoded) == (
        'openat(AT_FDCWD, "/", O_RDONLY|O_DIRECT|O_LARGEFILE|O_NOFOLLOW|O_DIRECTORY)'
    )


def test_close_takes_its_path_from_the_enter() -> None:
    enter = call(pb.Close, "close", fd=3, fd_path="/etc/passwd")
    exit_ = call(pb.Close, "close", 0, fd=3, fd_path="[err: FD not found]")
    assert line(exit_, enter=enter) == "close(3</etc/passwd>) = 0"


def test_a_close_that_never_had_a_path() -> None:
    both: dict[str, Any] = {"fd": 9, "fd_path": "[err: FD not found]"}
    enter = call(pb.Close, "close", **both)
    exit_ = call(pb.Close, "close", errno=9, **both)
    assert line(exit_, enter=enter) == "close(9) = -1 EBADF (Bad file descriptor)"


def test_a_call_under_a_number_that_is_not_its_own() -> None:
    decoded = call(pb.Connect, "openat", fd=3, address=struct.pack("<H", 2))
    assert line(decoded) == 'openat(3, {AF_INET, ""})'
