"""Denies this process system calls that it never needs, with seccomp(2), which Linux has since 3.17.

The list names what an intruder would use next: other processes' memory, other namespaces, modules,
the kernel's less used parts, programs, sockets that reach other machines. A denied call fails with
EPERM. It holds for ever, for all threads, and for all programs that the process starts.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
from typing import TYPE_CHECKING

from gvtui.fence.kernel import prctl, syscall
from gvtui.points.syscalls import host_architecture, sysnos_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEVER = """
ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd
bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
mount umount2 pivot_root chroot move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
mount_setattr unshare setns swapon swapoff quotactl quotactl_fd acct
kexec_load kexec_file_load init_module finit_module delete_module
keyctl add_key request_key lsm_set_self_attr
settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname reboot
iopl ioperm modify_ldt personality syslog vhangup lookup_dcookie uprobe uretprobe
name_to_handle_at open_by_handle_at fanotify_init mknod mknodat
execve execveat
"""
"""Calls that are denied. Those that an architecture lacks are left out."""

BORROWING = frozenset({"pidfd_getfd"})
"""For borrowing a descriptor of another process."""

UNIX = frozenset({socket.AF_UNIX})
"""Sockets of this machine's processes alone."""

_INJECTING = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: requests of ioctl(2) that type into the terminal."""

_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of clone(2)."""

_AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "arm64": 0xC00000B7}
"""linux/audit.h."""
_X32_BIT = 0x40000000
"""Set in the numbers of x86_64's other interface, whose calls the list does not know."""

_SET_FILTER, _ACTION_AVAILABLE = 1, 2
_FOR_ALL_THREADS = 1
_PR_SET_NO_NEW_PRIVS = 38

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000

_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _JUMP_IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""linux/bpf_common.h: a word of the data, jumps on a constant, the verdict."""
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
"""Offsets in `struct seccomp_data`; of arguments, their low halves."""

_INSTRUCTION = struct.Struct("=HBBI")
_PROGRAM = struct.Struct("@HP")
_SIZE_OF_ACTION = struct.Struct("=I")


def is_available() -> bool:
    """Whether the kernel has seccomp, and this machine's calls are known."""
    if platform.machine() not in ("x86_64", "aarch64"):
        return False
    action = ctypes.create_string_buffer(_SIZE_OF_ACTION.pack(_ERRNO))
    try:
        _seccomp(_ACTION_AVAILABLE, 0, action)
    except OSError:
        return False
    return True


def deny(*, but: Iterable[str] = (), families: Iterable[int] = UNIX) -> bool:
    """Deny all threads of this process, and all that it starts, what they never need.

    Args:
        but: names of calls that stay possible.
        families: the families of sockets that can be made.

    Returns:
        Whether they are denied; False if the kernel has no seccomp.

    Raises:
        OSError: the kernel has seccomp, but refuses.
    """
    if not is_available():
        return False
    code = program(host_architecture(), frozenset(but), frozenset(families))
    instructions = ctypes.create_string_buffer(code, len(code))
    count = len(code) // _INSTRUCTION.size
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _seccomp(_SET_FILTER, _FOR_ALL_THREADS, _PROGRAM.pack(count, ctypes.addressof(instructions)))
    return True


def program(architecture: str, but: frozenset[str], families: frozenset[int]) -> bytes:
    """The filter for one architecture, as instructions of classic BPF; arguments as `deny`."""
    sysnos = sysnos_by_name(architecture)
    refuse, fall_back, allow = (
        _returning(_ERRNO | errno.EPERM),
        _returning(_ERRNO | errno.ENOSYS),
        _returning(_ALLOW),
    )
    code = [
        *(_load(_ARCHITECTURE), _jump(_JUMP_IF_EQUAL, _AUDIT_ARCHITECTURES[architecture], 1, 0)),
        *(refuse, _load(_NUMBER)),
        *(_jump(_JUMP_IF_AT_LEAST, _X32_BIT, 0, 1), refuse),
    ]
    for name in _NEVER.split():
        if name in sysnos and name not in but:
            code += [_jump(_JUMP_IF_EQUAL, sysnos[name], 0, 1), refuse]
    # The C library then takes clone, whose flags can be looked at.
    code += [_jump(_JUMP_IF_EQUAL, sysnos["clone3"], 0, 1), fall_back]
    code += _judged(
        sysnos["clone"],
        _load(_FIRST_ARGUMENT),
        _jump(_JUMP_IF_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        refuse,
        allow,
    )
    injecting = [part for each in _INJECTING for part in (_equal(each), refuse)]
    code += _judged(sysnos["ioctl"], _load(_SECOND_ARGUMENT), *injecting, allow)
    usual = [part for each in sorted(families) for part in (_equal(each), allow)]
    for name in ("socket", "socketpair"):
        code += _judged(sysnos[name], _load(_FIRST_ARGUMENT), *usual, refuse)
    return b"".join([*code, allow])


def _judged(sysno: int, *body: bytes) -> list[bytes]:
    """The instructions that judge one call; they end with a verdict."""
    return [_jump(_JUMP_IF_EQUAL, sysno, 0, len(body)), *body]


def _load(offset: int) -> bytes:
    return _INSTRUCTION.pack(_LOAD, 0, 0, offset)


def _equal(value: int) -> bytes:
    """Do the next instruction only if the loaded word is this."""
    return _jump(_JUMP_IF_EQUAL, value, 0, 1)


def _jump(kind: int, value: int, if_true: int, if_false: int) -> bytes:
    return _INSTRUCTION.pack(kind, if_true, if_false, value)


def _returning(verdict: int) -> bytes:
    return _INSTRUCTION.pack(_RETURN, 0, 0, verdict)


def _seccomp(operation: int, flags: int, data: object) -> None:
    number = sysnos_by_name(host_architecture())["seccomp"]
    result = syscall(number, ctypes.c_uint(operation), ctypes.c_uint(flags), data)
    if result:
        raise OSError(errno.EBUSY, f"thread {result} cannot be fenced in")
