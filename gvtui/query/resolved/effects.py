"""Applies the calls that make, change and close descriptors, and that change the folder.

Only calls that succeeded come here, by their exits: what was merely asked for changes nothing.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from gvtui.decode.file_flags import AT_FDCWD, O_CREAT, O_TMPFILE_BIT
from gvtui.decode.numbers import int32
from gvtui.points.syscalls import names_by_sysno
from gvtui.query.resolved.description import FdKind, How
from gvtui.query.resolved.paths import resolve, told
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.sockaddr import parse_sockaddr

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.resolved.description import Description
    from gvtui.query.resolved.files import OpenFiles
    from gvtui.trace.row import Row

OPENED, CLOSED, CONNECTED, SOCKET, CHDIR, PIPE, FCNTL, DUP = 7, 8, 10, 12, 13, 17, 18, 19
SIGNALFD, CHROOT, EVENTFD, BIND, ACCEPT, TIMERFD, INOTIFY, PAIR, LISTEN = (
    20,
    21,
    22,
    24,
    25,
    26,
    30,
    33,
    37,
)
"""Message types of the decoded points that change descriptors."""

CHANGING = (
    *(OPENED, CLOSED, CONNECTED, SOCKET, CHDIR, PIPE, FCNTL, DUP, SIGNALFD, CHROOT, EVENTFD),
    *(BIND, ACCEPT, TIMERFD, INOTIFY, PAIR, LISTEN),
)

O_CLOEXEC = 0o2000000
_ACCESS = {0: How.READ, 1: How.WRITE, 2: How.READ | How.WRITE}
_O_EXCL, _O_TRUNC, _O_PATH = 0o200, 0o1000, 0o10000000
_F_DUPFD, _F_SETFD, _F_DUPFD_CLOEXEC = 0, 2, 1030
_FD_CLOEXEC = 1
_MFD_CLOEXEC = 1
_CLONE_FS, _CLONE_FILES = 0x200, 0x400
_CLOSE_RANGE_CLOEXEC = 4
_SOCK_TYPE = 0xF
_FAMILIES: dict[int, FdKind] = {
    socket.AF_INET: FdKind.IPV4,
    socket.AF_INET6: FdKind.IPV6,
    socket.AF_UNIX: FdKind.UNIX,
}

_RAW_SIMPLE: dict[str, tuple[FdKind, int | None, int]] = {
    "open": (FdKind.FILE, 1, O_CLOEXEC),
    "openat": (FdKind.FILE, 2, O_CLOEXEC),
    "openat2": (FdKind.FILE, None, 0),
    "creat": (FdKind.FILE, None, 0),
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
    "userfaultfd": (FdKind.OTHER, 0, O_CLOEXEC),
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
RAW_CHANGING = frozenset((*_RAW_SIMPLE, *_RAW_OTHERS))
"""The names of the raw calls that change descriptors or folders."""


class Effects:
    """Applies messages to the open files of processes."""

    def __init__(self, files: OpenFiles, architecture: str) -> None:
        self._files = files
        self._architecture = architecture
        self._names = names_by_sysno(architecture)
        directory = {"arm64": 0o40000}.get(architecture, 0o200000)
        self._o_directory = directory
        self._decoded: dict[int, Callable[[int, int, Row, Any], int]] = {
            OPENED: self._opened,
            CLOSED: self._closed,
            CONNECTED: self._connected,
            SOCKET: self._socket,
            CHDIR: self._chdir,
            CHROOT: self._chroot,
            PIPE: self._pipe,
            FCNTL: self._fcntl,
            DUP: self._dup,
            SIGNALFD: self._signalfd,
            EVENTFD: self._eventfd,
            BIND: self._bind,
            ACCEPT: self._accept,
            TIMERFD: self._timerfd,
            INOTIFY: self._inotify,
            PAIR: self._pair,
            LISTEN: self._listen,
        }

    def apply(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        """Apply the exit of a call that succeeded.

        Args:
            process: the number of the process that called.
            number: the row's id.
            row: the row of the exit.
            message: its message.

        Returns:
            The number of the description that the call made; 0 if it made none, or several.
        """
        if row.type == RAW_SYSCALL:
            return self._raw(process, number, row, message)
        return self._decoded[row.type](process, number, row, message)

    def folder(self, process: int, message: Any, name: str) -> str:  # noqa: ANN401
        """The absolute path that the path of a message is relative to; "" if not known."""
        if name in _WITHOUT_FOLDER or message.fd == AT_FDCWD:
            return self.cwd(process, message)
        path = told(message.fd_path)
        if path:
            return path
        description = self._files.find(process, int32(message.fd))
        return description.name if description is not None else ""

    def cwd(self, process: int, message: Any) -> str:  # noqa: ANN401
        """The working directory of a message's thread; "" if it is not known."""
        context_cwd: str = message.context_data.cwd
        if context_cwd:
            return context_cwd
        files = self._files.get(process)
        return files.cwd.path if files is not None else ""

    def name(self, sysno: int) -> str:
        """The name of a system call; "" if it has none."""
        return self._names.get(sysno, "")

    def _make(
        self, process: int, number: int, fd: int, kind: FdKind, *, cloexec: bool, **fields: object
    ) -> int:
        description = self._files.descriptions.create(
            kind,
            process=process,
            fd=fd,
            opened_row=number,
            first_row=number,
            last_row=number,
            **fields,
        )
        self._files.put(process, fd, description.number, number, cloexec=cloexec)
        return description.number

    def _of(self, process: int, fd: int, number: int, told_path: str) -> Description:
        """What a descriptor stands for, taken up if its opening was not seen."""
        known = self._files.find(process, fd)
        if known is None:
            known = self._files.meet(process, fd, number, told(told_path))
            self._files.put(process, fd, known.number, number, since=-1)
        return known

    def _opened(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        name = self.name(row.sysno)
        flags = message.flags
        how = How.TOLD
        if name == "creat":
            flags |= 1 | O_CREAT | _O_TRUNC
        if not flags & _O_PATH:
            how |= _ACCESS.get(flags & 3, How.NONE)
            if flags & O_CREAT and flags & _O_EXCL:
                how |= How.CREATED
            elif flags & O_CREAT:
                how |= How.MAY_CREATE
            if flags & _O_TRUNC:
                how |= How.TRUNCATED
        is_folder = self._o_directory and flags & self._o_directory and not flags & O_TMPFILE_BIT
        return self._make(
            process,
            number,
            row.result,
            FdKind.DIRECTORY if is_folder else FdKind.FILE,
            cloexec=bool(flags & O_CLOEXEC),
            path=resolve(self.folder(process, message, name), message.pathname),
            given=message.pathname,
            how=how,
            flags=flags,
        )

    def _closed(self, process: int, number: int, row: Row, _: Any) -> int:  # noqa: ANN401
        self._files.close(process, row.fd, number)
        return 0

    def _socket(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self._make(
            process,
            number,
            row.result,
            _FAMILIES.get(message.domain, FdKind.SOCKET),
            cloexec=bool(message.type & O_CLOEXEC),
            family=message.domain,
            socket_type=message.type & _SOCK_TYPE,
            protocol=message.protocol,
        )

    def _pair(self, process: int, number: int, _: Row, message: Any) -> int:  # noqa: ANN401
        self._ends(
            process,
            number,
            (message.socket1, message.socket2),
            _FAMILIES.get(message.domain, FdKind.SOCKET),
            cloexec=bool(message.type & O_CLOEXEC),
            family=message.domain,
            socket_type=message.type & _SOCK_TYPE,
            protocol=message.protocol,
            is_connected=True,
        )
        return 0

    def _pipe(self, process: int, number: int, _: Row, message: Any) -> int:  # noqa: ANN401
        fds = (message.reader, message.writer)
        cloexec = bool(message.flags & O_CLOEXEC)
        self._ends(process, number, fds, FdKind.PIPE, cloexec=cloexec)
        return 0

    def _ends(
        self,
        process: int,
        number: int,
        fds: tuple[int, int],
        kind: FdKind,
        *,
        cloexec: bool,
        **fields: object,
    ) -> None:
        made = [self._make(process, number, fd, kind, cloexec=cloexec, **fields) for fd in fds]
        for own, other in (made, made[::-1]):
            description = self._files.descriptions.get(own)
            if description is not None:
                description.peer = other

    def _connected(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        description = self._of(process, row.fd, number, message.fd_path)
        self._addressed(description, message.address)
        if message.address:
            description.remote = parse_sockaddr(message.address).text
        description.is_connected = row.errno == 0
        self._files.descriptions.changed(description, number)
        return 0

    def _bind(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        description = self._of(process, row.fd, number, message.fd_path)
        self._addressed(description, message.address)
        if message.address:
            description.local = parse_sockaddr(message.address).text
        self._files.descriptions.changed(description, number)
        return 0

    def _listen(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        description = self._of(process, row.fd, number, message.fd_path)
        self._addressed(description, message.address)
        if message.address:
            description.local = parse_sockaddr(message.address).text
        description.is_listening = True
        self._files.descriptions.changed(description, number)
        return 0

    def _accept(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        listener = self._of(process, row.fd, number, message.fd_path)
        address = parse_sockaddr(message.address) if message.address else None
        made = self._make(
            process,
            number,
            row.result,
            _FAMILIES.get(listener.family, listener.kind),
            cloexec=bool(message.flags & O_CLOEXEC),
            family=listener.family,
            socket_type=listener.socket_type,
            protocol=listener.protocol,
            local=listener.local,
            remote=address.text if address is not None else "",
            is_server=True,
            is_connected=True,
        )
        description = self._files.descriptions.get(made)
        if description is not None:
            self._addressed(description, message.address)
            self._files.descriptions.changed(description, number)
        return made

    def _addressed(self, description: Description, raw: bytes) -> None:
        """Take the family of a socket from an address, if nothing told it before."""
        if description.family < 0 and raw:
            family = parse_sockaddr(raw).family
            if family:
                description.family = family
                description.kind = _FAMILIES.get(family, FdKind.SOCKET)

    def _chdir(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        files = self._files.of(process)
        if self.name(row.sysno) == "fchdir":
            path = told(message.fd_path)
            if not path:
                description = self._files.find(process, row.fd)
                path = description.path if description is not None else ""
        else:
            # The folder of the exit's context is already the new one.
            path = resolve(files.cwd.path, message.pathname)
        folder = message.context_data.cwd or path
        files.cwd.path = folder if folder.startswith("/") else ""
        return 0

    def _chroot(self, process: int, _: int, row: Row, message: Any) -> int:  # noqa: ANN401
        # Paths are now told from the new root; where the folder is seen from there, is not.
        self._files.of(process).cwd.path = message.context_data.cwd
        return 0

    def _fcntl(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self._control(process, number, row, message.cmd, message.args, message.fd_path)

    def _control(
        self, process: int, number: int, row: Row, command: int, argument: int, told_path: str
    ) -> int:
        if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
            known = self._of(process, row.fd, number, told_path)
            cloexec = command == _F_DUPFD_CLOEXEC
            self._files.put(process, row.result, known.number, number, cloexec=cloexec)
        elif command == _F_SETFD:
            files = self._files.of(process)
            files.table.set_cloexec(row.fd, is_cloexec=bool(argument & _FD_CLOEXEC))
        return 0

    def _dup(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        known = self._of(process, message.old_fd, number, message.fd_path)
        if row.result != message.old_fd:
            cloexec = bool(message.flags & O_CLOEXEC)
            self._files.put(process, row.result, known.number, number, cloexec=cloexec)
        return 0

    def _simple(self, process: int, number: int, row: Row, kind: FdKind, flags: int) -> int:
        return self._make(process, number, row.result, kind, cloexec=bool(flags & O_CLOEXEC))

    def _signalfd(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        if message.fd >= 0:
            return 0
        return self._simple(process, number, row, FdKind.SIGNAL, message.flags)

    def _eventfd(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self._simple(process, number, row, FdKind.EVENT, message.flags)

    def _timerfd(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self._simple(process, number, row, FdKind.TIMER, message.flags)

    def _inotify(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self._simple(process, number, row, FdKind.INOTIFY, message.flags)

    def _raw(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        name = self.name(row.sysno)
        arguments = (message.arg1, message.arg2, message.arg3, message.arg4, message.arg5)
        simple = _RAW_SIMPLE.get(name)
        if simple is not None:
            kind, place, bit = simple
            cloexec = name in _ALWAYS_CLOEXEC or (place is not None and arguments[place] & bit)
            fields: dict[str, object] = {}
            if name == "socket":
                family = int32(arguments[0])
                kind = _FAMILIES.get(family, FdKind.SOCKET)
                fields = {
                    "family": family,
                    "socket_type": arguments[1] & _SOCK_TYPE,
                    "protocol": int32(arguments[2]),
                }
            return self._make(process, number, row.result, kind, cloexec=bool(cloexec), **fields)
        fd = int32(arguments[0])
        own = row._replace(fd=fd)
        if name == "close":
            self._files.close(process, fd, number)
        elif name in ("dup", "dup2", "dup3"):
            known = self._of(process, fd, number, "")
            if row.result != fd:
                cloexec = name == "dup3" and bool(arguments[2] & O_CLOEXEC)
                self._files.put(process, row.result, known.number, number, cloexec=bool(cloexec))
        elif name == "fcntl":
            self._control(process, number, own, int32(arguments[1]), arguments[2], "")
        elif name == "close_range":
            self._close_range(process, number, arguments)
        elif name in ("chdir", "fchdir", "chroot"):
            known_folder = self._files.find(process, fd) if name == "fchdir" else None
            path = known_folder.path if known_folder is not None else ""
            self._files.of(process).cwd.path = message.context_data.cwd or path
        elif name in ("signalfd", "signalfd4") and fd < 0:
            flags = arguments[3] if name == "signalfd4" else 0
            return self._simple(process, number, row, FdKind.SIGNAL, flags)
        elif name == "unshare":
            self._unshare(process, arguments[0])
        elif name in ("connect", "listen"):
            known = self._of(process, fd, number, "")
            known.is_connected |= name == "connect"
            known.is_listening |= name == "listen"
        return 0

    def _close_range(self, process: int, number: int, arguments: tuple[int, ...]) -> None:
        first, last = arguments[0] & 0xFFFFFFFF, arguments[1] & 0xFFFFFFFF
        if not arguments[2] & _CLOSE_RANGE_CLOEXEC:
            self._files.close_range(process, first, last, number)
            return
        table = self._files.of(process).table
        for fd in table.within(first, last):
            table.set_cloexec(fd, is_cloexec=True)

    def _unshare(self, process: int, flags: int) -> None:
        if flags & _CLONE_FILES:
            self._files.unshare(process)
        if flags & _CLONE_FS:
            self._files.unshare_cwd(process)


_WITHOUT_FOLDER = frozenset({"open", "creat", "chdir", "execve", "chroot", "inotify_add_watch"})
"""The calls whose paths are relative to the working directory always."""
