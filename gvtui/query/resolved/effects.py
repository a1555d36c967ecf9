"""Applies the calls that make, change and close descriptors, and that change the folder.

Only calls that succeeded come here, by their exits: what was merely asked for changes nothing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from gvtui.decode.file_flags import O_CREAT, O_TMPFILE_BIT
from gvtui.query.resolved.description import FdKind, How
from gvtui.query.resolved.making import FAMILIES, O_CLOEXEC, SOCK_TYPE
from gvtui.query.resolved.paths import resolve, told
from gvtui.query.resolved.raweffects import RawEffects, is_joined, listens
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType
from gvtui.wire.sockaddr import parse_sockaddr

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.resolved.description import Description
    from gvtui.query.resolved.files import OpenFiles
    from gvtui.query.resolved.naming import DescriptorNaming
    from gvtui.trace.row import Row

CHANGING = (
    MessageType.SYSCALL_OPEN,
    MessageType.SYSCALL_CLOSE,
    MessageType.SYSCALL_CONNECT,
    MessageType.SYSCALL_SOCKET,
    MessageType.SYSCALL_CHDIR,
    MessageType.SYSCALL_PIPE,
    MessageType.SYSCALL_FCNTL,
    MessageType.SYSCALL_DUP,
    MessageType.SYSCALL_SIGNALFD,
    MessageType.SYSCALL_CHROOT,
    MessageType.SYSCALL_EVENTFD,
    MessageType.SYSCALL_BIND,
    MessageType.SYSCALL_ACCEPT,
    MessageType.SYSCALL_TIMERFD_CREATE,
    MessageType.SYSCALL_INOTIFY_INIT,
    MessageType.SYSCALL_SOCKETPAIR,
    MessageType.SYSCALL_LISTEN,
)
"""The types of the decoded points that change descriptors."""

_ACCESS = {0: How.READ, 1: How.WRITE, 2: How.READ | How.WRITE}
_O_EXCL, _O_TRUNC, _O_PATH = 0o200, 0o1000, 0o10000000
_HOW_FLAGS = 3 | O_CREAT | _O_EXCL | _O_TRUNC | _O_PATH
_FOLDER, _FILE = FdKind.DIRECTORY, FdKind.FILE
"""To find an enum's member takes ten times as long, which counts for each open."""


@cache
def _how(flags: int) -> How:
    """How a file is opened with these flags, those of `_HOW_FLAGS`."""
    how = How.TOLD
    if not flags & _O_PATH:
        how |= _ACCESS.get(flags & 3, How.NONE)
        if flags & O_CREAT and flags & _O_EXCL:
            how |= How.CREATED
        elif flags & O_CREAT:
            how |= How.MAY_CREATE
        if flags & _O_TRUNC:
            how |= How.TRUNCATED
    return how


def _is_bound(description: Description) -> bool:
    """Whether bind fails, since the socket has an address: of IP, a connected one has one too."""
    is_ip = description.kind in (FdKind.IPV4, FdKind.IPV6)
    return bool(description.local) or (is_ip and description.is_connected)


