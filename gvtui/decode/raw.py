"""Renders raw system calls, which the sandbox sends as a sysno and six bare numbers."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from gvtui.decode import file_flags, memory_flags, sockets, task_flags
from gvtui.decode.fcntl import fcntl_argument, fcntl_result
from gvtui.decode.ioctl_names import IOCTLS_WITHOUT_ARGUMENT, ioctl_name
from gvtui.decode.numbers import UINT32, UINT64, identity, int32, int64, octal, pointer
from gvtui.decode.raw_table import ARGUMENTS, RESULT_FORMS
from gvtui.decode.signals import signal_name
from gvtui.points.syscalls import ARCHITECTURES, UNKNOWN_ARCHITECTURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.decode.call import CallSide

_FORMS: dict[str, Callable[[int], str]] = {
    "int": lambda value: str(int32(value)),
    "uint": lambda value: str(value & UINT32),
    "long": lambda value: str(int64(value)),
    "size": str,
    "hex": lambda value: hex(value) if value else "0",
    "ptr": pointer,
    "fd": lambda value: str(int32(value)),
    "dirfd": file_flags.directory_fd,
    "id": identity,
    "mode": lambda value: octal(value & 0xFFFF),
    "octal": octal,
    "filemode": lambda value: file_flags.file_mode(value & UINT32),
    "signal": lambda value: signal_name(int32(value)),
    "sigmask_how": task_flags.SIGPROCMASK.text,
    "ioctl": ioctl_name,
    "whence": file_flags.WHENCE.text,
    "rwf": file_flags.RWF.text,
    "access": file_flags.ACCESS.text,
    "dup3": file_flags.DUP3.text,
    "splice": file_flags.SPLICE.text,
    "eventfd": file_flags.EVENTFD.text,
    "signalfd": file_flags.SIGNALFD.text,
    "epoll": file_flags.EPOLL_CREATE.text,
    "epoll_ctl": file_flags.EPOLL_CTL.text,
    "inotify_init": file_flags.INOTIFY_INIT.text,
    "inotify": file_flags.INOTIFY_MASK.text,
    "memfd": file_flags.MEMFD.text,
    "fcntl": file_flags.FCNTL.text,
    "flock": file_flags.FLOCK.text,
    "falloc": file_flags.FALLOC.text,
    "fadvise": file_flags.FADVISE.text,
    "sync_range": file_flags.SYNC_RANGE.text,
    "rename": file_flags.RENAME.text,
    "at": file_flags.AT.text,
    "access_at": file_flags.ACCESS_AT.text,
    "execveat": file_flags.EXECVEAT.text,
    "statx": file_flags.STATX.text,
    "statx_mask": file_flags.STATX_MASK.text,
    "xattr": file_flags.XATTR.text,
    "close_range": file_flags.CLOSE_RANGE.text,
    "mremap": memory_flags.MREMAP.text,
    "msync": memory_flags.MSYNC.text,
    "madvise": memory_flags.MADVISE.text,
    "mlock2": memory_flags.MLOCK2.text,
    "mlockall": memory_flags.MLOCKALL.text,
    "shmat": memory_flags.SHM_AT.text,
    "family": sockets.FAMILY.text,
    "socktype": sockets.SOCKET_TYPE.text,
    "accept": sockets.ACCEPT_FLAGS.text,
    "msg": sockets.MESSAGE_FLAGS.text,
    "shutdown": sockets.SHUTDOWN.text,
    "level": sockets.LEVEL.text,
    "clone": task_flags.clone_flags,
    "unshare": task_flags.UNSHARE.text,
    "wait": task_flags.WAIT_OPTIONS.text,
    "waitid": task_flags.WAIT_ID.text,
    "clock": task_flags.CLOCK.text,
    "timer": task_flags.TIMER_ABSTIME.text,
    "timerfd": task_flags.TIMERFD_CREATE.text,
    "timerfd_set": task_flags.TIMERFD_SETTIME.text,
    "itimer": task_flags.ITIMER.text,
    "rlimit": task_flags.RLIMIT.text,
    "rusage": task_flags.RUSAGE.text,
    "prio": task_flags.PRIO_WHICH.text,
    "sched": task_flags.SCHED_POLICY.text,
    "prctl": task_flags.PRCTL.text,
    "arch_prctl": task_flags.ARCH_PRCTL.text,
    "rseq": task_flags.RSEQ.text,
    "seccomp": task_flags.SECCOMP.text,
    "futex": task_flags.futex_operation,
    "getrandom": task_flags.GETRANDOM.text,
}
"""The function for each format of the table that is the same on all architectures."""

_FORMS_BY_ARCHITECTURE: dict[str, dict[str, Callable[[int], str]]] = {
    architecture: {
        **_FORMS,
        "open": file_flags.OPEN[architecture].text,
        "pipe": file_flags.PIPE[architecture].text,
        "prot": memory_flags.PROT[architecture].text,
        "map": memory_flags.MAP[architecture].text,
        "ptrace": task_flags.PTRACE[architecture].text,
    }
    for architecture in (*ARCHITECTURES, UNKNOWN_ARCHITECTURE)
}

Named = list[tuple[str, str]]
"""Rendered arguments by name, in order."""


def _only_when_created(flags_at: int) -> Callable[[tuple[int, ...], Named, str], None]:
    def drop_mode(numbers: tuple[int, ...], shown: Named, _: str) -> None:
        if not file_flags.opens_with_mode(numbers[flags_at]):
            shown.pop()

    return drop_mode


def _fcntl(numbers: tuple[int, ...], shown: Named, architecture: str) -> None:
    argument = fcntl_argument(int32(numbers[1]), int64(numbers[2]), architecture)
    shown[2:] = [] if argument is None else [("arg", argument)]


def _socket(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    shown[2] = ("protocol", sockets.protocol(int32(numbers[0]), int32(numbers[2])))


def _socket_option(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    shown[2] = ("optname", sockets.socket_option(int32(numbers[1]), int32(numbers[2])))


_MREMAP_TO = 2 | 4
"""MREMAP_FIXED and MREMAP_DONTUNMAP: the flags with which mremap reads its fifth argument."""


def _mremap(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    if not numbers[3] & _MREMAP_TO:
        shown.pop()


_CLONE_NEEDS = {
    "parent_tid": task_flags.CLONE_BITS["CLONE_PARENT_SETTID"]
    | task_flags.CLONE_BITS["CLONE_PIDFD"],
    "child_tid": task_flags.CLONE_BITS["CLONE_CHILD_SETTID"]
    | task_flags.CLONE_BITS["CLONE_CHILD_CLEARTID"],
    "tls": task_flags.CLONE_BITS["CLONE_SETTLS"],
}
"""The flags that make clone read each of its optional arguments."""


def _clone(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    flags = numbers[0]
    shown[2:] = [(name, text) for name, text in shown[2:] if flags & _CLONE_NEEDS[name]]


_CLONE_LABELS = {"parent_tid": "parent_tid", "tls": "tls", "child_tid": "child_tidptr"}
"""What strace calls clone's optional arguments, in its order, which is that of no architecture."""

