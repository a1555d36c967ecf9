"""What calls did, for many rows at once: each exit that succeeded, and each event, has its flags."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.begun import goes_on
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.description import How
from gvtui.query.resolved.transfers import BETWEEN, IN, OUT
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

CALLS: dict[Happened, str] = {
    Happened.OPENED: "open openat openat2 creat open_by_handle_at",
    Happened.READ: f"{IN} recvmmsg",
    Happened.WROTE: f"{OUT} sendmmsg",
    Happened.READ | Happened.WROTE: BETWEEN,
    Happened.CLOSED: "close close_range",
    Happened.CONNECTED: "connect",
    Happened.ACCEPTED: "accept accept4",
    Happened.BOUND: "bind",
    Happened.LISTENING: "listen",
    Happened.MADE_SOCKET: "socket socketpair",
    Happened.CHANGED_USER: (
        "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset"
    ),
    Happened.TRACED: "ptrace process_vm_readv process_vm_writev pidfd_getfd",
    Happened.CHANGED_FOLDER: "chdir fchdir",
    Happened.CHANGED_ROOT: "chroot pivot_root",
    Happened.RENAMED: "rename renameat renameat2",
    Happened.REMOVED: "unlink unlinkat rmdir",
    Happened.LINKED: "link linkat symlink symlinkat",
    Happened.CREATED_FOLDER: "mkdir mkdirat",
    Happened.CREATED_NODE: "mknod mknodat",
    Happened.CHANGED_FILE: (
        "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat truncate ftruncate fallocate "
        "utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr "
        "fremovexattr"
    ),
    Happened.MOUNTED: (
        "mount umount2 open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr"
    ),
    Happened.CHANGED_NAMESPACE: "unshare setns",
    Happened.SIGNALLED: ("kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal"),
}
"""The names of the calls that do each thing, parted by spaces."""

_OPEN_HOW = {
    How.READ: Happened.OPENED_READ,
    How.WRITE: Happened.OPENED_WRITE,
    How.CREATED: Happened.CREATED,
    How.MAY_CREATE: Happened.MAY_CREATE,
    How.TRUNCATED: Happened.TRUNCATED,
}


@cache
def _of_sysno(architecture: str) -> npt.NDArray[np.int32]:
    numbers = sysnos_by_name(architecture)
    table = np.zeros(max(numbers.values(), default=0) + 2, np.int32)
    for flags, names in CALLS.items():
        for name in names.split():
            if name in numbers:
                table[numbers[name]] = flags
    return table


def flags_of(how: int) -> Happened:
    """What an open did that opened its file in this way."""
    found = Happened.NONE
    for each, flag in _OPEN_HOW.items():
        if how & each:
            found |= flag
    return found


_OF_HOW = np.array([int(flags_of(how)) for how in range(64)], np.int32)


def happened(
    rows: npt.NDArray[np.void],
    is_double: npt.NDArray[np.bool_],
    programs: npt.NDArray[np.bool_],
    children: npt.NDArray[np.int32],
    how: npt.NDArray[np.uint8],
    architecture: str,
) -> npt.NDArray[np.int32]:
    """The `Happened` flags of rows; 0 for enters, for failed calls, and for repeats.

    Args:
        rows: consecutive rows.
        is_double: which of them repeat a decoded row.
        programs: the rows that show that a new program ran, one for each program.
        children: for each row that shows that a process was created what that did; 0 for others.
        how: for the exit of an open, how it opened its file.
        architecture: the one of the trace.
    """
    out = np.zeros(len(rows), np.int32)
    is_message = (rows["kind"] == Kind.MESSAGE) & (rows["flags"] == 0) & ~is_double
    ended = is_message & (rows["direction"] == Direction.EXIT)
    ended &= (rows["errno"] == 0) | goes_on(rows)
    table = _of_sysno(architecture)
    sysnos = np.clip(rows["sysno"], -1, len(table) - 1)
    out[ended] = table[sysnos[ended]]
    opened = out == Happened.OPENED
    out[opened] |= _OF_HOW[how[opened] & 63]
    moves = (out & int(Happened.READ | Happened.WROTE) != 0) & (rows["result"] <= 0)
    out[moves] = 0
    out[programs] = Happened.EXECUTED
    created = children != 0
    out[created] = children[created]
    out[
        is_message & (rows["type"] == MessageType.SENTRY_TASK_EXIT) & (rows["pid"] == rows["tid"])
    ] = Happened.EXITED
    return out