class Effects(RawEffects):
    """Applies messages to the open files of processes."""

    def __init__(
        self,
        files: OpenFiles,
        architecture: str,
        naming: DescriptorNaming,
        partner: Callable[[int], int | None],
    ) -> None:
        super().__init__(files, architecture, partner)
        self._naming = naming
        directory = {"arm64": 0o40000}.get(architecture, 0o200000)
        self._o_directory = directory
        self._decoded: dict[int, Callable[[int, int, Row, Any], int]] = {
            MessageType.SYSCALL_OPEN: self._opened,
            MessageType.SYSCALL_CLOSE: self._closed,
            MessageType.SYSCALL_CONNECT: self._connected,
            MessageType.SYSCALL_SOCKET: self._socket,
            MessageType.SYSCALL_CHDIR: self._chdir,
            MessageType.SYSCALL_CHROOT: self._chroot,
            MessageType.SYSCALL_PIPE: self._pipe,
            MessageType.SYSCALL_FCNTL: self._fcntl,
            MessageType.SYSCALL_DUP: self._dup,
            MessageType.SYSCALL_SIGNALFD: self._signalfd,
            MessageType.SYSCALL_EVENTFD: self._eventfd,
            MessageType.SYSCALL_BIND: self._bind,
            MessageType.SYSCALL_ACCEPT: self._accept,
            MessageType.SYSCALL_TIMERFD_CREATE: self._timerfd,
            MessageType.SYSCALL_INOTIFY_INIT: self._inotify,
            MessageType.SYSCALL_SOCKETPAIR: self._pair,
            MessageType.SYSCALL_LISTEN: self._listen,
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
            return self.apply_raw(process, number, row, message)
        return self._decoded[row.type](process, number, row, message)

    def _opened(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self.opened(process, number, row.result, row.sysno, message)

    def opened(self, process: int, number: int, fd: int, sysno: int, message: Any) -> int:  # noqa: ANN401
        """Apply the exit of an open that succeeded.

        Args:
            process: the number of the process that called.
            number: the row's id.
            fd: the new descriptor.
            sysno: the number of the call.
            message: its message.

        Returns:
            The number of the file's description.
        """
        name, flags = self.name(sysno), message.flags
        if name == "creat":
            flags |= 1 | O_CREAT | _O_TRUNC
        is_folder = self._o_directory and flags & self._o_directory and not flags & O_TMPFILE_BIT
        folder = self.folder(process, message, name)
        told_as, path, given = self._naming.resolved(folder, message.pathname)
        made = self.files.descriptions.opened(
            _FOLDER if is_folder else _FILE,
            told_as,
            process,
            fd,
            number,
            path,
            given,
            _how(flags & _HOW_FLAGS),
            flags,
        )
        self.files.put_new(process, fd, made, number, cloexec=bool(flags & O_CLOEXEC))
        return made

    def path(self, process: int, sysno: int, message: Any) -> int:  # noqa: ANN401
        """The number of the path of a message, as it is from the folder that it is relative to."""
        folder = self.folder(process, message, self.name(sysno))
        return self._naming.resolved(folder, message.pathname).number

    def _closed(self, process: int, number: int, row: Row, _: Any) -> int:  # noqa: ANN401
        self.files.close(process, row.fd, number)
        return 0

    def _socket(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self.make(
            process,
            number,
            row.result,
            FAMILIES.get(message.domain, FdKind.SOCKET),
            cloexec=bool(message.type & O_CLOEXEC),
            family=message.domain,
            socket_type=message.type & SOCK_TYPE,
            protocol=message.protocol,
        )

    def _pair(self, process: int, number: int, _: Row, message: Any) -> int:  # noqa: ANN401
        self._ends(
            process,
            number,
            (message.socket1, message.socket2),
            FAMILIES.get(message.domain, FdKind.SOCKET),
            cloexec=bool(message.type & O_CLOEXEC),
            family=message.domain,
            socket_type=message.type & SOCK_TYPE,
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
        made = [self.make(process, number, fd, kind, cloexec=cloexec, **fields) for fd in fds]
        for own, other in (made, made[::-1]):
            description = self.files.descriptions.get(own)
            if description is not None:
                description.peer = other

    def _connected(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        description = self.socket_of(process, row.fd, number, message.fd_path, listens)
        self._addressed(description, message.address)
        if message.address:
            description.remote = parse_sockaddr(message.address).text
        description.is_connected = row.errno == 0
        self.files.descriptions.changed(description, number)
        return 0

    def _bind(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        description = self.socket_of(process, row.fd, number, message.fd_path, _is_bound)
        self._addressed(description, message.address)
        if message.address:
            description.local = parse_sockaddr(message.address).text
        self.files.descriptions.changed(description, number)
        return 0

    def _listen(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        description = self.socket_of(process, row.fd, number, message.fd_path, is_joined)
        self._addressed(description, message.address)
        if message.address:
            description.local = parse_sockaddr(message.address).text
        description.is_listening = True
        self.files.descriptions.changed(description, number)
        return 0

    def _accept(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        listener = self.socket_of(process, row.fd, number, message.fd_path, is_joined)
        address = parse_sockaddr(message.address) if message.address else None
        made = self.make(
            process,
            number,
            row.result,
            FAMILIES.get(listener.family, listener.kind),
            cloexec=bool(message.flags & O_CLOEXEC),
            family=listener.family,
            socket_type=listener.socket_type,
            protocol=listener.protocol,
            local=listener.local,
            remote=address.text if address is not None else "",
            is_server=True,
            is_connected=True,
        )
        description = self.files.descriptions.get(made)
        if description is not None:
            self._addressed(description, message.address)
            self.files.descriptions.changed(description, number)
        return made

    def _addressed(self, description: Description, raw: bytes) -> None:
        """Take the family of a socket from an address, if nothing told it before."""
        if description.family < 0 and raw:
            family = parse_sockaddr(raw).family
            if family:
                description.family = family
                description.kind = FAMILIES.get(family, FdKind.SOCKET)

    def _chdir(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        files = self.files.of(process)
        if self.name(row.sysno) == "fchdir":
            path = told(message.fd_path)
            if not path:
                description = self.files.find(process, row.fd)
                path = description.path if description is not None else ""
        else:
            # The folder of the exit's context is already the new one.
            path = resolve(files.cwd.path, message.pathname)
        folder = message.context_data.cwd or path
        files.cwd.path = folder if folder.startswith("/") else ""
        return 0

    def _chroot(self, process: int, _: int, row: Row, message: Any) -> int:  # noqa: ANN401
        # Paths are now told from the new root; where the folder is seen from there, is not.
        self.files.of(process).cwd.path = message.context_data.cwd
        return 0

    def _fcntl(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self.control(process, number, row, message.cmd, message.args, message.fd_path)

    def _dup(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        known = self.of(process, message.old_fd, number, message.fd_path)
        if row.result != message.old_fd:
            cloexec = bool(message.flags & O_CLOEXEC)
            self.files.put(process, row.result, known.number, number, cloexec=cloexec)
        return 0

    def _signalfd(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        if message.fd >= 0:
            return 0
        return self.simple(process, number, row, FdKind.SIGNAL, message.flags)

    def _eventfd(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self.simple(process, number, row, FdKind.EVENT, message.flags)

    def _timerfd(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self.simple(process, number, row, FdKind.TIMER, message.flags)

    def _inotify(self, process: int, number: int, row: Row, message: Any) -> int:  # noqa: ANN401
        return self.simple(process, number, row, FdKind.INOTIFY, message.flags)
