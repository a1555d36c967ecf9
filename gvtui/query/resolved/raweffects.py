"""Applies raw calls that make, change and close descriptors, by their arguments alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.decode.numbers import int32
from gvtui.query.resolved.description import FdKind
from gvtui.query.resolved.making import FAMILIES, O_CLOEXEC, SOCK_TYPE, DescriptorMaking
from gvtui.query.resolved.transfers import OTHER_SIDES

if TYPE_CHECKING:
    from gvtui.query.resolved.description import Description
    from gvtui.trace.row import Row

_MFD_CLOEXEC = 1
_CLONE_FS, _CLONE_FILES = 0x200, 0x400
_CLOSE_RANGE_CLOEXEC = 4

_RAW_SIMPLE: dict[str, tuple[FdKind, int | None, int]] = {
    "open": (FdKind.FILE, 1, O_CLOEXEC),
    "openat": (FdKind.FILE, 2, O_CLOEXEC),
    "openat2": (FdKind.FILE, None, 0),
    "creat": (FdKind.FILE, None, 0),
    "open_by_handle_at": (FdKind.FILE, 2, O_CLOEXEC),
    "open_tree": (FdKind.OTHER, 2, O_CLOEXEC),
    "fsopen": (FdKind.OTHER, 1, 1),
    "fsmount": (FdKind.OTHER, 1, 1),
    "fspick": (FdKind.OTHER, 2, 1),
    "socket": (FdKind.SOCKET, 1, O_CLOEXEC),
    "accept": (FdKind.SOCKET, None, 0),
    "accept4": (FdKind.SOCKET, 3, O_CLOEXEC),
    "eventfd": (FdKind.EVENT, None, 0),
    "eventfd2": (FdKind.EVENT, 1, O_CLOEXEC),
    "timerfd_create": (FdKind.TIMER, 1, O_CLOEXEC),
    "inotify_init": (FdKind.INOTIFY, None, 0),
    "inotify_init1": (FdKind.INOTIFY, 0, O_CLOEXEC),
    "epoll_create": (FdKind.EPOLL, None, 0),
    "epoll_create1": (FdKind.EPOLL, 0, O_CLOEXEC),
    "memfd_create": (FdKind.MEMORY, 1, _MFD_CLOEXEC),
    "memfd_secret": (FdKind.MEMORY, 0, O_CLOEXEC),
    "userfaultfd": (FdKind.OTHER, 0, O_CLOEXEC),
    "fanotify_init": (FdKind.OTHER, 0, 1),
    "io_uring_setup": (FdKind.OTHER, None, 0),
    "perf_event_open": (FdKind.OTHER, 4, 8),
    "pidfd_open": (FdKind.PIDFD, None, 0),
    "pidfd_getfd": (FdKind.UNKNOWN, None, 0),
    "mq_open": (FdKind.OTHER, 1, O_CLOEXEC),
}
"""Raw calls whose result is a new descriptor: its kind, and the place of the argument with the bit
that has it closed by an exec."""
_ALWAYS_CLOEXEC = frozenset({"io_uring_setup", "pidfd_open", "pidfd_getfd"})
_RAW_OTHERS = (
    "close dup dup2 dup3 fcntl close_range chdir fchdir chroot signalfd signalfd4 bind connect "
    "listen unshare pipe pipe2 socketpair"
).split()
RAW_CHANGING = frozenset((*_RAW_SIMPLE, *_RAW_OTHERS, *OTHER_SIDES))
"""The names of the raw calls that change descriptors or folders, or move bytes between two."""


def listens(description: Description) -> bool:
    """Whether connect fails, since the socket listens."""
    return description.is_listening


def is_joined(description: Description) -> bool:
    """Whether listen and accept fail, since the socket is joined to another."""
    return description.is_connected


class RawEffects(DescriptorMaking):
    """Applies raw messages to the open files of processes."""

    def apply_raw(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        """Apply the exit of a raw call that succeeded; see `Effects.apply`."""
        name = self.name(row.sysno)
        arguments = (message.arg1, message.arg2, message.arg3, message.arg4, message.arg5)
        simple = _RAW_SIMPLE.get(name)
        if simple is not None:
            kind, place, bit = simple
            cloexec = name in _ALWAYS_CLOEXEC or (place is not None and arguments[place] & bit)
            fields: dict[str, object] = {}
            if name == "socket":
                family = int32(arguments[0])
                kind = FAMILIES.get(family, FdKind.SOCKET)
                fields = {
                    "family": family,
                    "socket_type": arguments[1] & SOCK_TYPE,
                    "protocol": int32(arguments[2]),
                }
            return self.make(process, number, row.result, kind, cloexec=bool(cloexec), **fields)
        fd = int32(arguments[0])
        own = row._replace(fd=fd)
        if name == "close":
            self.files.close(process, fd, number)
        elif name in ("dup", "dup2", "dup3"):
            known = self.of(process, fd, number, "")
            if row.result != fd:
                cloexec = name == "dup3" and bool(arguments[2] & O_CLOEXEC)
                self.files.put(process, row.result, known.number, number, cloexec=bool(cloexec))
        elif name == "fcntl":
            self.control(process, number, own, int32(arguments[1]), arguments[2], "")
        elif name == "close_range":
            self._close_range(process, number, arguments)
        elif name in ("chdir", "fchdir", "chroot"):
            known_folder = self.files.find(process, fd) if name == "fchdir" else None
            path = known_folder.path if known_folder is not None else ""
            self.files.of(process).cwd.path = message.context_data.cwd or path
        elif name in ("signalfd", "signalfd4") and fd < 0:
            flags = arguments[3] if name == "signalfd4" else 0
            return self.simple(process, number, row, FdKind.SIGNAL, flags)
        elif name == "unshare":
            self._unshare(process, arguments[0])
        elif name in ("connect", "listen"):
            is_other = listens if name == "connect" else is_joined
            known = self.socket_of(process, fd, number, "", is_other)
            known.is_connected |= name == "connect"
            known.is_listening |= name == "listen"
        elif name in OTHER_SIDES and row.result > 0:
            self._move(process, number, row, arguments)
        return 0

    def _move(self, process: int, number: int, row: Row, arguments: tuple[int, ...]) -> None:
        """Count the bytes that a call between two descriptors moved for the second one."""
        place, comes_from = OTHER_SIDES[self.name(row.sysno)]
        other = self.of(process, int32(arguments[place]), number, "")
        other.last_row = max(other.last_row, number)
        self.others[number] = other.number
        if comes_from:
            other.bytes_in, other.reads = other.bytes_in + row.result, other.reads + 1
        else:
            other.bytes_out, other.writes = other.bytes_out + row.result, other.writes + 1

    def _close_range(self, process: int, number: int, arguments: tuple[int, ...]) -> None:
        first, last = arguments[0] & 0xFFFFFFFF, arguments[1] & 0xFFFFFFFF
        if not arguments[2] & _CLOSE_RANGE_CLOEXEC:
            self.files.close_range(process, first, last, number)
            return
        table = self.files.of(process).table
        for fd in table.within(first, last):
            table.set_cloexec(fd, is_cloexec=True)

    def _unshare(self, process: int, flags: int) -> None:
        if flags & _CLONE_FILES:
            self.files.unshare(process)
        if flags & _CLONE_FS:
            self.files.unshare_cwd(process)