_FUTEX_ARGUMENTS = {0: 4, 1: 3, 3: 5, 4: 6, 5: 6, 6: 4, 7: 2, 8: 2, 9: 6, 11: 5, 12: 6, 13: 4}
"""How many arguments each operation of futex reads; operations not listed read all."""

_FUTEX_COUNTS = frozenset({3, 4, 5, 12})
"""Operations of futex whose fourth argument is a count, not a time."""

_FUTEX_WAIT_BITSET, _FUTEX_WAKE_BITSET = 9, 10
_MATCH_ANY = 0xFFFFFFFF


def _futex(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    command = numbers[1] & UINT32 & ~(task_flags.FUTEX_PRIVATE | task_flags.FUTEX_CLOCK_REALTIME)
    if command in _FUTEX_COUNTS:
        shown[3] = ("val2", str(numbers[3] & UINT32))
    if command in (_FUTEX_WAIT_BITSET, _FUTEX_WAKE_BITSET):
        mask = numbers[5] & UINT32
        any_bit = mask == _MATCH_ANY
        shown[5] = ("val3", "FUTEX_BITSET_MATCH_ANY" if any_bit else hex(mask))
    del shown[_FUTEX_ARGUMENTS.get(command, 6) :]


_PRCTL_WITHOUT_ARGUMENT = frozenset({3, 7, 13, 21, 27, 30})
_PRCTL_SIGNAL, _PRCTL_SET_NO_NEW_PRIVS = 1, 38
_PRCTL_ONE_NUMBER = frozenset({4, 8, 14, 23, 24, 28, 29, 36})
_PRCTL_ONE_POINTER = frozenset({2, 15, 16, 37, 40})


def _prctl(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    option = int32(numbers[0])
    if option in _PRCTL_WITHOUT_ARGUMENT:
        del shown[1:]
    elif option == _PRCTL_SIGNAL:
        shown[1:] = [("arg2", signal_name(int32(numbers[1])))]
    elif option == _PRCTL_SET_NO_NEW_PRIVS:
        shown[1] = ("arg2", str(numbers[1]))
    elif option in _PRCTL_ONE_NUMBER:
        shown[1:] = [("arg2", str(numbers[1]))]
    elif option in _PRCTL_ONE_POINTER:
        shown[1:] = [("arg2", pointer(numbers[1]))]


_PTRACE_TRACEME = 0
_PTRACE_OF_PID_ONLY = frozenset({8, 16, 0x4207, 0x4208})
"""PTRACE_KILL, PTRACE_ATTACH, PTRACE_INTERRUPT and PTRACE_LISTEN."""


def _ptrace(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    if numbers[0] == _PTRACE_TRACEME:
        del shown[1:]
    elif numbers[0] in _PTRACE_OF_PID_ONLY:
        del shown[2:]


_DEVICES = (stat.S_IFCHR, stat.S_IFBLK)


def _mknod(mode_at: int) -> Callable[[tuple[int, ...], Named, str], None]:
    def drop_device(numbers: tuple[int, ...], shown: Named, _: str) -> None:
        if stat.S_IFMT(numbers[mode_at] & UINT32) not in _DEVICES:
            shown.pop()

    return drop_device


def _ioctl(numbers: tuple[int, ...], shown: Named, _: str) -> None:
    if numbers[1] & UINT32 in IOCTLS_WITHOUT_ARGUMENT:
        shown.pop()


_ADJUST: dict[str, Callable[[tuple[int, ...], Named, str], None]] = {
    "open": _only_when_created(1),
    "openat": _only_when_created(2),
    "fcntl": _fcntl,
    "socket": _socket,
    "socketpair": _socket,
    "setsockopt": _socket_option,
    "getsockopt": _socket_option,
    "mremap": _mremap,
    "clone": _clone,
    "futex": _futex,
    "prctl": _prctl,
    "ptrace": _ptrace,
    "mknod": _mknod(1),
    "mknodat": _mknod(2),
    "ioctl": _ioctl,
}
"""The calls for which one argument decides which others are read."""

_DIFFERS = {("arm64", "clone"): "arm64:clone"}


def argument_names(call: CallSide) -> list[str]:
    """The names of a call's arguments, in order; empty where the table lacks the call."""
    return [name for name, _ in _entry(call) or ()]


def _entry(call: CallSide) -> tuple[tuple[str, str], ...] | None:
    return ARGUMENTS.get(_DIFFERS.get((call.architecture, call.name), call.name))


def named_arguments(call: CallSide) -> Named:
    """The arguments by name; `arg1` to `arg6` in hex where the table lacks the call."""
    message = call.message
    numbers = (message.arg1, message.arg2, message.arg3, message.arg4, message.arg5, message.arg6)
    entry = _entry(call)
    if entry is None:
        return [(f"arg{index}", hex(number)) for index, number in enumerate(numbers, 1)]
    forms = _FORMS_BY_ARCHITECTURE[call.architecture]
    shown = [
        (name, forms[form](number))
        for (name, form), number in zip(entry, numbers, strict=False)
        if form != "skip"
    ]
    adjust = _ADJUST.get(call.name)
    if adjust is not None:
        adjust(numbers, shown, call.architecture)
    return shown


def raw_arguments(call: CallSide) -> list[str]:
    """The arguments in order; only those of clone have names, since some may be left out."""
    named = named_arguments(call)
    if call.name == "clone":
        (_, flags), (_, stack), *others = named
        given = dict(others)
        rest = [f"{label}={given[name]}" for name, label in _CLONE_LABELS.items() if name in given]
        return [f"child_stack={stack}", f"flags={flags}", *rest]
    return [text for _, text in named]


def raw_result(call: CallSide) -> str:
    """The result where the call succeeded; `?` where it never returns."""
    message = call.message
    result: int = message.exit.result
    form = RESULT_FORMS.get(call.name)
    if form is None:
        if call.name == "fcntl":
            return fcntl_result(int32(message.arg2), result, "", call.architecture)
        return str(result)
    if form == "none":
        return "?"
    return octal(result) if form == "octal" else hex(result & UINT64)
